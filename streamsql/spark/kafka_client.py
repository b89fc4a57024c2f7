"""Clients of librdkafka that print nothing, and questions whose failures are faults."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from streamsql.spark.kafka_faults import Troubles, fault, is_hopeless, is_passing
from streamsql.spark.librdkafka import KafkaConnection, librdkafka_conf

T = TypeVar("T")

_log = logging.getLogger("streamsql.kafka")
_log.addHandler(logging.NullHandler())
_log.propagate = False  # librdkafka retries by itself; what matters comes as a fault


@contextmanager
def asking(connection: KafkaConnection, timeout: float) -> Iterator[Ask]:
    """An admin client to put questions to, all together within ``timeout`` seconds."""
    with client(AdminClient, connection, {}, timeout) as (admin, troubles):
        yield Ask(admin, connection, troubles, time.monotonic() + timeout)


@contextmanager
def client(
    kind: Callable[..., T], connection: KafkaConnection, conf: Mapping[str, str], timeout: float
) -> Iterator[tuple[T, Troubles]]:
    """A client of librdkafka that prints nothing, and the list of what troubles it."""
    troubles: Troubles = []
    settings: dict[str, Any] = {
        "socket.timeout.ms": str(int(max(1.0, timeout) * 1000)),
        "socket.connection.setup.timeout.ms": str(int(max(1.0, timeout) * 1000)),
        "log_level": "0",
        **librdkafka_conf(connection),
        **conf,
        "error_cb": troubles.append,
    }
    try:
        client = kind(settings, logger=_log)
    except KafkaException as error:
        raise fault(connection, error.args[0].str(), troubles) from None
    yield client, troubles


@dataclass(frozen=True, slots=True)
class Ask:
    """Puts questions to an admin client, and turns what goes wrong into a fault."""

    admin: AdminClient
    connection: KafkaConnection
    troubles: Troubles
    deadline: float

    def __call__(self, question: Callable[[AdminClient, float], Future[T]]) -> T:
        """Ask what has one answer."""
        return self._answer(question(self.admin, self._left()), None)

    def each(
        self,
        question: Callable[[AdminClient, float], Mapping[Any, Future[Any]]],
        *,
        accept: int | None = None,
    ) -> dict[Any, Any]:
        """Ask what has an answer for each thing; those with the error ``accept`` are left out.

        If an answer is one that passes, all is asked again, until the time is up.
        """
        while True:
            answers, errors = self._answers(question(self.admin, self._left()))
            refused = {thing: e for thing, e in errors.items() if e.code() != accept}
            if not refused:
                return answers
            thing, error = next(iter(refused.items()))
            if not all(map(is_passing, refused.values())) or time.monotonic() > self.deadline:
                raise fault(self.connection, error, self.troubles, topic=_topic(thing))
            time.sleep(0.05)

    def _answers(
        self, futures: Mapping[Any, Future[Any]]
    ) -> tuple[dict[Any, Any], dict[Any, KafkaError]]:
        answers, errors = {}, {}
        for thing, future in futures.items():
            try:
                answers[thing] = self._wait(future, _topic(thing))
            except KafkaException as error:
                errors[thing] = error.args[0]
        return answers, errors

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until all brokers know what one was told, within the time that is left."""
        while not holds():
            if time.monotonic() > self.deadline:
                raise fault(self.connection, KafkaError(KafkaError._TIMED_OUT), self.troubles)
            time.sleep(0.05)

    def _left(self) -> float:
        return max(0.5, self.deadline - time.monotonic())

    def _answer(self, future: Future[T], topic: str | None) -> T:
        try:
            return self._wait(future, topic)
        except KafkaException as error:
            raise fault(self.connection, error.args[0], self.troubles, topic=topic) from None

    def _wait(self, future: Future[T], topic: str | None) -> T:
        while True:
            self.admin.poll(0)  # hands troubles over; answers come by themselves
            try:
                return future.result(timeout=0.05)
            except FutureTimeout:
                hopeless = next((t for t in self.troubles if is_hopeless(t)), None)
                if hopeless is None and time.monotonic() > self.deadline + 2.0:
                    hopeless = KafkaError(KafkaError._TIMED_OUT)
                if hopeless is not None:
                    raise fault(self.connection, hopeless, self.troubles, topic=topic) from None


def _topic(thing: object) -> str | None:
    """The topic that an answer is about: they are keyed by name, resource or partition."""
    if isinstance(thing, str):
        return thing
    name = getattr(thing, "topic", None) or getattr(thing, "name", None)
    return name if isinstance(name, str) else None
