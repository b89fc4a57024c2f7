"""Reading the records of topics from offset to offset, outside Spark; nothing is committed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from streamsql.spark.kafka_client import client
from streamsql.spark.kafka_faults import Troubles, fault
from streamsql.spark.librdkafka import KafkaConnection

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it stands in a topic. ``timestamp`` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads topics of one cluster; ``timeout`` is how long it waits for the next record."""

    consumer: Consumer
    connection: KafkaConnection
    troubles: Troubles
    timeout: float

    def between(
        self, topic: str, starts: Mapping[int, int], ends: Mapping[int, int]
    ) -> Iterator[StoredRecord]:
        """Yield the records from ``starts`` up to and without ``ends``, by partition.

        Raises:
            ConnectionFault: nothing comes in time, or the topic may not be read.
        """
        left = {p for p, start in starts.items() if start < ends[p]}
        self.consumer.assign([TopicPartition(topic, p, starts[p]) for p in sorted(left)])
        deadline = time.monotonic() + self.timeout
        while left:
            first = self.consumer.poll(0.2)
            if first is None:
                if time.monotonic() > deadline:
                    raise fault(self.connection, KafkaError(KafkaError._TIMED_OUT), self.troubles)
                continue
            deadline = time.monotonic() + self.timeout
            # With a timeout, consume() would wait for as many as that to be there.
            for message in (first, *self.consumer.consume(_AT_ONCE, timeout=0)):
                record = self._record(message, left)
                if record is None:
                    continue
                if record.offset < ends[record.partition]:
                    yield record
                if record.offset >= ends[record.partition] - 1:
                    left.discard(record.partition)

    def _record(self, message: Message, left: set[int]) -> StoredRecord | None:
        """Return a message as a record; the end of a partition, or what is no fault, is none."""
        error = message.error()
        if error is None:
            return _stored(message)
        if error.code() == KafkaError._PARTITION_EOF:
            left.discard(message.partition() or 0)
        elif not error.retriable() and error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise fault(self.connection, error, self.troubles, topic=message.topic())
        return None


@contextmanager
def reading(
    connection: KafkaConnection, *, timeout: float, committed: bool = True
) -> Iterator[Reader]:
    """A reader of a cluster. Records of transactions that were aborted are left out, and those
    of open ones not waited for, unless ``committed`` is false."""
    conf = {
        "group.id": "streamsql",  # librdkafka wants one; nothing is committed under it
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "enable.partition.eof": "true",
        "fetch.wait.max.ms": "50",  # the end behind a transaction is told after so long
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed" if committed else "read_uncommitted",
    }
    with client(Consumer, connection, conf, timeout) as (consumer, troubles):
        try:
            yield Reader(consumer, connection, troubles, timeout)
        finally:
            consumer.close()


def _stored(message: Message) -> StoredRecord:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return StoredRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=_headers(message),
    )


def _headers(message: Message) -> tuple[tuple[str, bytes | None], ...]:
    pairs: Any = message.headers() or ()
    return tuple((name, value) for name, value in pairs)
