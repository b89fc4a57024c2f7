"""What streamsql itself asks of a Kafka cluster, outside Spark: topics, offsets, records.

Each function opens its own client, asks, and closes it. Whatever goes wrong is a
ConnectionFault that names the connection and its servers and says what to do. Times
are in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import (
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from streamsql.spark.kafka_client import Ask, asking, client
from streamsql.spark.kafka_faults import fault
from streamsql.spark.kafka_reading import StoredRecord, reading
from streamsql.spark.librdkafka import KafkaConnection

TIMEOUT = 10.0

Offsets = dict[str, dict[int, int]]  # topic → partition → offset


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster: its id, and ``host:port`` of each live broker."""

    id: str
    brokers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic. ``id`` is its UUID: another one under the same name is another topic.

    ``config`` is empty where the user may not see it (the right DESCRIBE_CONFIGS).
    """

    name: str
    id: str
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic to be made; None leaves a number to the broker's default."""

    name: str
    partitions: int | None = None
    replication: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A record to be written. ``timestamp`` is in milliseconds since 1970; None means now."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None
    timestamp: int | None = None


def describe_cluster(connection: KafkaConnection, *, timeout: float = TIMEOUT) -> ClusterInfo:
    """Ask the cluster for its id and its live brokers."""
    with asking(connection, timeout) as ask:
        answer = ask(lambda admin, left: admin.describe_cluster(request_timeout=left))
    brokers = sorted(f"{node.host}:{node.port}" for node in answer.nodes)
    return ClusterInfo(id=answer.cluster_id, brokers=tuple(brokers))


def list_topics(connection: KafkaConnection, *, timeout: float = TIMEOUT) -> tuple[str, ...]:
    """The names of all topics but Kafka's own."""
    with client(AdminClient, connection, {}, timeout) as (admin, troubles):
        try:
            found = admin.list_topics(timeout=timeout).topics
        except KafkaException as error:
            admin.poll(0)  # hands over what went wrong on the way
            raise fault(connection, error.args[0], troubles) from None
    return tuple(sorted(name for name in found if not name.startswith("__")))


def matching_topics(connection: KafkaConnection, pattern: str) -> tuple[str, ...]:
    """The topics that a source's pattern matches now, as far as this user may see them."""
    compiled = re.compile(pattern)
    return tuple(name for name in list_topics(connection) if compiled.fullmatch(name))


