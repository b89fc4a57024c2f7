"""Child processes and what they cost: wall and CPU seconds, those of a JVM below them apart.

Linux only: a process's CPU time is read from ``/proc/<pid>/stat`` (proc(5)).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # a second


class MeasuringError(Exception):
    """A measured command ended badly: its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a process printed and took, in seconds; ``jvm`` is the CPU of Java below it.

    ``peak`` is the most memory it held at a time, in MB.
    """

    output: str
    wall: float
    cpu: float
    jvm: float
    peak: float = 0.0


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    watch_jvm: bool = False,
    codes: Sequence[int] = (0,),
) -> Done:
    """Run a command to its end.

    Raises:
        MeasuringError: it ended with a code that is none of ``codes``.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdout=out, stderr=subprocess.STDOUT
        )
        jvm, status, usage = _wait(process.pid, watch_jvm)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read()
    if process.returncode not in codes:
        ended = f"{' '.join(command)} ended with {process.returncode}"
        raise MeasuringError(f"{ended}:\n{output[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Done(output, wall, cpu, jvm, usage.ru_maxrss / 1024)


def _wait(pid: int, watch_jvm: bool) -> tuple[float, int, os.struct_rusage]:  # type: ignore[name-defined]
    """Wait for a child, looking now and then at the JVM it has started."""
    jvm: dict[int, float] = {}
    while watch_jvm:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return sum(jvm.values()), status, usage
        jvm |= {p: cpu for p in java_below(pid) if (cpu := cpu_seconds(p))}
        time.sleep(0.1)
    _, status, usage = os.wait4(pid, 0)
    return 0.0, status, usage


def java_below(pid: int) -> tuple[int, ...]:
    """Return the Java processes among the descendants of a process."""
    children: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        stat = _stat(int(folder.name))
        if stat is not None:
            names[int(folder.name)] = stat[0]
            children.setdefault(int(stat[2]), []).append(int(folder.name))
    below, found = [pid], []
    while below:
        one = below.pop()
        below += children.get(one, [])
        if names.get(one) == "java":
            found.append(one)
    return tuple(found)


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process so far, user and system; 0 if it is gone."""
    stat = _stat(pid)
    return 0.0 if stat is None else (int(stat[12]) + int(stat[13])) / TICKS


def _stat(pid: int) -> list[str] | None:
    """Return the fields of a process's stat from its name on; the name may hold blanks."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, rest = text.split("(", 1)[1].rsplit(")", 1)
    return [name, *rest.split()]
