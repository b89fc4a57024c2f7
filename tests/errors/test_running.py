"""What fails once Spark or the broker is there: still a line, a hint, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from error_project import (
    COMMAND,
    LARGE_ORDERS,
    SOURCES,
    assert_said,
    environment,
    profiles,
    servers,
    streamsql,
    write_project,
)

from streamsql.dev.broker import EmbeddedBroker, start
from streamsql.spark.java import Java
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]
ORDER = (
    b'{"order_id": 1, "currency": "eur", "amount": 250.00, "ordered_at": "2026-01-01T00:00:00Z"}'
)
# Kafka's own patience with a broker that is gone is a minute.
IMPATIENT = '{default.api.timeout.ms: "5000", request.timeout.ms: "4000"}'


@pytest.fixture
def shop(tmp_path: Path, broker: EmbeddedBroker) -> Path:
    """The project, against the suite's broker; its topic is named after the test's folder."""
    return project(tmp_path, broker)


def project(folder: Path, broker: EmbeddedBroker, master: str = "local[1]") -> Path:
    topic = f"{folder.name}.orders"
    create_topics(broker.connection, [TopicSpec(topic, 1, 1)])
    changes = {
        "profiles.yml": profiles(master=master, kafka=servers(broker.bootstrap_servers)),
        "models/shop.yml": SOURCES.replace("shop.orders", topic),
        "models/large_orders.sql": LARGE_ORDERS.replace("shop.large", f"{folder.name}.large"),
    }
    return write_project(folder, changes)


@pytest.fixture(scope="module")
def unanswered(
    broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A run that asks a master which takes connections and never answers.

    Spark tries for a minute, which passes while other tests run: the first of this file begins
    it, the last looks at its end.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:
        master = f"spark://127.0.0.1:{silent.getsockname()[1]}"
        root = project(tmp_path_factory.mktemp("unanswered"), broker, master)
        with subprocess.Popen(
            (*COMMAND, "run", "--once"),
            cwd=root,
            env=environment(root),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            try:
                yield master, run
            finally:
                run.kill()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.usefixtures("unanswered")
def test_a_source_topic_is_missing(shop: Path) -> None:
    edit(shop / "models/shop.yml", f"{shop.name}.orders", "no.such.topic")
    done = streamsql("run", "--once", cwd=shop)
    assert_said(done, 1, "topic 'no.such.topic' (of shop.orders)", "correct the topic")


def test_a_checkpoint_of_another_query(shop: Path) -> None:
    folder = shop / "target/checkpoints/shop/large_orders"
    (folder / "1").mkdir(parents=True)
    books = {"query": "old_orders", "state": "ready", "sources": {}, "plan": {"reads": []}}
    (folder / "1.json").write_text(json.dumps(books), encoding="utf-8")
    done = streamsql("run", "--once", cwd=shop)
    assert_said(done, 1, "belongs to the query 'old_orders', not to 'large_orders'", "renamed_from")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"extra": ", spark.sql.session.timeZone: Nowhere/Land"}, "Nowhere/Land"),
        ({"extra": ", spark.sql.adaptive.enabled: perhaps"}, "spark.sql.adaptive.enabled"),
        ({"extra": ", spark.driver.memory: plenty"}, "plenty"),
        ({"master": "locl[2]"}, "locl[2]"),
    ],
    ids=["time zone", "flag", "memory", "master"],
)
def test_settings_that_spark_refuses(
    changed: Mapping[str, Any], message: str, shop: Path, broker: EmbeddedBroker
) -> None:
    text = profiles(kafka=servers(broker.bootstrap_servers), **changed)
    (shop / "profiles.yml").write_text(text, encoding="utf-8")
    done = streamsql("run", "--once", cwd=shop)
    assert_said(done, 1, message, "")


def test_what_a_query_dies_of_names_the_model(shop: Path, broker: EmbeddedBroker) -> None:
    edit(shop / "models/large_orders.sql", "currency, amount", "CAST(currency AS INT) AS c, amount")
    edit(shop / "models/large_orders.sql", ", key='currency'", "")
    produce(broker.connection, f"{shop.name}.orders", [Record(ORDER)])
    done = streamsql("run", "--once", cwd=shop)
    assert done.returncode == 1
    failed = [e for e in events(done.stdout) if e["event"] == "query_failed"]
    assert [e["model"] for e in failed] == ["large_orders"]
    assert "CAST_INVALID_INPUT" in failed[0]["reason"]
    assert "try_cast" in failed[0]["hint"]
    assert "Traceback" not in done.stdout + done.stderr


def test_the_broker_dies_in_mid_run(
    shop: Path,
    java: Java,
    broker_jars: tuple[Path, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("mortal")
    with start(folder, java=java, jars=broker_jars, env=os.environ) as mortal:
        topic = f"{shop.name}.orders"
        create_topics(mortal.connection, [TopicSpec(topic, 1, 1)])
        produce(mortal.connection, topic, [Record(ORDER)])
        kafka = f"{servers(mortal.bootstrap_servers)[:-1]}, options: {IMPATIENT}}}"
        text = profiles(kafka=kafka)
        (shop / "profiles.yml").write_text(text, encoding="utf-8")
        with running(shop, "run") as run:
            run.wait_for(lambda e: e["event"] == "query_progress" and e["rows_in"] == 1, 300)
            mortal.stop()
            restarts = run.wait_for(lambda e: e["event"] == "query_restarting", 300)
            asked = time.monotonic()
            run.process.send_signal(signal.SIGINT)
            run.process.wait(timeout=300)
            took = time.monotonic() - asked
    assert took < 120
    assert run.process.returncode == 0, run.said()
    assert 1 <= restarts["delay"] <= 60
    assert "Traceback" not in run.said()
    assert not [e for e in run.events if e["event"] == "query_failed"]


def test_a_master_that_takes_connections_and_never_answers(
    unanswered: tuple[str, subprocess.Popen[str]],
) -> None:
    """What it is doing is said before, what to do after."""
    master, run = unanswered
    out, err = run.communicate(timeout=300)
    assert f"starting Spark at {master}" in out
    done = subprocess.CompletedProcess(run.args, run.returncode, out, err)
    assert_said(done, 1, f"Spark did not start at {master}", "spark.log")


class Running:
    """A command that runs, and the events it has told so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)
            self.events += events(line)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            found = next((e for e in list(self.events) if wanted(e)), None)
            if found is not None:
                return found
            time.sleep(0.1)
        raise AssertionError(self.said())

    def said(self) -> str:
        return "".join(self._lines)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Running]:
    process = subprocess.Popen(
        (*COMMAND, *arguments),
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        started = Running(process)
        try:
            yield started
        finally:
            started.end()


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"event"')]
