"""One lock a checkpoint: two runners on one checkpoint would each write batches of their own.

A runner holds an advisory file lock for as long as its Python process lives, and
leaves the process id of its JVM in the file: a JVM can outlive a killed driver by the
length of a batch, so the next runner waits for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from streamsql.errors import CheckpointFault


class CheckpointLock:
    """The lock of one query's checkpoints, a file in their folder on this machine.

    ``wait`` is how long, in seconds, to wait for a dead driver's JVM to end.
    """

    def __init__(self, folder: Path, query: str, *, wait: float = 60.0) -> None:
        self._path = folder / "lock"
        self._query = query
        self._wait = wait
        self._file: IO[str] | None = None

    def acquire(self, jvm_pid: int, on_wait: Callable[[str], None]) -> Self:
        """Take the lock; CheckpointFault if another runner has it or its JVM will not end."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(file)
            file.close()
            raise CheckpointFault(
                f"query '{self._query}' is already being run by process "
                f"{holder.get('pid', 'unknown')} on this machine ({self._path.parent})",
                hint="stop that run first, or choose a target with other checkpoints",
            ) from None
        try:
            self._await_old_jvm(file, on_wait)
        except CheckpointFault:
            file.close()
            raise
        file.seek(0)
        file.truncate()
        json.dump(_identity(jvm_pid), file)
        file.flush()
        self._file = file
        return self

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _await_old_jvm(self, file: IO[str], on_wait: Callable[[str], None]) -> None:
        holder = _holder(file)
        pid, started = holder.get("jvm_pid"), holder.get("jvm_started")
        if not isinstance(pid, int) or pid == os.getpid():
            return
        deadline = time.monotonic() + self._wait
        told = False
        while _process_started(pid) == started is not None:
            if time.monotonic() > deadline:
                raise CheckpointFault(
                    f"the JVM of an earlier run of '{self._query}' (process {pid}) still runs",
                    hint=f"end it with: kill {pid}",
                )
            if not told:
                on_wait(f"waiting for the JVM of an earlier run (process {pid}) to end")
                told = True
            time.sleep(0.2)


def lock_holder(folder: Path) -> int | None:
    """Return the process id of the runner that holds a checkpoint folder's lock, if one does."""
    path = folder / "lock"
    if not path.exists():
        return None
    with path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _holder(file).get("pid")
            return pid if isinstance(pid, int) else -1
    return None


def _holder(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    try:
        held = json.loads(file.read() or "{}")
    except json.JSONDecodeError:
        return {}
    return held if isinstance(held, dict) else {}


def _identity(jvm_pid: int) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "jvm_pid": jvm_pid,
        "jvm_started": _process_started(jvm_pid),
    }


def _process_started(pid: int) -> str | None:
    """Return when a process started, in clock ticks since boot: tells it from a later one
    with the same id (field 22 of proc_pid_stat(5)); None if it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
