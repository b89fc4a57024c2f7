"""Kafka topics.

Options are those of Spark 4.1's ``KafkaSourceProvider``; names that begin with ``kafka.`` go to
Kafka's own client, except those that Spark sets itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from streamsql.connectors.connector import Connector
from streamsql.connectors.options import (
    OURS,
    Options,
    check_options,
    duration,
    flag,
    one_of,
    text,
    whole,
)
from streamsql.errors import PlanError
from streamsql.findings import Finding, Location

_SPARK_SETS = "Spark sets it itself"
_IN_CONNECTION = "give 'bootstrap_servers' in the connection of the profile"
_CLIENT = "kafka."


def _offsets(value: str) -> str | None:
    """Check ``earliest``, ``latest``, or JSON of topics, partitions and offsets."""
    if value.lower() in ("earliest", "latest"):
        return None
    return _by_partition(value, lowest=-2)


def _timestamps(value: str) -> str | None:
    return _by_partition(value, lowest=0)


def _by_partition(value: str, lowest: int) -> str | None:
    wrong = (
        f"'{value}', and must be earliest, latest or JSON such as "
        '{"topic": {"0": 23, "1": -2}}'
    )
    try:
        topics = json.loads(value)
    except (ValueError, RecursionError):
        return wrong
    if not isinstance(topics, dict) or not topics:
        return wrong
    for partitions in topics.values():
        if not isinstance(partitions, dict) or not partitions:
            return wrong
        for partition, offset in partitions.items():
            is_offset = isinstance(offset, int) and not isinstance(offset, bool)
            if not partition.isdigit() or not is_offset or offset < lowest:
                return wrong
    return None


def _moment(value: str) -> str | None:
    if _milliseconds(value) is not None:
        return None
    return f"'{value}', and must be milliseconds since 1970, or a time such as 2026-11-01T00:00:00Z"


def _milliseconds(value: str) -> int | None:
    """Return a time in milliseconds since 1970; one without a zone is in UTC."""
    if re.fullmatch(r"\d{1,14}", value):
        return int(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


SOURCE = Options(
    what="Spark's Kafka source",
    known={
        "startingOffsets": _offsets,
        "startingOffsetsByTimestamp": _timestamps,
        "startingTimestamp": _moment,
        "startingOffsetsByTimestampStrategy": one_of("error", "latest"),
        "failOnDataLoss": flag,
        "maxOffsetsPerTrigger": whole,
        "minOffsetsPerTrigger": whole,
        "maxTriggerDelay": duration,
        "minPartitions": whole,
        "maxRecordsPerPartition": whole,
        "groupIdPrefix": text,
        "fetchOffset.numRetries": whole,
        "fetchOffset.retryIntervalMs": whole,
        "kafkaConsumer.pollTimeoutMs": whole,
        "includeHeaders": flag,
    },
    forbidden={
        "subscribe": "give 'topic' instead",
        "subscribePattern": "give 'topic_pattern' instead",
        "assign": "give 'topic' and 'partitions' instead",
        "endingOffsets": "a stream has no end",
        "endingOffsetsByTimestamp": "a stream has no end",
        "endingTimestamp": "a stream has no end",
        "kafka.bootstrap.servers": _IN_CONNECTION,
        "kafka.auto.offset.reset": "give 'startingOffsets' instead",
        "kafka.enable.auto.commit": "Spark commits no offsets: they are in the checkpoint",
        "kafka.key.deserializer": _SPARK_SETS,
        "kafka.value.deserializer": _SPARK_SETS,
        "kafka.interceptor.classes": "Spark refuses it",
    },
    prefix=_CLIENT,
)
SINK = Options(
    what="Spark's Kafka sink",
    known={"includeHeaders": flag},
    forbidden={
        "topic": "give 'topic' in the config instead",
        "kafka.bootstrap.servers": _IN_CONNECTION,
        "kafka.key.serializer": _SPARK_SETS,
        "kafka.value.serializer": _SPARK_SETS,
        "kafka.transactional.id": "Spark's sink has no transactions, and fails with it",
        **{name: why for name, why in OURS.items() if name != "path"},
    },
    prefix=_CLIENT,
)


def read_options(
    *,
    topic: str | None,
    topic_pattern: str | None = None,
    partitions: Sequence[int] = (),
    options: Mapping[str, str],
    headers: bool = False,
) -> dict[str, str]:
    """Return the options with which Spark reads topics, those of the connection excepted.

    ``topic`` may be several with commas between, of which ``partitions`` may be chosen;
    ``options`` are the source's. Reading starts at the earliest record unless they say
    otherwise, and what a transaction has not committed is not read.
    """
    where = {"subscribePattern": topic_pattern, "subscribe": topic}
    if partitions:
        assigned = {name: list(partitions) for name in topics(topic or "")}
        where = {"assign": json.dumps(assigned)}
    told = {name: value for name, value in where.items() if value is not None}
    told["kafka.isolation.level"] = "read_committed"
    spelled = {known.lower(): known for known in SOURCE.known}
    given = {spelled.get(name.lower(), name): value for name, value in options.items()}
    if not given.keys() & _STARTS:
        told["startingOffsets"] = "earliest"
    told |= given
    return told | {"includeHeaders": "true"} if headers else told


_STARTS = frozenset({"startingTimestamp", "startingOffsetsByTimestamp", "startingOffsets"})
# What is resolved before Spark is told: it would ask for each reader anew.
RESOLVED = _STARTS | {"startingOffsetsByTimestampStrategy"}


class Start(NamedTuple):
    """Where a source's readers start.

    ``how`` is ``earliest``, ``latest``, ``offsets`` or ``timestamp``. ``by_partition`` holds
    offsets or milliseconds by topic and partition, ``timestamp`` those of all others. A
    ``strict`` start at a timestamp needs a record that is as new.
    """

    how: str
    by_partition: Mapping[str, Mapping[str, int]] = MappingProxyType({})
    timestamp: int | None = None
    strict: bool = True


def start_of(options: Mapping[str, str]) -> Start:
    """Return what a source's options say of the start; Spark's own order of precedence.

    Raises:
        PlanError: they cannot be read.
    """
    strict = options.get("startingOffsetsByTimestampStrategy", "error").lower() == "error"
    if (moment := options.get("startingTimestamp")) is not None:
        return Start("timestamp", timestamp=_milliseconds(moment), strict=strict)
    if (times := options.get("startingOffsetsByTimestamp")) is not None:
        return Start("timestamp", _parsed("startingOffsetsByTimestamp", times), strict=strict)
    asked = options.get("startingOffsets", "earliest")
    if asked.lower() in ("earliest", "latest"):
        return Start(asked.lower())
    return Start("offsets", _parsed("startingOffsets", asked))


def _parsed(name: str, value: str) -> Mapping[str, Mapping[str, int]]:
    wrong = _by_partition(value, lowest=-2)
    if wrong is not None:
        raise PlanError(f"the option '{name}' is {wrong}")
    found: Mapping[str, Mapping[str, int]] = json.loads(value)
    return found


def is_committed(options: Mapping[str, str]) -> bool:
    """Whether a reader sees only what transactions have committed."""
    given = {name.lower().removeprefix(_CLIENT): value for name, value in options.items()}
    return given.get("isolation.level", "").lower() == "read_committed"


def write_options(
    *, topic: str, options: Mapping[str, str], headers: bool = False
) -> dict[str, str]:
    """Return the options with which Spark writes a topic, those of the connection excepted."""
    told = {**options, "topic": topic}
    return told | {"includeHeaders": "true"} if headers else told


def client_options(bootstrap_servers: str, connection: Mapping[str, str]) -> dict[str, str]:
    """Return a connection's options as Spark takes them: with ``kafka.`` before each name."""
    options = {
        name if name.startswith(_CLIENT) else _CLIENT + name: value
        for name, value in connection.items()
    }
    return {**options, "kafka.bootstrap.servers": bootstrap_servers}


