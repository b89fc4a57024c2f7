"""``streamsql dev`` on the project that ``init`` writes: events, output, restart on save."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]
COMMAND = (sys.executable, "-m", "streamsql")


class Dev:
    """A ``dev`` that runs, and the events it has printed so far."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "dev", "--log-format", "json", "--rate", "200", "--newest", "2"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.complaints: list[str] = []
        self._threads = [
            threading.Thread(target=self._keep, args=(self.process.stdout, self.lines)),
            threading.Thread(target=self._keep, args=(self.process.stderr, self.complaints)),
        ]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _keep(stream: Any, lines: list[str]) -> None:
        lines.extend(stream)

    def wait_for(self, *words: str, within: float = 300.0, after: int = 0) -> int:
        """Wait for a line with all these words; return the number of lines up to it."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.process.poll() is None:
            for number, line in enumerate([*self.lines, *self.complaints][after:], after):
                if all(word in line for word in words):
                    return number + 1
            time.sleep(0.2)
        pytest.fail(f"no line with {words} in:\n" + "".join([*self.lines, *self.complaints]))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=300)
        for thread in self._threads:
            thread.join(timeout=30)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


def test_a_save_restarts_what_changed(tmp_path: Path) -> None:
    env = {**os.environ}
    subprocess.run([*COMMAND, "init", "web"], cwd=tmp_path, check=True, env=env)
    folder = tmp_path / "web"
    dev = Dev(folder)
    try:
        dev.wait_for('"query": "clicks_per_minute"', '"rows_in"')
        model = folder / "models" / "clicks_per_minute.sql"
        good = model.read_text()

        model.write_text(good.replace("count(*)", "count(oops)"))
        dev.wait_for("oops")

        model.write_text(good.replace("count(*)", "count(*) + 0"))
        dev.wait_for("clicks_per_minute", "changed")
        seen = dev.wait_for("clicks_per_minute", '"generation": 2')
        dev.wait_for('"query": "clicks_per_minute"', '"rows_in"', after=seen)
    finally:
        code = dev.stop()
    assert code == 0
    started = [json.loads(line) for line in dev.lines if '"generation"' in line]
    assert sum(e["query"] != "clicks_per_minute" for e in started) <= 1, "others went on"
