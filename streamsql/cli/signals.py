"""Stopping: the first Ctrl-C asks, the second one aborts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWorking
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from streamsql.cli.terminal import Terminal

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h\n"


@contextmanager
def stop_on_signals(terminal: Terminal) -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets. The second of them ends the process at once:
    Spark's JVM and the embedded broker end with it, and the batch in flight is done again."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            terminal.say("stopping after the current batch; press again to abort")
            return
        if terminal.interactive:
            os.write(1, _SHOW_CURSOR)
        terminal.complain("aborted")
        os._exit(1)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def in_background(work: Callable[[], T]) -> T:
    """Do the work on a thread of its own and wait for it; what it raises is raised here.

    Signals reach the main thread only, where pyspark, if started there, takes Ctrl-C for itself.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="run") as pool:
        future = pool.submit(work)
        while True:
            try:
                return future.result(timeout=0.2)
            except StillWorking:
                if future.done():  # the work itself timed out
                    return future.result()