def check_source(options: Mapping[str, str], location: Location) -> tuple[Finding, ...]:
    """Find what is wrong with the options of a source, each alone and together."""
    given = {name.lower(): value for name, value in options.items()}
    found = list(check_options(options, SOURCE, location))
    starts = ("startingTimestamp", "startingOffsetsByTimestamp", "startingOffsets")
    used = [name for name in starts if name.lower() in given]
    if len(used) > 1:
        message = f"'{used[0]}' and '{used[1]}' both say where to start"
        found.append(_conflict(message, location, f"take '{used[1]}' away"))
    least, most = given.get("minoffsetspertrigger", ""), given.get("maxoffsetspertrigger", "")
    counts = all(re.fullmatch(r"[0-9]{1,18}", text) for text in (least, most))
    if counts and int(least) > int(most):
        message = f"minOffsetsPerTrigger ({least}) is above maxOffsetsPerTrigger ({most})"
        found.append(_conflict(message, location, None))
    strategy = "startingOffsetsByTimestampStrategy"
    if strategy.lower() in given and not set(used) & set(starts[:2]):
        message = f"'{strategy}' means nothing without a timestamp to start at"
        found.append(_conflict(message, location, "give startingTimestamp too"))
    return tuple(found)


def check_sink(options: Mapping[str, str], location: Location) -> tuple[Finding, ...]:
    """Find what is wrong with the options of a topic that is written."""
    return check_options(options, SINK, location)


