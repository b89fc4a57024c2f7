"""Events that keep coming while a run is disturbed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from main_job.shop_project import records

from streamsql.spark.kafka import producing
from streamsql.spark.librdkafka import KafkaConnection


@contextmanager
def fed(
    connection: KafkaConnection, events: Sequence[Any], seconds: float, prefix: str = "shop"
) -> Iterator[None]:
    """Send events evenly over some seconds while the block runs, and the rest at its end."""
    over = threading.Event()
    faults: list[BaseException] = []

    def feed() -> None:
        try:
            _send(connection, events, seconds, prefix, over)
        except BaseException as fault:  # noqa: BLE001 - raised in the test's own thread
            faults.append(fault)

    thread = threading.Thread(target=feed, name="feed")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if faults:
        raise faults[0]


def _send(
    connection: KafkaConnection,
    events: Sequence[Any],
    seconds: float,
    prefix: str,
    over: threading.Event,
) -> None:
    began = time.monotonic()
    pause = seconds / max(1, len(events))
    with producing(connection, timeout=300) as send:
        for number, (topic, record) in enumerate(records(events, prefix)):
            wait = began + number * pause - time.monotonic()
            if wait > 0:
                over.wait(wait)
            send(topic, record)


def shares(events: Sequence[Any], count: int) -> list[Sequence[Any]]:
    """Cut events into so many parts of about the same size, in their order."""
    edges = [len(events) * n // count for n in range(count + 1)]
    return [events[a:b] for a, b in pairwise(edges)]
