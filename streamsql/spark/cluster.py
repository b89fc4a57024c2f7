"""A standalone Spark cluster on this machine, from the jars that pyspark ships.

For trying a cluster without having one: a master and its workers in processes of their
own on loopback, so that executors are not in the driver's process. They end with the
process that started them.
"""

from __future__ import annotations

import json
import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamsql.errors import EnvironmentFault
from streamsql.spark.artifacts import pyspark_home
from streamsql.spark.java import Java
from streamsql.spark.ports import LOOPBACK, answers, free_port
from streamsql.spark.tether import Tether, start_tethered

READY_WITHIN = 120.0  # seconds; each process takes a few, and many on a busy machine

_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"


@dataclass(frozen=True, slots=True)
class StandaloneCluster:
    """A running cluster: ``url`` is what a profile's ``spark.master`` takes."""

    url: str
    ui_url: str
    logs: Path
    master: Tether
    workers: tuple[Tether, ...]


@dataclass(frozen=True, slots=True)
class _Launch:
    """What every process of the cluster is started with."""

    java: Java
    folder: Path
    env: Mapping[str, str]

    def start(self, name: str, *arguments: str) -> Tether:
        return start_tethered(
            (str(pyspark_home() / "bin" / "spark-class"), *arguments),
            output=self.folder / f"{name}.log",
            env=self._environment(),
            grace=5.0,
            cwd=self.folder,
        )

    def _environment(self) -> dict[str, str]:
        # SPARK_* of the user's shell would point at another Spark, or at other ports.
        kept = {k: v for k, v in self.env.items() if not k.startswith("SPARK_")}
        return {
            **kept,
            "JAVA_HOME": str(self.java.home),
            "SPARK_HOME": str(pyspark_home()),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_NO_DAEMONIZE": "1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": "-XX:-UsePerfData -XX:+UseSerialGC",
        }


@contextmanager
def standalone_cluster(
    folder: Path,
    *,
    java: Java,
    workers: int = 1,
    cores: int = 2,
    memory: str = "1g",
    env: Mapping[str, str] | None = None,
    ready_within: float = READY_WITHIN,
) -> Iterator[StandaloneCluster]:
    """Run a master and ``workers`` workers, each with ``cores`` cores and ``memory``.

    Logs and the executors' work folders are kept in ``folder``. The driver needs
    ``spark.driver.host`` 127.0.0.1. Raises EnvironmentFault, with the last lines of the
    log, if a process ends or if not all workers have registered in ``ready_within`` seconds.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    launch = _Launch(java, folder, os.environ if env is None else env)
    deadline = time.monotonic() + ready_within
    with ExitStack() as running:
        port, ui_port = free_port(), free_port()
        url, ui_url = f"spark://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{ui_port}"
        master = launch.start(
            "master", _MASTER,
            "--host", LOOPBACK, "--port", str(port), "--webui-port", str(ui_port),
        )  # fmt: skip
        running.callback(master.stop)
        _await(lambda: answers(port) and answers(ui_port), (master,), deadline, folder)
        members = tuple(
            _start_worker(launch, number, url, cores, memory, running)
            for number in range(1, workers + 1)
        )
        everybody = (master, *members)
        _await(lambda: _registered(ui_url) >= workers, everybody, deadline, folder)
        yield StandaloneCluster(url, ui_url, folder, master, members)


def _start_worker(
    launch: _Launch, number: int, url: str, cores: int, memory: str, running: ExitStack
) -> Tether:
    worker = launch.start(
        f"worker-{number}", _WORKER,
        "--host", LOOPBACK, "--port", str(free_port()), "--webui-port", str(free_port()),
        "--cores", str(cores), "--memory", memory,
        "--work-dir", str(launch.folder / f"worker-{number}"),
        url,
    )  # fmt: skip
    running.callback(worker.stop)
    return worker


def _registered(ui_url: str) -> int:
    """How many workers the master counts as alive, as its status page says in JSON."""
    try:
        with urllib.request.urlopen(f"{ui_url}/json/", timeout=5) as answer:  # noqa: S310 - http
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError, KeyError):
        return 0


def _await(
    ready: Callable[[], bool], members: tuple[Tether, ...], deadline: float, folder: Path
) -> None:
    while not ready():
        if not all(member.running for member in members):
            raise _not_ready(folder, "a process of it ended while it started")
        if time.monotonic() > deadline:
            raise _not_ready(folder, "it was not ready in time")
        time.sleep(0.1)


def _not_ready(folder: Path, what: str) -> EnvironmentFault:
    logs = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)
    lines = logs[-1].read_text(encoding="utf-8", errors="replace").splitlines() if logs else []
    telling = [line for line in lines if re.search(r"ERROR|Exception|Error:", line)] or lines
    return EnvironmentFault(
        "the standalone cluster did not start: " + "\n  ".join((what, *telling[-4:])),
        hint=f"its logs are in {folder}",
    )
