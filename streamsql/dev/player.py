"""Playing events into topics at the pace of a clock that may run faster than ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from streamsql.dev.events import Event, Generator
from streamsql.dev.tape import load_tape, new_tape, save_tape
from streamsql.errors import StreamsqlError
from streamsql.spark.kafka import Record, producing
from streamsql.spark.librdkafka import KafkaConnection

REMEMBER_EVERY = 1.0  # seconds


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
    ``tape`` is a file that remembers how far it came: with it, the next player goes on there.
    """

    def __init__(
        self,
        generate: Generator,
        topics: Mapping[str, str],
        connection: KafkaConnection,
        *,
        seed: int,
        pace: Pace,
        tape: Path | None = None,
    ) -> None:
        self.sent: dict[str, int] = dict.fromkeys(topics, 0)
        self.error: StreamsqlError | None = None
        self._topics = topics
        self._connection = connection
        self._pace = pace
        self._file = tape
        rate = pace.rate / pace.speed
        self._tape = load_tape(tape, seed, rate) if tape else new_tape(seed, rate)
        self._generate = generate
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
        last = self._tape.played
        try:
            with producing(self._connection) as send:
                for event in self._in_time(self._tape.events(self._generate)):
                    last = event.time
                    if event.source in self._topics:
                        self._send(event, send)
        except StreamsqlError as error:
            self.error = error
        else:
            self._remember(last)

    def _in_time(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield each event when it is due, until the player is stopped."""
        first = self._tape.played
        began = looked = time.monotonic()
        behind = (datetime.now(UTC) - first).total_seconds()
        delivered = last = first
        for event in events:
            hurried = (event.time - first).total_seconds() / self._pace.speed
            present = (event.time - first).total_seconds() - behind
            wait = began + max(hurried, present) - time.monotonic()
            if (wait > 0 and self._over.wait(wait)) or self._over.is_set():
                return
            if time.monotonic() - looked > REMEMBER_EVERY:
                # What was sent since the last look may be lost with us; what was before, not.
                self._remember(delivered)
                delivered, looked = last, time.monotonic()
            yield event
            last = event.time

    def _send(self, event: Event, send: Callable[[str, Record], None]) -> None:
        stamp = int(event.time.timestamp() * 1000)
        record = Record(event.value, event.key, tuple(event.headers), timestamp=stamp)
        send(self._topics[event.source], record)
        self.sent[event.source] += 1

    def _remember(self, played: datetime) -> None:
        if self._file is not None:
            with suppress(OSError):  # then it is played again
                save_tape(self._file, self._tape, played)
