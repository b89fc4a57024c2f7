"""What a user may do with topics, asked before a query finds out by failing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, NewTopic  # type: ignore[attr-defined]

from streamsql.errors import ConnectionFault
from streamsql.plan.nodes import Query
from streamsql.spark.kafka import TIMEOUT, matching_topics
from streamsql.spark.kafka_client import Ask, asking
from streamsql.spark.librdkafka import KafkaConnection

READ, WRITE = AclOperation.READ, AclOperation.WRITE
_WORDS = {READ: "read", WRITE: "write"}
_DENIED = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED)

Topics = dict[str, frozenset[AclOperation] | None]  # None: the broker does not tell


def require_rights(
    queries: Iterable[Query], kafka: Mapping[str, KafkaConnection], *, timeout: float = TIMEOUT
) -> None:
    """Make sure that topics may be read and written, and made where those to write are missing.

    Raises:
        ConnectionFault: a cluster cannot be reached, or a right is missing.
    """
    chosen = tuple(queries)
    for _, connection in sorted(kafka.items()):
        wanted = frozenset(_wanted(chosen, connection))
        if wanted:
            with asking(connection, timeout) as ask:
                _require(ask, wanted)


def _wanted(
    queries: Iterable[Query], connection: KafkaConnection
) -> Iterator[tuple[str, AclOperation]]:
    for query in queries:
        for read in query.reads:
            if read.connection == connection.name:
                yield from ((topic, READ) for topic in read.topics)
                if read.topic_pattern is not None:
                    matching = matching_topics(connection, read.topic_pattern)
                    yield from ((topic, READ) for topic in matching)
        for write in query.writes:
            if write.connection == connection.name:
                yield from ((topic, WRITE) for topic in write.topics)


def _require(ask: Ask, wanted: frozenset[tuple[str, AclOperation]]) -> None:
    there = _described(ask, sorted({topic for topic, _ in wanted}))
    to_make = sorted({t for t, right in wanted if right is WRITE and t not in there})
    told = {t: rights for t, rights in there.items() if rights is not None}
    missing = [
        f"{_WORDS[right]} topic '{t}'" for t, right in wanted if right not in told.get(t, {right})
    ]
    missing += [f"create topic '{topic}'" for topic in _not_to_be_made(ask, to_make)]
    if missing:
        where = f"connection '{ask.connection.name}' ({ask.connection.bootstrap_servers})"
        raise ConnectionFault(
            f"{where}: its user may not " + ", nor ".join(sorted(missing)),
            hint="give this user the rights (ACLs), or correct the login of the connection",
        )


def _described(ask: Ask, names: list[str]) -> Topics:
    """Return what may be done with each topic that exists."""
    described = ask.each(
        lambda admin, left: admin.describe_topics(
            TopicCollection(names), include_authorized_operations=True, request_timeout=left
        ),
        accept=KafkaError.UNKNOWN_TOPIC_OR_PART,
    )
    return {
        name: None
        if topic.authorized_operations is None
        else frozenset(topic.authorized_operations)
        for name, topic in described.items()
    }


def _not_to_be_made(ask: Ask, names: list[str]) -> list[str]:
    """Return the topics that the broker would not let this user make; none is made."""
    if not names:
        return []
    topics = [NewTopic(name) for name in names]
    asked = ask.admin.create_topics(topics, validate_only=True, request_timeout=TIMEOUT)
    return [name for name, answer in asked.items() if _is_denied(answer)]


def _is_denied(answer: Future[None]) -> bool:
    """What else may be wrong with a new topic is told when it is made."""
    try:
        answer.result(TIMEOUT)
    except KafkaException as error:
        return error.args[0].code() in _DENIED
    return False
