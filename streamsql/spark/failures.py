"""From what a dead query says to what its user can act on."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace

from streamsql.errors import ConnectionFault, StreamsqlError
from streamsql.plan.nodes import Query, QueryRead, QueryWrite

_CONNECTION = re.compile(
    r"org\.apache\.kafka\.common\.errors\."
    r"(Timeout|Disconnect|Network|BrokerNotAvailable|LeaderNotAvailable|NotLeaderOrFollower"
    r"|CoordinatorNotAvailable|NotCoordinator|NotEnoughReplicas\w*|KafkaStorage)Exception"
    r"|java\.net\.(ConnectException|SocketTimeoutException|NoRouteToHostException"
    r"|UnknownHostException|SocketException)"
    r"|Timed out waiting for a node assignment|Failed to update metadata after"
    r"|No resolvable bootstrap urls|Connection reset|Connection refused"
)
_DENIED = re.compile(
    r"(Topic|Group|Cluster|TransactionalId)AuthorizationException"
    r"|S(asl|sl)AuthenticationException|SSLHandshakeException"
)
_HINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"KAFKA_DATA_LOSS|Cannot fetch offset|OffsetOutOfRange"),
        "records were deleted before they were read (retention too short, or the topic was "
        "recreated); start a new generation with --full-refresh once you know what is lost",
    ),
    (
        re.compile(r"UnknownTopicOrPartition"),
        "a topic it reads or writes is gone; 'streamsql debug' lists the topics that are missing",
    ),
    (
        re.compile(r"(Topic|Group|Cluster|TransactionalId)AuthorizationException"),
        "the user of the connection lacks a right (ACL) on what is named; give it, and run again",
    ),
    (
        re.compile(r"S(asl|sl)AuthenticationException|SSLHandshakeException"),
        "the broker and the login or certificates of its connection do not fit; 'streamsql debug' "
        "says more",
    ),
    (
        re.compile(r"STATE_STORE_(KEY|VALUE)_SCHEMA_NOT_COMPATIBLE|STATEFUL_OPERATOR_NOT_MATCH"),
        "the query changed in a way its state cannot follow; start a new generation with "
        "--full-refresh",
    ),
    (
        re.compile(r"CAST_INVALID_INPUT|CAST_OVERFLOW|CANNOT_PARSE_TIMESTAMP"),
        "ANSI mode makes a failing cast an error, and the batch will fail again at each restart; "
        "use try_cast, or make the field required at the source",
    ),
    (
        re.compile(r"DIVIDE_BY_ZERO"),
        "use try_divide, or nullif on the divisor; the batch will fail again at each restart",
    ),
    (
        re.compile(r"ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE"),
        "use a wider type or a try_ function; the batch will fail again at each restart",
    ),
    (
        re.compile(r"DELTA_SOURCE_TABLE_IGNORE_CHANGES|DELTA_SOURCE_IGNORE_DELETE"),
        "the table it reads was emptied or rewritten; start a new generation of this query "
        "too, with --full-refresh",
    ),
    (re.compile(r"OutOfMemoryError"), "give the driver or the executors more memory"),
)
# Spark 4.1 reports the lag of a batch that it ran again after a crash, and finds no latest
# offsets, since it asked for none (KafkaMicroBatchStream.metrics, ``Some(null)``). By then the
# batch is committed, so nothing is lost by starting again.
_AFTER_REPLAY = re.compile(
    r"NullPointerException[^\n]*\n\s*at org\.apache\.spark\.sql\.kafka010\."
    r"KafkaMicroBatchStream\$?\.metrics"
)
_NOISE = re.compile(
    r"^(?:\[STREAM_FAILED\] Query \[.*?\] terminated with exception: ?"
    r"|Job aborted due to stage failure: ?|Writing job aborted\.? ?"
    r"|Task \d+ in stage \S+ failed \d+ times, most recent failure: Lost task .+? "
    r"\(TID \d+\) \([^)]*\): ?"
    r"|org\.apache\.kafka\.common\.errors\.\w+: )+"
)
_WRAPPERS = ("Job aborted", "Writing job aborted", "[STREAM_FAILED]", "SparkException: Job")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a query died. A ``connection`` failure is worth another try from the checkpoint, after
    a pause; after a ``harmless`` one the query goes on at once. ``denied`` is whether a broker
    refused the user."""

    reason: str
    hint: str | None
    connection: bool = False
    harmless: bool = False
    denied: bool = False


class BatchFailed(Exception):  # noqa: N818 - it carries a Failure
    """What a writer of batches could not do.

    Python's exceptions within ``foreachBatch`` reach a query's own as text alone, in which
    ``read_failure`` finds this one again.
    """

    def __init__(self, fault: StreamsqlError) -> None:
        connection = isinstance(fault, ConnectionFault) and fault.passing
        told = json.dumps([fault.message, fault.hint, connection])
        super().__init__(f"{_TOLD}{base64.b64encode(told.encode()).decode()};")


_TOLD = "streamsql-failure:"


def read_failure(description: str, stack: str) -> Failure:
    """Make out the reason from an exception's text and stack trace."""
    whole = f"{description}\n{stack}"
    told = re.search(rf"{_TOLD}([\w+/=]+);", whole)
    if told is not None:
        reason, hint, connection = json.loads(base64.b64decode(told[1]))
        return Failure(_shorten(reason), hint, connection)
    hint = next((hint for pattern, hint in _HINTS if pattern.search(whole)), None)
    connection = _CONNECTION.search(whole) is not None and hint is None
    harmless = _AFTER_REPLAY.search(whole) is not None
    denied = _DENIED.search(whole) is not None
    return Failure(_reason(description, stack), hint, connection, harmless, denied)


def naming_connection(failure: Failure, query: Query) -> Failure:
    """Say on which connection a broker refused the user: Kafka's own words name at most topics.

    Where nothing tells which of several it was, all of the query's are named.
    """
    if not failure.denied:
        return failure
    both: tuple[QueryRead | QueryWrite, ...] = (*query.reads, *query.writes)
    ends = [end for end in both if end.kind == "kafka" and end.connection]
    found = re.search(r"topics?: \[?([^\]]+)", failure.reason)
    topics = {name.strip() for name in found[1].split(",")} if found else set()
    about = [end for end in ends if topics & set(end.topics)] or ends
    names = sorted({f"'{end.connection}'" for end in about})
    what = "connection" if len(names) == 1 else "connections"
    reason = f"{what} {', '.join(names)}: {failure.reason}"
    return replace(failure, reason=reason if topics else f"{reason} ({_topics_of(query)})")


def _topics_of(query: Query) -> str:
    """Say which topics a query has to do with: a broker may refuse one and not say which."""
    reads = [t for r in query.reads for t in (r.topics or filter(None, [r.topic_pattern]))]
    writes = [topic for write in query.writes for topic in write.topics]
    told = [f"reads {', '.join(reads)}"] if reads else []
    told += [f"writes {', '.join(writes)}"] if writes else []
    return f"the query {' and '.join(told)}"


def _reason(description: str, stack: str) -> str:
    """The innermost cause says what happened; the wrappers say only that something did."""
    causes = re.findall(r"^Caused by: (?:[\w.$]+: )?(.+)$", stack, re.MULTILINE)
    candidates = [*reversed(causes), *description.splitlines()]
    for text in candidates:
        said = _NOISE.sub("", text.strip()).strip()
        if said and not said.startswith(_WRAPPERS):
            return _shorten(said)
    return _shorten(description.strip() or "it ended without a word; see Spark's log")


def _shorten(text: str, limit: int = 300) -> str:
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" SQLSTATE: \w+", "", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
