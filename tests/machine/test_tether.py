from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streamsql.spark.tether import start_tethered, started_at

# A process that starts a tethered sleep, tells its pids, and waits.
OWNER = """
import os, sys, time
from pathlib import Path
from streamsql.spark.tether import start_tethered
child = start_tethered(("sleep", "600"), output=Path(sys.argv[1]), env=os.environ)
print(child.pid, os.getppid(), child._supervisor.pid, flush=True)
time.sleep(600)
"""


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> bool:
    return started_at(pid) is None


def test_a_child_runs_and_is_stopped(tmp_path: Path) -> None:
    child = start_tethered(("sleep", "600"), output=tmp_path / "out", env=os.environ)
    assert not gone(child.pid)
    child.stop()
    assert not child.running
    assert gone(child.pid)
    child.stop()  # again does no harm


def test_its_output_goes_to_the_file(tmp_path: Path) -> None:
    command = ("sh", "-c", "echo out; echo err >&2; echo $COLOUR")
    child = start_tethered(command, output=tmp_path / "out", env={"COLOUR": "red", **os.environ})
    assert child.wait(60)
    child.stop()
    assert (tmp_path / "out").read_text() == "out\nerr\nred\n"


def test_a_child_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    stubborn = ("sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done")
    child = start_tethered(stubborn, output=tmp_path / "out", env=os.environ, grace=0.3)
    assert wait_until(lambda: (tmp_path / "out").read_text() == "ready\n")
    begun = time.monotonic()
    child.stop()
    assert time.monotonic() - begun >= 0.3
    assert gone(child.pid)


def test_a_command_that_is_none_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-command: No such file"):
        start_tethered(("no-such-command",), output=tmp_path / "out", env=os.environ)


def test_a_terminal_cannot_interrupt_it(tmp_path: Path) -> None:
    child = start_tethered(("sleep", "600"), output=tmp_path / "out", env=os.environ)
    try:
        assert os.getsid(child.pid) != os.getsid(0)
        assert os.getpgid(child.pid) != os.getpgid(0)
    finally:
        child.stop()


@pytest.mark.parametrize("victim", ["owner", "supervisor"])
def test_it_dies_when_owner_or_supervisor_is_killed(victim: str, tmp_path: Path) -> None:
    owner = subprocess.Popen(
        (sys.executable, "-c", OWNER, str(tmp_path / "out")), stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        child, _, supervisor = map(int, owner.stdout.readline().split())
        assert not gone(child)
        os.kill(owner.pid if victim == "owner" else supervisor, signal.SIGKILL)
        assert wait_until(lambda: gone(child))
        owner.kill()
    assert wait_until(lambda: gone(supervisor))


def test_a_start_time_tells_processes_apart() -> None:
    assert started_at(os.getpid()) == started_at(os.getpid())
    assert started_at(2**22 + 1) is None
