"""Dead letters as they stand in their topics: what was wrong, where they came from, how many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from streamsql.formats.records import ERROR_HEADER
from streamsql.plan.dead_letters import DeadLetterTopic, Origin
from streamsql.spark.kafka import TIMEOUT, begin_offsets, end_offsets, offsets_at, topic_info
from streamsql.spark.kafka_reading import StoredRecord, reading
from streamsql.spark.librdkafka import KafkaConnection

OURS = "streamsql."  # what the names of our headers begin with
REPLAYED_FROM = "streamsql.replayed_from"
ROUND = "streamsql.replay_round"
_NO_REASON = "no reason given: not written by streamsql"
# Times differ from record to record; what is wrong does not.
_VARYING = re.compile(r"\b\d{4,}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?")

Connections = Mapping[str, KafkaConnection]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record is, written ``topic/partition/offset``: no topic has a slash in its name."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


def parse_place(text: str) -> Place | None:
    """Read ``topic/partition/offset``; None if it is none."""
    found = re.fullmatch(r"([A-Za-z0-9._-]+)/(\d{1,10})/(\d{1,19})", text)
    return Place(found[1], int(found[2]), int(found[3])) if found else None


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. ``place`` is its own, ``original`` the one of the record it is about.

    ``written_at`` is the original's Kafka time, as text. ``of`` is the source, or the model
    whose topic it was read from; ``model`` and ``test`` are given where a data test put it
    aside. ``round`` counts how often the record was replayed before.
    """

    record: StoredRecord
    place: Place
    original: Place | None
    written_at: str
    origin: Origin | None
    error: str
    test: str | None
    model: str | None
    round: int

    @property
    def of(self) -> str | None:
        """Whose letter it is: a source, or a model."""
        return self.model or (self.origin.of if self.origin else None)

    @property
    def holds_row(self) -> bool:
        """Whether it holds a row that a model made, and not the record that was read."""
        return self.model is not None and not (self.origin and self.origin.of == self.model)

    @property
    def identity(self) -> str | None:
        """What tells the record it is about from all others, those of a topic made anew included.

        Two letters may be about one record: Spark writes a batch again after a crash.
        """
        return None if self.original is None else f"{self.original}@{self.written_at}"

    @property
    def kind_of_error(self) -> str:
        """The error without what differs from record to record."""
        return _VARYING.sub("…", self.error)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant. ``error`` is part of the reason, in any case; ``source`` a source
    or model; ``since`` is in milliseconds since 1970, about when the letter was written."""

    error: str | None = None
    source: str | None = None
    since: int | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        if self.error is not None and self.error.lower() not in letter.error.lower():
            return False
        names = (letter.model, letter.origin.of if letter.origin else None)
        if self.source is not None and self.source not in names:
            return False
        return self.since is None or letter.record.timestamp >= self.since


@dataclass(frozen=True, slots=True)
class Group:
    """Letters with one error. ``first`` and ``last`` are milliseconds since 1970."""

    of: str | None
    error: str
    test: str | None
    count: int
    replayed: int
    first: int
    last: int
    example: Place


def letters_in(
    letters: DeadLetterTopic, connections: Connections, chosen: Filter, *, timeout: float = TIMEOUT
) -> Iterator[Letter]:
    """Yield the letters that are meant, by partition; none if the topic does not exist yet.

    Raises:
        ConnectionFault: the cluster cannot be reached, or refuses.
    """
    connection = connections[letters.connection]
    if not topic_info(connection, [letters.topic], timeout=timeout):
        return
    starts = begin_offsets(connection, [letters.topic], timeout=timeout)[letters.topic]
    ends = end_offsets(connection, [letters.topic], timeout=timeout)[letters.topic]
    if chosen.since is not None:
        later = offsets_at(connection, letters.topic, chosen.since, timeout=timeout)
        starts = {p: max(at, later.get(p, ends[p])) for p, at in starts.items()}
    with reading(connection, timeout=timeout) as reader:
        for record in reader.between(letters.topic, starts, ends):
            letter = read_letter(record, letters)
            if chosen.takes(letter):
                yield letter


def letter_at(
    letters: DeadLetterTopic, connections: Connections, place: Place, *, timeout: float = TIMEOUT
) -> Letter | None:
    """Return the letter at a place of its topic, None if nothing is there."""
    connection = connections[letters.connection]
    if not topic_info(connection, [letters.topic], timeout=timeout):
        return None
    starts = begin_offsets(connection, [letters.topic], timeout=timeout)[letters.topic]
    ends = end_offsets(connection, [letters.topic], timeout=timeout)[letters.topic]
    p, at = place.partition, place.offset
    if not starts.get(p, 0) <= at < ends.get(p, 0):
        return None
    with reading(connection, timeout=timeout) as reader:
        found = list(reader.between(letters.topic, {p: at}, {p: at + 1}))
    return read_letter(found[0], letters) if found else None


def read_letter(record: StoredRecord, letters: DeadLetterTopic) -> Letter:
    """Make out a record of a dead-letter topic by its headers."""
    told = {name: _text(value) for name, value in record.headers if name.startswith(OURS)}
    original = parse_place(
        "/".join(told.get(f"{OURS}{part}", "") for part in ("topic", "partition", "offset"))
    )
    return Letter(
        record=record,
        place=Place(record.topic, record.partition, record.offset),
        original=original,
        written_at=told.get("streamsql.timestamp", ""),
        origin=letters.origin_of(original.topic) if original else None,
        error=told.get(ERROR_HEADER) or _NO_REASON,
        test=told.get("streamsql.test"),
        model=told.get("streamsql.model"),
        round=round_of(record),
    )


def round_of(record: StoredRecord) -> int:
    """Return how often a record was replayed."""
    rounds = _text(next((value for name, value in record.headers if name == ROUND), None))
    return int(rounds) if rounds.isdecimal() else 0


def own_headers(record: StoredRecord) -> tuple[tuple[str, bytes | None], ...]:
    """Return the headers that a record had before it became a dead letter."""
    return tuple(header for header in record.headers if not header[0].startswith(OURS))


def group(letters: Iterable[tuple[Letter, bool]]) -> tuple[Group, ...]:
    """Count letters by what is wrong with them, most of all first; True marks a replayed one."""
    found: dict[tuple[str, str, str], Group] = {}
    for letter, replayed in letters:
        key = (letter.of or "", letter.kind_of_error, letter.test or "")
        before = found.get(key) or _empty(letter)
        at = letter.record.timestamp
        found[key] = Group(
            before.of,
            before.error,
            before.test,
            before.count + 1,
            before.replayed + replayed,
            min(before.first, at),
            max(before.last, at),
            before.example,
        )
    return tuple(sorted(found.values(), key=lambda g: (-g.count, g.of or "", g.error)))


def _empty(letter: Letter) -> Group:
    at = letter.record.timestamp
    return Group(letter.of, letter.kind_of_error, letter.test, 0, 0, at, at, letter.place)


def time_of(milliseconds: int) -> datetime:
    """Return a Kafka time as a time in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
