"""The real command, in a process of its own: ``python -m streamsql``."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Event = dict[str, Any]
PATIENCE = 300.0  # seconds; on a quiet machine nothing takes a tenth of it


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left behind: its exit code, its events and what it said on stderr."""

    code: int
    events: tuple[Event, ...]
    out: str
    err: str

    def of(self, kind: str, query: str | None = None) -> list[Event]:
        """The events of one kind, of one query if it is named."""
        return [
            e for e in self.events if e["event"] == kind and query in (None, e.get("query", query))
        ]

    def succeeded(self) -> Self:
        """Make sure that all went well."""
        failed = [(e["query"], e["reason"]) for e in self.of("query_failed")]
        assert self.code == 0, f"exit code {self.code}: {failed}\n{self.err[-3000:]}"
        return self


class Command:
    """A command that runs. Its process group is its own, as in a terminal of its own."""

    def __init__(self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self._err = tempfile.TemporaryFile(mode="w+", encoding="utf-8")  # noqa: SIM115
        self._process = subprocess.Popen(
            (sys.executable, "-m", "streamsql", *arguments),
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._err,
            text=True,
            process_group=0,
            preexec_fn=_end_with_the_tests,
        )
        self._lines: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the command, and of its group."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    @property
    def events(self) -> tuple[Event, ...]:
        """The events told so far."""
        with self._more:
            lines = tuple(self._lines)
        return tuple(json.loads(line) for line in lines if line.startswith("{"))

    def wait_for(
        self, what: str, found: Callable[[tuple[Event, ...]], bool], *, within: float = PATIENCE
    ) -> None:
        """Wait until ``found`` is true of the events so far."""
        deadline = time.monotonic() + within
        while not found(self.events):
            with self._more:
                self._more.wait(0.2)
            if self._process.poll() is not None and not self._reader.is_alive():
                if found(self.events):
                    return
                raise AssertionError(f"it ended before {what}:\n{self._said()}")
            assert time.monotonic() < deadline, f"no {what} within {within:.0f} s:\n{self._said()}"

    def wait_for_start(self, queries: int) -> None:
        """Wait until so many queries have started."""
        self.wait_for(
            f"start of {queries} queries",
            lambda events: (
                len({e["query"] for e in events if e["event"] == "query_started"}) >= queries
            ),
        )

    def wait_for_rows(self, query: str) -> None:
        """Wait until a query has written rows."""
        self.wait_for(f"rows of {query}", partial(_wrote, query))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command alone."""
        self._process.send_signal(number)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to the whole process group, as a terminal does."""
        os.killpg(self.pid, signal.SIGINT)

    def end(self, within: float = PATIENCE) -> Ended:
        """Wait for the end."""
        code = self._process.wait(within)
        self._reader.join(within)
        with self._more:
            out = "".join(self._lines)
        return Ended(code, self.events, out, self._said())

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()

    def _said(self) -> str:
        self._err.seek(0)
        return self._err.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(30)  # its JVM holds the other end of the pipe until it is gone
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()
        self._err.close()


def _end_with_the_tests() -> None:
    """Have the kernel send SIGTERM when the tests are gone, however they ended."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG, <linux/prctl.h>


def _wrote(query: str, events: tuple[Event, ...]) -> bool:
    return any(
        e["event"] == "query_progress" and e["query"] == query and e["rows_out"] for e in events
    )


def streamsql(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, within: float = PATIENCE
) -> Ended:
    """Run a command to its end."""
    with Command(*arguments, cwd=cwd, env=env) as command:
        return command.end(within)
