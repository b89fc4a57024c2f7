"""Child processes that never outlive us: the embedded broker, a standalone cluster.

A child is started through a small supervising process, which is this very file run as a
script. The supervisor holds one end of a socket whose other end only we hold: when we
are gone, by whatever signal, it reads the end of the stream and stops the child. Asking
the kernel for a signal at the parent's death (``PR_SET_PDEATHSIG``) would not do by
itself, since it is tied to the *thread* that started the child; between the
single-threaded supervisor and the child it does, and covers a killed supervisor.

Supervisor and child are in a session of their own, so that a terminal's Ctrl-C, which
goes to the whole foreground group, does not reach them. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@dataclass(slots=True)
class Tether:
    """A running child. ``pid`` is the child's own; its output goes to a file."""

    pid: int
    grace: float
    _supervisor: subprocess.Popen[bytes]
    _line: socket.socket

    @property
    def running(self) -> bool:
        """Whether the child has not ended yet."""
        return self._supervisor.poll() is None

    def stop(self) -> None:
        """Ask the child to end; after ``grace`` seconds it is killed. Returns when it is gone."""
        if self.running:
            self._supervisor.terminate()
        self._end()

    def kill(self) -> None:
        """Kill the child with SIGKILL, as a crash would. Returns when it is gone."""
        if self.running:
            # The pid is the child's as long as the supervisor, which reaps it, runs.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._end()

    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for the child to end by itself; say whether it did."""
        try:
            self._supervisor.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _end(self) -> None:
        self._supervisor.wait()
        self._line.close()


def start_tethered(
    command: tuple[str, ...],
    *,
    output: Path,
    env: Mapping[str, str],
    grace: float = 20.0,
    pass_fds: tuple[int, ...] = (),
    cwd: Path | None = None,
) -> Tether:
    """Start ``command`` so that it ends when this process does, however that happens.

    Its output and errors are appended to the file ``output``. ``grace`` is how many
    seconds it has between SIGTERM and SIGKILL. ``pass_fds`` stay open in the supervisor
    and the child (a lock that must be held as long as they live). Raises OSError if the
    command cannot be started.
    """
    ours, theirs = socket.socketpair()
    with theirs, output.open("ab") as log:
        supervisor = subprocess.Popen(
            # -I and -S: nothing but the standard library, whatever is in the environment
            (
                sys.executable,
                "-I",
                "-S",
                __file__,
                str(theirs.fileno()),
                str(grace),
                ",".join(map(str, pass_fds)),
                *command,
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            pass_fds=(theirs.fileno(), *pass_fds),
        )
    answer = _answer(ours)
    if not answer.startswith("pid "):
        supervisor.wait()
        ours.close()
        raise OSError(answer or "the supervising process ended before it began")
    return Tether(pid=int(answer[4:]), grace=grace, _supervisor=supervisor, _line=ours)


def _answer(line: socket.socket) -> str:
    """The supervisor's first and only line; empty if it died before it could write one."""
    received = b""
    while not received.endswith(b"\n"):
        part = line.recv(4096)
        if not part:
            break
        received += part
    return received.decode(errors="replace").strip()


def started_at(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None if there is none (or a zombie).

    Together with the pid this tells a process from a later one that got the same pid.
    Field 22 of ``/proc/<pid>/stat``, proc(5).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # a command's name may hold blanks and brackets
    return None if fields[0] in "ZX" else int(fields[19])


def _supervise(
    line: socket.socket, grace: float, pass_fds: tuple[int, ...], command: list[str]
) -> int:
    """Run ``command`` until it ends, we are told to stop, or the other end of ``line`` closes."""
    try:
        child = subprocess.Popen(command, preexec_fn=_die_with(os.getpid()), pass_fds=pass_fds)
    except OSError as fault:
        line.sendall(f"{command[0]}: {fault.strerror}\n".encode())
        return 127
    ending = threading.Event()

    def end(*_: object) -> None:
        if not ending.is_set():
            ending.set()
            child.terminate()
            reaper = threading.Timer(grace, child.kill)
            reaper.daemon = True
            reaper.start()

    def listen() -> None:
        with contextlib.suppress(OSError):
            while line.recv(4096):
                pass
        end()

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=listen, daemon=True).start()
    with contextlib.suppress(OSError):  # whoever started us may be gone already
        line.sendall(f"pid {child.pid}\n".encode())
    return child.wait()


def _die_with(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return before_exec


if __name__ == "__main__":
    _fd, _grace, _fds, *_command = sys.argv[1:]
    _code = _supervise(
        socket.socket(fileno=int(_fd)),
        float(_grace),
        tuple(int(n) for n in _fds.split(",") if n),
        _command,
    )
    sys.exit(_code if _code >= 0 else 128 - _code)
