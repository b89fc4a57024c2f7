"""Writing several records to several topics of one cluster, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streamsql.errors import ConnectionFault
from streamsql.spark.kafka import Record, enqueue
from streamsql.spark.kafka_client import client
from streamsql.spark.kafka_faults import Troubles, fault
from streamsql.spark.librdkafka import KafkaConnection

# How long a transaction of a process that was killed keeps those who read committed records
# waiting, if nobody comes after it. Whoever does ends it at once.
_ABANDONED_AFTER = 60.0
_TRIES = 3
_ABORT_WITHIN = 5.0  # seconds
_FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)


@dataclass(slots=True)
class Transactions:
    """A producer of transactions: records that are sent are there once they are committed."""

    producer: Producer
    connection: KafkaConnection
    troubles: Troubles
    timeout: float
    _open: bool = False
    _lost: list[tuple[KafkaError, str]] = field(default_factory=list)

    def send(self, topic: str, record: Record) -> None:
        """Add a record to the transaction, which begins with its first one."""
        if not self._open:
            self.attempt(self.producer.begin_transaction)
            self._open = True
        try:
            enqueue(self.producer, topic, record, self._delivered)
        except KafkaException as error:
            raise self._fault(error.args[0]) from None
        if self._lost:
            raise self._fault(self._lost[0][0])

    def commit(self) -> None:
        """End the transaction: all that was sent is there."""
        if self._open:
            self.attempt(lambda: self.producer.commit_transaction(self.timeout))
            self._open = False

    def abort(self) -> None:
        """Give the transaction up; if that fails too, the broker does so when its time is over."""
        if self._open:
            with suppress(KafkaException):
                self.producer.abort_transaction(_ABORT_WITHIN)
            self._open = False

    def attempt(self, step: Callable[[], None]) -> None:
        """Do a step of a transaction. ConnectionFault if it cannot be done."""
        for left in reversed(range(_TRIES)):
            try:
                step()
            except KafkaException as error:
                if not left or not error.args[0].retriable():
                    raise self._fault(error.args[0]) from None
            else:
                return

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and error.code() != KafkaError._PURGE_QUEUE:
            self._lost.append((error, message.topic() or ""))

    def _fault(self, error: KafkaError) -> ConnectionFault:
        if error.code() in _FENCED:
            where = f"connection '{self.connection.name}' ({self.connection.bootstrap_servers})"
            return ConnectionFault(
                f"{where}: somebody else began to do the same, so this was given up",
                hint="nothing was written twice; see what the other one did, then try again",
            )
        topic = None
        if self._lost:  # what a record died of tells more than that the transaction failed
            error, topic = self._lost[0]
        return fault(self.connection, error, self.troubles, topic=topic)


@contextmanager
def transactions(
    connection: KafkaConnection, name: str, *, timeout: float
) -> Iterator[Transactions]:
    """A producer of transactions under a ``name``, of whom the cluster lets only the newest live.

    When this begins, transactions of earlier ones under that name are over: those that were not
    committed are aborted, and no record of them can come later.

    Raises:
        ConnectionFault: the cluster cannot be reached or refuses, or a newer one has begun.
    """
    conf = {
        "transactional.id": name,
        "transaction.timeout.ms": str(int(_ABANDONED_AFTER * 1000)),
        "compression.type": "lz4",
        "linger.ms": "5",
    }
    with client(Producer, connection, conf, timeout) as (producer, troubles):
        writing = Transactions(producer, connection, troubles, timeout)
        writing.attempt(lambda: producer.init_transactions(timeout))
        try:
            yield writing
        finally:
            writing.abort()
