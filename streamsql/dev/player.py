"""Playing events into topics at the pace of a clock that may run faster than ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from streamsql.dev.events import Event, Generator
from streamsql.errors import StreamsqlError
from streamsql.spark.kafka import Record, producing
from streamsql.spark.librdkafka import KafkaConnection


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast events come.

    ``speed`` is how many seconds of event time pass in a second; ``rate`` is how many
    records a real second brings, all topics together.
    """

    speed: float = 30.0
    rate: float = 100.0


class Player:
    """A thread that plays events until it is stopped. ``sent`` counts records by source.

    The events' clock starts half a day in the past, runs ``speed`` times as fast as ours
    until it has caught up, and then keeps pace: a record of the future would count as bad.
    """

    def __init__(
        self,
        generate: Generator,
        topics: Mapping[str, str],
        connection: KafkaConnection,
        *,
        seed: int,
        pace: Pace,
        start: datetime | None = None,
    ) -> None:
        self.sent: dict[str, int] = dict.fromkeys(topics, 0)
        self.error: StreamsqlError | None = None
        self._topics = topics
        self._connection = connection
        self._pace = pace
        self._start = start or datetime.now(UTC) - timedelta(hours=12)
        self._events = generate(seed, self._start, pace.rate / pace.speed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._play, name="events", daemon=True)

    def start(self) -> None:
        """Begin to play."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until every record sent is with the broker."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _play(self) -> None:
        try:
            with producing(self._connection) as send:
                self._send_all(self._events, send)
        except StreamsqlError as error:
            self.error = error

    def _send_all(self, events: Iterator[Event], send: Callable[[str, Record], None]) -> None:
        began = time.monotonic()
        behind = (datetime.now(UTC) - self._start).total_seconds()
        for event in events:
            hurried = (event.time - self._start).total_seconds() / self._pace.speed
            present = (event.time - self._start).total_seconds() - behind
            wait = began + max(hurried, present) - time.monotonic()
            if wait > 0 and self._over.wait(wait):
                return
            if self._over.is_set():
                return
            if event.source in self._topics:
                stamp = int(event.time.timestamp() * 1000)
                headers = tuple(event.headers)
                send(
                    self._topics[event.source],
                    Record(event.value, event.key, headers, timestamp=stamp),
                )
                self.sent[event.source] += 1
