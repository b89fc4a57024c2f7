"""Replaying dead letters: their records are written back, each once, whatever happens.

A record and the note that it was replayed are written in one transaction, and the notes are
read when all earlier transactions are over (docs/decisions/0014-replays-are-noted-in-a-topic.md).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from streamsql.plan.dead_letters import DeadLetterTopic, Origin
from streamsql.spark.kafka import (
    TIMEOUT,
    Record,
    TopicSpec,
    begin_offsets,
    create_topics,
    end_offsets,
    topic_info,
)
from streamsql.spark.kafka_reading import Reader, StoredRecord, reading
from streamsql.spark.letters import (
    REPLAYED_FROM,
    ROUND,
    Connections,
    Filter,
    Letter,
    Place,
    letters_in,
    own_headers,
    round_of,
)
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.transactions import Transactions, transactions

ROUNDS = 3  # how often a record is replayed, unless one asks for more
_AT_ONCE = 500  # letters a transaction
_PATIENCE = 30.0  # seconds for a step of a transaction

ALREADY = "replayed already"
TOO_OFTEN = "bad again after each replay"
ROWS = "a row of a model, not a record of a source"
UNPLACED = "without the place of its record"
GONE = "the record is gone from its topic"

Done = Mapping[str, int]  # identity of a record → when it was replayed, milliseconds since 1970


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What to replay. ``limit`` is how many at most; ``rounds`` how often one record, ever;
    ``rows`` are the records of rows that data tests put aside."""

    chosen: Filter
    limit: int | None = None
    rounds: int = ROUNDS
    rows: bool = False


@dataclass(slots=True)
class Tally:
    """How many records were, or would be, written to each topic, and why others were not."""

    written: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def replayed_before(letters: DeadLetterTopic, connections: Connections) -> Done:
    """Return which records were replayed, of whichever dead letters, and when."""
    found: dict[str, int] = {}
    for home in letters.homes:
        found |= _noted(connections[home], letters.ledgers)
    return found


def _noted(connection: KafkaConnection, ledgers: Iterable[str]) -> Done:
    there = tuple(topic_info(connection, ledgers))
    if not there:
        return {}
    starts, ends = begin_offsets(connection, there), end_offsets(connection, there)
    with reading(connection, timeout=TIMEOUT) as reader:
        return {
            (record.key or b"").decode(errors="replace"): record.timestamp
            for ledger in there
            for record in reader.between(ledger, starts[ledger], ends[ledger])
        }


def foresee(letters: DeadLetterTopic, connections: Connections, options: ReplayOptions) -> Tally:
    """Count what a replay would write, and write nothing."""
    tally = Tally()
    done = replayed_before(letters, connections)
    for due in _due(letters, connections, options, done, tally.left_out):
        tally.written[due.original.topic] += 1
    return tally


def replay(
    letters: DeadLetterTopic,
    connections: Connections,
    options: ReplayOptions,
    on_progress: Callable[[int], None],
) -> Tally:
    """Write records back into the topics that they came from, with a note of each.

    Raises:
        ConnectionFault: a cluster cannot be reached or refuses, a topic is gone, or another
            replay of the same letters has begun. What was committed until then is noted.
    """
    tally = Tally()
    done = replayed_before(letters, connections)
    due = _due(letters, connections, options, done, tally.left_out)
    for home in sorted({each.origin.connection for each in due}):
        left = None if options.limit is None else options.limit - sum(tally.written.values())
        for sent in _replay_to(home, letters, connections, replace(options, limit=left)):
            tally.written.update(topic for topic in sent if topic is not None)
            tally.left_out[GONE] += sent.count(None)
            on_progress(sum(tally.written.values()))
    return tally