def topic_info(
    connection: KafkaConnection, names: Iterable[str], *, timeout: float = TIMEOUT
) -> dict[str, TopicInfo]:
    """What the cluster knows of these topics; those that do not exist are left out."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    with asking(connection, timeout) as ask:
        described = _describe(ask, wanted)
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in described]
        configs = (
            ask.each(
                lambda admin, left: admin.describe_configs(resources, request_timeout=left),
                accept=KafkaError.TOPIC_AUTHORIZATION_FAILED,
            )
            if resources
            else {}
        )
    settings = {
        resource.name: {e.name: e.value for e in answer.values() if e.value is not None}
        for resource, answer in configs.items()
    }
    return {
        name: TopicInfo(
            name=name,
            # librdkafka writes plain base64; Kafka itself the URL-safe one
            id=str(topic.topic_id).translate(str.maketrans("+/", "-_")),
            partitions=len(topic.partitions),
            replication=max((len(p.replicas) for p in topic.partitions), default=0),
            config=settings.get(name, {}),
        )
        for name, topic in described.items()
    }


def create_topics(
    connection: KafkaConnection, specs: Iterable[TopicSpec], *, timeout: float = TIMEOUT
) -> tuple[str, ...]:
    """Make the topics that do not exist yet, and return their names once all can be used.

    An existing topic is left as it is, whatever its settings.
    """
    topics = [
        NewTopic(
            spec.name,
            num_partitions=spec.partitions or -1,
            replication_factor=spec.replication or -1,
            config=dict(spec.config),
        )
        for spec in specs
    ]
    if not topics:
        return ()
    with asking(connection, timeout) as ask:
        made = ask.each(
            lambda admin, left: admin.create_topics(topics, request_timeout=left),
            accept=KafkaError.TOPIC_ALREADY_EXISTS,
        )
        ask.until(lambda: _usable(ask, [t.topic for t in topics]))
    return tuple(made)


def delete_topics(
    connection: KafkaConnection, names: Iterable[str], *, timeout: float = TIMEOUT
) -> tuple[str, ...]:
    """Delete those of the topics that exist; return their names once they are gone."""
    wanted = sorted(set(names))
    if not wanted:
        return ()
    with asking(connection, timeout) as ask:
        gone = ask.each(
            lambda admin, left: admin.delete_topics(wanted, request_timeout=left),
            accept=KafkaError.UNKNOWN_TOPIC_OR_PART,
        )
        ask.until(lambda: not _describe(ask, wanted))
    return tuple(gone)


def begin_offsets(
    connection: KafkaConnection, topics: Iterable[str], *, timeout: float = TIMEOUT
) -> Offsets:
    """The offset of the oldest record of each partition. An unknown topic is a fault."""
    return _offsets(connection, topics, OffsetSpec.earliest(), timeout)  # type: ignore[no-untyped-call]


def end_offsets(
    connection: KafkaConnection,
    topics: Iterable[str],
    *,
    committed: bool = False,
    timeout: float = TIMEOUT,
) -> Offsets:
    """The offset that the next record of each partition will get. An unknown topic is a fault.

    With ``committed``, the end is where the first open transaction began, if one is open.
    """
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    return _offsets(connection, topics, latest, timeout, committed=committed)


def offsets_at_times(
    connection: KafkaConnection,
    times: Mapping[str, Mapping[int, int]],
    *,
    timeout: float = TIMEOUT,
) -> Offsets:
    """The first offset of each partition whose record is as new as a time, in milliseconds since
    1970; -1 where no record is."""
    request = {
        TopicPartition(topic, partition): OffsetSpec.for_timestamp(at)
        for topic, partitions in times.items()
        for partition, at in partitions.items()
    }
    found: Offsets = {topic: {} for topic in times}
    if not request:
        return found
    with asking(connection, timeout) as ask:
        answers = ask.each(lambda admin, left: admin.list_offsets(request, request_timeout=left))
    for partition, answer in answers.items():
        found[partition.topic][partition.partition] = answer.offset
    return found


def offsets_at(
    connection: KafkaConnection, topic: str, timestamp: int, *, timeout: float = TIMEOUT
) -> dict[int, int]:
    """The offset of the first record of each partition that is not older than ``timestamp``
    (milliseconds since 1970); partitions without one are left out."""
    spec = OffsetSpec.for_timestamp(timestamp)
    found = _offsets(connection, [topic], spec, timeout)[topic]
    return {partition: offset for partition, offset in found.items() if offset >= 0}


def read_last(
    connection: KafkaConnection, topic: str, n: int, *, timeout: float = TIMEOUT
) -> tuple[StoredRecord, ...]:
    """The newest ``n`` records of a topic, by timestamp; the newest comes last.

    Of compacted or transactional topics it may be fewer, since not every offset has a record.
    """
    begin = begin_offsets(connection, [topic], timeout=timeout)[topic]
    end = end_offsets(connection, [topic], timeout=timeout)[topic]
    starts = {p: max(begin[p], end[p] - n) for p in end if end[p] > begin[p]}
    if n <= 0 or not starts:
        return ()
    with reading(connection, timeout=timeout, committed=False) as reader:
        records = list(reader.between(topic, starts, end))
    records.sort(key=lambda r: (r.timestamp, r.partition, r.offset))
    return tuple(records[-n:])


@contextmanager
def producing(
    connection: KafkaConnection, *, timeout: float = TIMEOUT
) -> Iterator[Callable[[str, Record], None]]:
    """A function that writes one record to a topic; all are delivered when the block ends.

    Idempotent and acknowledged by all replicas. A record that cannot be delivered within
    ``timeout`` is a ConnectionFault, raised at a later record or at the end.
    """
    conf = {
        "enable.idempotence": "true",
        "linger.ms": "5",
        "compression.type": "lz4",
        "message.timeout.ms": str(int(timeout * 1000)),
        # how long an unknown topic may be one that was only just made
        "topic.metadata.propagation.max.ms": str(int(min(timeout / 2, 3.0) * 1000)),
    }
    with client(Producer, connection, conf, timeout) as (producer, troubles):
        lost: list[tuple[KafkaError, str]] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                lost.append((error, message.topic() or ""))

        def send(topic: str, record: Record) -> None:
            enqueue(producer, topic, record, delivered)
            if lost:
                raise fault(connection, lost[0][0], troubles, topic=lost[0][1])

        yield send
        left = producer.flush(timeout + 1.0)
        if lost:
            raise fault(connection, lost[0][0], troubles, topic=lost[0][1])
        if left:
            raise fault(connection, KafkaError(KafkaError._MSG_TIMED_OUT), troubles)


def produce(
    connection: KafkaConnection, topic: str, records: Iterable[Record], *, timeout: float = TIMEOUT
) -> int:
    """Write records to a topic in their order; return how many, once all are delivered."""
    count = 0
    with producing(connection, timeout=timeout) as send:
        for record in records:
            send(topic, record)
            count += 1
    return count


def enqueue(
    producer: Producer,
    topic: str,
    record: Record,
    delivered: Callable[[KafkaError | None, Message], None],
) -> None:
    """Hand one record to a producer; waits while its queue is full."""
    options: dict[str, Any] = {}
    if record.partition is not None:
        options["partition"] = record.partition
    if record.timestamp is not None:
        options["timestamp"] = record.timestamp
    if record.headers:
        options["headers"] = list(record.headers)
    while True:
        try:
            producer.produce(
                topic, value=record.value, key=record.key, on_delivery=delivered, **options
            )
        except BufferError:  # the queue is full: let some go out
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _offsets(
    connection: KafkaConnection,
    topics: Iterable[str],
    spec: OffsetSpec,
    timeout: float,
    *,
    committed: bool = False,
) -> Offsets:
    wanted = sorted(set(topics))
    if not wanted:
        return {}
    with asking(connection, timeout) as ask:
        described = _describe(ask, wanted)
        for name in wanted:
            if name not in described:
                raise fault(
                    connection, KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), [], topic=name
                )
        answers = _list_offsets(ask, described, spec, committed=committed)
    found: Offsets = {name: {} for name in wanted}
    for partition, answer in answers.items():
        found[partition.topic][partition.partition] = answer.offset
    return found


def _list_offsets(
    ask: Ask,
    described: Mapping[str, Any],
    spec: OffsetSpec,
    *,
    committed: bool = False,
    accept: int | None = None,
) -> dict[TopicPartition, Any]:
    request = {
        TopicPartition(name, partition.id): spec
        for name, topic in described.items()
        for partition in topic.partitions
    }
    level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
    return ask.each(
        lambda admin, left: admin.list_offsets(
            request, isolation_level=level, request_timeout=left
        ),
        accept=accept,
    )


def _usable(ask: Ask, names: list[str]) -> bool:
    """Whether all of the topics are known and each of their partitions has a leader that serves."""
    described = _describe(ask, names)
    if len(described) < len(set(names)):
        return False
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    served = _list_offsets(ask, described, latest, accept=KafkaError.UNKNOWN_TOPIC_OR_PART)
    return len(served) == sum(len(topic.partitions) for topic in described.values())


def _describe(ask: Ask, names: list[str]) -> dict[str, Any]:
    collection = TopicCollection(names)
    return ask.each(
        lambda admin, left: admin.describe_topics(collection, request_timeout=left),
        accept=KafkaError.UNKNOWN_TOPIC_OR_PART,
    )
