"""The embedded broker: its data outlives it, and it outlives nobody."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from machine.produced_again import send_batch

from streamsql.dev import broker as brokers
from streamsql.dev.broker import EmbeddedBroker
from streamsql.errors import EnvironmentFault
from streamsql.spark.java import Java
from streamsql.spark.kafka import (
    Record,
    TopicSpec,
    create_topics,
    describe_cluster,
    end_offsets,
    list_topics,
    produce,
    topic_info,
)
from streamsql.spark.tether import started_at

pytestmark = pytest.mark.kafka

Start = Callable[..., EmbeddedBroker]

# A process of its own that runs a broker, shrugs off Ctrl-C, and waits to be killed.
OWNER = """
import os, signal, sys, time
from pathlib import Path
from streamsql.dev.broker import attach_or_start
from streamsql.spark.java import Java
signal.signal(signal.SIGINT, signal.SIG_IGN)
home = Path(sys.argv[2])
java = Java(home, home / "bin" / "java", "17")
jars = tuple(map(Path, sys.argv[3].split(":")))
broker = attach_or_start(Path(sys.argv[1]), java=java, jars=jars, env=os.environ)
print(broker.pid, broker.port, broker.owned, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def start(java: Java, broker_jars: tuple[Path, ...]) -> Start:
    def started(folder: Path, **options: object) -> EmbeddedBroker:
        return brokers.start(folder, java=java, jars=broker_jars, env=os.environ, **options)  # type: ignore[arg-type]

    return started


@pytest.fixture(scope="module")
def attach(java: Java, broker_jars: tuple[Path, ...]) -> Start:
    def attached(folder: Path, **options: object) -> EmbeddedBroker:
        return brokers.attach_or_start(
            folder,
            java=java,
            jars=broker_jars,
            env=os.environ,
            **options,  # type: ignore[arg-type]
        )

    return attached


def test_it_serves_on_loopback_alone_and_logs_to_its_file(broker: EmbeddedBroker) -> None:
    cluster = describe_cluster(broker.connection)
    assert cluster.id == broker.cluster_id
    assert cluster.brokers == (broker.bootstrap_servers,)
    assert broker.bootstrap_servers == f"127.0.0.1:{broker.port}"
    assert broker.owned
    assert broker.running
    assert "Kafka Server started" in broker.log.read_text()
    assert (broker.data_dir / "logs" / "broker.out").read_text() == ""
    listening = Path(f"/proc/{broker.pid}/net/tcp").read_text()
    assert f"00000000:{broker.port:04X}" not in listening
    assert f"0100007F:{broker.port:04X}" in listening


def test_a_terminal_cannot_interrupt_it(broker: EmbeddedBroker) -> None:
    assert os.getsid(broker.pid) != os.getsid(0)


def test_topics_are_not_made_by_asking_for_them(broker: EmbeddedBroker) -> None:
    assert topic_info(broker.connection, ["never.made"]) == {}
    assert "never.made" not in list_topics(broker.connection)


def test_who_comes_second_attaches(broker: EmbeddedBroker, start: Start, attach: Start) -> None:
    second = attach(broker.data_dir)
    assert (second.port, second.pid, second.owned) == (broker.port, broker.pid, False)
    assert second.running
    second.stop()
    assert broker.running
    with pytest.raises(EnvironmentFault, match="belongs to another process"):
        second.kill()
    with pytest.raises(EnvironmentFault, match=f"runs already, on port {broker.port}, not 1024"):
        attach(broker.data_dir, port=1024)
    with pytest.raises(EnvironmentFault, match="another broker uses"):
        start(broker.data_dir)


def test_a_taken_port_is_named(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(EnvironmentFault, match=f"port {port}, asked for by the embedded"):
            start(tmp_path, port=port)


def test_a_folder_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        start(tmp_path / "file")


@contextmanager
def first_port_taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Have the next broker find its port taken before it is up; the ports that were chosen."""
    choose, chosen = brokers.choose_port, list[int]()
    with socket.create_server(("127.0.0.1", 0)) as server, monkeypatch.context() as patched:

        def first_taken(data_dir: Path, port: int | None) -> int:
            chosen.append(choose(data_dir, port) if chosen else server.getsockname()[1])
            return chosen[-1]

        patched.setattr(brokers, "choose_port", first_taken)
        yield chosen


def test_everything_survives_a_stop_and_a_kill(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with first_port_taken(monkeypatch) as chosen:
        broker = start(tmp_path)
    with broker:
        assert chosen[1:] == [broker.port], "another port is tried"
        port, cluster, connection = broker.port, broker.cluster_id, broker.connection
        create_topics(connection, [TopicSpec("orders", 2), TopicSpec("empty", 1)])
        identity = topic_info(connection, ["orders"])["orders"].id
        produce(connection, "orders", [Record(b"a", partition=0), Record(b"b", partition=1)])
    assert not broker.running
    assert not (tmp_path / "broker.json").exists()

    broker = start(tmp_path)
    assert (broker.port, broker.cluster_id) == (port, cluster)
    produce(connection, "orders", [Record(b"c" * 1000, partition=0)] * 1000)
    broker.kill()
    assert not broker.running
    assert (tmp_path / "broker.json").exists(), "a killed broker leaves its state behind"

    with start(tmp_path, port=port) as broker:
        assert broker.cluster_id == cluster
        assert list_topics(connection) == ("empty", "orders")
        assert topic_info(connection, ["orders"])["orders"].id == identity
        assert end_offsets(connection, ["orders"]) == {"orders": {0: 1001, 1: 1}}
        produce(connection, "orders", [Record(b"d", partition=1)])


def test_what_is_sent_again_after_a_restart_is_stored_once(start: Start, tmp_path: Path) -> None:
    """A producer that got no answer sends its batch again, of records that may be days old."""
    days_ago = int(time.time() * 1000) - 20 * 86_400_000
    batch = ("replayed", 1000, 0, days_ago, b"order")
    broker = start(tmp_path)
    create_topics(broker.connection, [TopicSpec("replayed", 1)])
    assert send_batch(broker.port, *batch) == (0, 0)
    broker.kill()
    broker = start(tmp_path)
    assert send_batch(broker.port, *batch) == (0, 0), "the offset that it has already"
    broker.stop()
    with start(tmp_path) as broker:
        assert send_batch(broker.port, *batch) == (0, 0)
        assert end_offsets(broker.connection, ["replayed"]) == {"replayed": {0: 1}}


def test_it_ignores_ctrl_c_and_dies_with_a_killed_owner(
    attach: Start, java: Java, broker_jars: tuple[Path, ...], tmp_path: Path
) -> None:
    jars = ":".join(map(str, broker_jars))
    command = (sys.executable, "-c", OWNER, str(tmp_path), str(java.home), jars)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as owner:
        assert owner.stdout is not None
        pid, port, owned = owner.stdout.readline().split()
        assert owned == "True"
        os.killpg(owner.pid, signal.SIGINT)
        ours = attach(tmp_path)
        assert (ours.pid, ours.port, ours.owned) == (int(pid), int(port), False)
        create_topics(ours.connection, [TopicSpec("orders")])
        os.kill(owner.pid, signal.SIGKILL)
    # The old one is still stopping, or just gone: never attached to, and no second on its data.
    with attach(tmp_path) as successor:
        assert successor.owned
        assert successor.pid != int(pid)
        assert started_at(int(pid)) is None
        assert not ours.running
        assert list_topics(successor.connection) == ("orders",)


def test_a_state_file_that_lies_is_not_believed(
    start: Start, attach: Start, tmp_path: Path
) -> None:
    state = {
        "port": 1, "cluster_id": "x", "pid": os.getpid(), "started": 1,
        "owner": os.getpid(), "owner_started": started_at(os.getpid()),
    }  # fmt: skip
    (tmp_path / "broker.json").write_text(json.dumps(state))
    with attach(tmp_path) as broker:
        assert broker.owned
        (tmp_path / "broker.json").write_text("{ broken")
        with pytest.raises(EnvironmentFault, match="does not answer"):
            attach(tmp_path, ready_within=0.5)


def test_a_broker_that_does_not_start_tells_why(start: Start, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    meta = "version=1\nnode.id=7\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n"
    (tmp_path / "data" / "meta.properties").write_text(meta)
    with pytest.raises(EnvironmentFault, match="ended while it started") as caught:
        start(tmp_path, ready_within=600)
    assert "node" in caught.value.message
    assert "broker.log" in str(caught.value.hint)
    with pytest.raises(EnvironmentFault, match="ended while it started"):
        start(tmp_path)  # the lock was freed
