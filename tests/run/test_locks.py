"""One runner a checkpoint."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamsql.errors import CheckpointFault
from streamsql.spark.locks import CheckpointLock, lock_holder


def ignore(_: str) -> None:
    """Nobody listens."""


def test_a_second_runner_is_refused(tmp_path: Path) -> None:
    with CheckpointLock(tmp_path, "orders").acquire(os.getpid(), ignore):
        assert lock_holder(tmp_path) == os.getpid()
        with pytest.raises(CheckpointFault, match=f"already being run by process {os.getpid()}"):
            CheckpointLock(tmp_path, "orders").acquire(os.getpid(), ignore)
    assert lock_holder(tmp_path) is None
    CheckpointLock(tmp_path, "orders").acquire(os.getpid(), ignore).release()


_DIES_HOLDING = """
import os, sys
from pathlib import Path
from streamsql.spark.locks import CheckpointLock
CheckpointLock(Path(sys.argv[1]), "orders").acquire(int(sys.argv[2]), print)
os._exit(9)
"""


def test_a_restart_waits_for_the_old_jvm(tmp_path: Path) -> None:
    """The driver is dead, but the process it called its JVM lives on for a moment."""
    jvm = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        holder = [sys.executable, "-c", _DIES_HOLDING, str(tmp_path), str(jvm.pid)]
        assert subprocess.run(holder, check=False).returncode == 9
        with pytest.raises(CheckpointFault, match=f"process {jvm.pid}"):
            CheckpointLock(tmp_path, "orders", wait=0.5).acquire(os.getpid(), ignore)
        told: list[str] = []
        jvm.terminate()
        jvm.wait()
        began = time.monotonic()
        CheckpointLock(tmp_path, "orders", wait=300).acquire(os.getpid(), told.append).release()
        assert time.monotonic() - began < 60
    finally:
        jvm.kill()
        jvm.wait()
