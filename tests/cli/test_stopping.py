"""Ctrl-C and SIGTERM, on a real process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from streamsql.cli.signals import in_background

SCRIPT = """
import sys, time
from streamsql.cli.signals import in_background, stop_on_signals
from streamsql.cli.terminal import Terminal

def work():
    print("working", flush=True)
    stop.wait(30)
    time.sleep({after})
    return "finished the batch"

with stop_on_signals(Terminal()) as stop:
    print(in_background(work), flush=True)
"""


def started(after: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        (sys.executable, "-c", SCRIPT.format(after=after)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_asks_and_the_work_finishes(number: signal.Signals) -> None:
    with started(after=0.2) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert out == "finished the batch\n"
    assert err == "stopping after the current batch; press again to abort\n"


def test_second_signal_aborts() -> None:
    with started(after=30) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("stopping")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out == ""
    assert err.endswith("aborted\n")


def test_what_the_work_raises_is_raised_here() -> None:
    def work() -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        in_background(work)