def _conflict(message: str, location: Location, hint: str | None) -> Finding:
    return Finding("conflicting-options", message, location, hint=hint)


def guarded_pattern(pattern: str, dead_letters: Iterable[str] = ()) -> str:
    """Return a Java pattern that matches what ``pattern`` does, dead-letter topics excepted.

    Topics whose name ends in ``.dead_letter`` are excepted by that, and those in
    ``dead_letters`` by their name: reading what one could not read would never end. So are the
    topics beside them that note what was replayed.
    """
    names = "|".join([r".*\.dead_letter", *(_quoted(t) for t in sorted(set(dead_letters)))])
    return f"(?!(?:{names})(?:\\.replayed)?$)(?:{pattern})"


def _quoted(topic: str) -> str:
    return re.sub(r"([^A-Za-z0-9_-])", r"\\\1", topic)


def check_pattern(pattern: str, location: Location) -> tuple[Finding, ...]:
    """Find a topic pattern that is empty, or whose parentheses do not match."""
    if not pattern.strip():
        return (Finding("invalid-pattern", "the topic pattern is empty", location),)
    if _is_balanced(pattern):
        return ()
    message = f"the topic pattern '{pattern}' has parentheses or brackets that do not match"
    return (Finding("invalid-pattern", message, location),)


def _is_balanced(pattern: str) -> bool:
    """Whether a Java pattern stays one when it is put in parentheses."""
    if pattern.count("\\Q") or re.search(r"\(\?[a-z]*x", pattern):
        return False  # quoting and comments could swallow the closing parenthesis
    depth = classes = 0
    at = 0
    while at < len(pattern):
        match pattern[at]:
            case "\\":
                at += 1
            case "[":
                classes += 1
            case "]" if classes:
                classes -= 1
            case "(" if not classes:
                depth += 1
            case ")" if not classes:
                depth -= 1
        if depth < 0:
            return False
        at += 1
    return depth == classes == 0 and at == len(pattern)


def topics(topic: str) -> Sequence[str]:
    """Return the topics of a ``topic`` setting: names with commas between."""
    return tuple(name.strip() for name in topic.split(",") if name.strip())


KAFKA = Connector(
    name="kafka", about="topics of a Kafka cluster", reads=SOURCE, writes=SINK, check=check_sink
)