def _replay_to(
    home: str, letters: DeadLetterTopic, connections: Connections, options: ReplayOptions
) -> Iterator[list[str | None]]:
    """Write the records of one cluster; yield the topics of each transaction's, None for those
    that are gone, once it is committed."""
    connection = connections[home]
    ledger = TopicSpec(letters.ledger, 1, config={"cleanup.policy": "compact"})
    create_topics(connection, [ledger], timeout=_PATIENCE)
    name = f"streamsql.{letters.ledger}"
    with (
        transactions(connection, name, timeout=_PATIENCE) as writing,
        reading(connection, timeout=TIMEOUT) as reader,
    ):
        done = _noted(connection, letters.ledgers)  # now that all earlier transactions are over
        due = _due(letters, connections, options, done, Counter(), home)
        originals = _Originals(reader, connection)
        while batch := list(islice(due, _AT_ONCE)):
            sent = [_write(each, letters.ledger, originals, writing) for each in batch]
            writing.commit()
            yield sent


@dataclass(frozen=True, slots=True)
class _Due:
    """A letter to be replayed, with what is known of its record."""

    letter: Letter
    origin: Origin
    original: Place
    identity: str


def _due(
    letters: DeadLetterTopic,
    connections: Connections,
    options: ReplayOptions,
    done: Done,
    left_out: Counter[str],
    home: str | None = None,
) -> Iterator[_Due]:
    """Yield the letters to be replayed, one a record, and count why others are not.

    With ``home``, only those whose records are on that connection.
    """
    seen: set[str] = set()
    for letter in letters_in(letters, connections, options.chosen):
        if home is not None and letter.origin is not None and letter.origin.connection != home:
            continue
        reason = _reason_against(letter, done, seen, options)
        if reason is not None:
            left_out[reason] += 1
        elif letter.origin and letter.original and letter.identity:
            if len(seen) == options.limit:
                return
            seen.add(letter.identity)
            yield _Due(letter, letter.origin, letter.original, letter.identity)


def _reason_against(
    letter: Letter, done: Done, seen: Set[str], options: ReplayOptions
) -> str | None:
    if letter.identity is None or letter.origin is None:
        return UNPLACED
    if letter.identity in done or letter.identity in seen:
        return ALREADY
    if letter.holds_row and not options.rows:
        return ROWS
    return TOO_OFTEN if letter.round >= options.rounds else None


def _write(due: _Due, ledger: str, originals: _Originals, writing: Transactions) -> str | None:
    """Send a record and its note; return the record's topic, None if the record is gone."""
    letter, place = due.letter, due.original
    record = originals.find(letter, place) if letter.holds_row else letter.record
    if record is None:
        return None
    told = {REPLAYED_FROM: str(letter.place), ROUND: str(round_of(record) + 1)}
    ours = tuple((name, text.encode()) for name, text in told.items())
    again = Record(
        record.value,
        record.key,
        (*own_headers(record), *ours),
        place.partition if place.partition < originals.partitions(place.topic) else None,
    )
    writing.send(place.topic, again)
    writing.send(ledger, Record(json.dumps(told).encode(), due.identity.encode()))
    return place.topic


@dataclass(slots=True)
class _Originals:
    """The topics that records came from, and those of them that are read once more."""

    reader: Reader
    connection: KafkaConnection
    _partitions: dict[str, int] = field(default_factory=dict)

    def partitions(self, topic: str) -> int:
        """Return how many partitions a topic has. ConnectionFault if it is gone."""
        if topic not in self._partitions:
            ends = end_offsets(self.connection, [topic])
            self._partitions[topic] = len(ends[topic])
        return self._partitions[topic]

    def find(self, letter: Letter, place: Place) -> StoredRecord | None:
        """Return the record that a row was made of; None if it is gone, or another is there."""
        if place.partition >= self.partitions(place.topic):
            return None
        at, offset = place.partition, place.offset
        found = list(self.reader.between(place.topic, {at: offset}, {at: offset + 1}))
        return found[0] if found and _is_of(letter, found[0]) else None


def _is_of(letter: Letter, record: StoredRecord) -> bool:
    """Whether a record is the one that a letter is about: a topic made anew has other ones."""
    try:
        written = datetime.fromisoformat(letter.written_at)
    except ValueError:
        return False
    return round(written.timestamp() * 1000) == record.timestamp
