"""A real Kafka broker of one's own: Apache Kafka, one node, a child process on loopback.

It keeps its records in a data folder across restarts, and never outlives the process
that started it. One broker a data folder: whoever comes second uses the first one's.

What is held while a broker lives is a lock on ``<data_dir>/broker.lock``: its file
descriptor is open in the broker's own process, so the kernel frees it exactly when the
broker is gone, whatever happened to whom. ``<data_dir>/broker.json`` only tells others
where it listens.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from streamsql.dev.folder_lock import try_lock
from streamsql.dev.kraft import Launch, choose_port, cluster_id, format_storage, write_settings
from streamsql.dev.security import Security
from streamsql.errors import ConnectionFault, EnvironmentFault
from streamsql.spark.java import Java
from streamsql.spark.kafka import describe_cluster
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.ports import LOOPBACK, answers
from streamsql.spark.tether import Tether, start_tethered, started_at

READY_WITHIN = 120.0  # seconds; a start takes a few, on a busy machine many
_STOP_WITHIN = 20.0
_TRIES = 3  # a port that is free may be another's before the broker is up
_LAST_LINES = 8

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _State:
    """What ``broker.json`` says: where the broker listens, and who started it."""

    port: int
    cluster_id: str
    pid: int
    started: int | None
    owner: int
    owner_started: int | None

    @property
    def alive(self) -> bool:
        """Whether the broker runs, and is not about to be stopped for want of its owner."""
        return (
            self.started is not None
            and started_at(self.pid) == self.started
            and started_at(self.owner) == self.owner_started
        )


class EmbeddedBroker:
    """A running broker. ``owned`` tells whether this handle started it and so may end it.

    ``doors`` are the addresses of its further listeners, by name, where it was started with some.
    """

    __slots__ = ("_tether", "cluster_id", "data_dir", "doors", "pid", "port")

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        cluster_id: str,
        pid: int,
        tether: Tether | None,
        doors: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.cluster_id = cluster_id
        self.pid = pid
        self.doors = dict(doors or {})
        self._tether = tether

    @property
    def bootstrap_servers(self) -> str:
        """Where clients find it: ``127.0.0.1:<port>``."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def connection(self) -> KafkaConnection:
        """It as a connection without security."""
        return KafkaConnection("embedded", self.bootstrap_servers)

    @property
    def owned(self) -> bool:
        """Whether it ends with this handle; another process's broker goes on."""
        return self._tether is not None

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        if self._tether is not None:
            return self._tether.running
        return started_at(self.pid) is not None

    @property
    def log(self) -> Path:
        """The file it logs to."""
        return self.data_dir / "logs" / "broker.log"

    def stop(self) -> None:
        """End it cleanly if we started it: SIGTERM, and SIGKILL if it does not go."""
        if self._tether is not None:
            (self.data_dir / "broker.json").unlink(missing_ok=True)
            self._tether.stop()

    def kill(self) -> None:
        """Kill it with SIGKILL, as a crash would: for tests of what survives that."""
        if self._tether is None:
            raise EnvironmentFault(f"the broker in {self.data_dir} belongs to another process")
        self._tether.kill()

    def __enter__(self) -> EmbeddedBroker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    data_dir: Path,
    *,
    java: Java,
    jars: tuple[Path, ...],
    env: Mapping[str, str],
    port: int | None = None,
    ready_within: float = READY_WITHIN,
    security: Security | None = None,
) -> EmbeddedBroker:
    """Start a broker on ``data_dir``, made and formatted if it is new; return when it answers.

    ``jars`` come from ``artifacts.fetch_broker``. ``security`` adds doors beside the plain one;
    its users are made when the folder is. Without ``port`` it takes the port it
    had the last time if that is free, else any free one. Raises EnvironmentFault if the
    port is taken, if another broker uses the folder, or if it is not ready after
    ``ready_within`` seconds; then the message ends with the last lines of its log.
    """
    data_dir = data_dir.absolute()
    lock = try_lock(data_dir / "broker.lock", "the embedded broker")
    if lock is None:
        raise EnvironmentFault(
            f"another broker uses {data_dir}", hint="end the streamsql that started it"
        )
    try:
        return _again_if_taken(
            partial(_start_locked, data_dir, lock, java, jars, env, port, ready_within, security)
        )
    finally:
        os.close(lock)  # the broker holds it from here on


def attach_or_start(
    data_dir: Path,
    *,
    java: Java,
    jars: tuple[Path, ...],
    env: Mapping[str, str],
    port: int | None = None,
    ready_within: float = READY_WITHIN,
) -> EmbeddedBroker:
    """The broker that runs on ``data_dir`` already, else a new one; ``owned`` tells which.

    One that is starting or stopping in another process is waited for. Raises
    EnvironmentFault as ``start`` does, and if the running broker has another port than
    the one asked for.
    """
    data_dir = data_dir.absolute()
    deadline = time.monotonic() + ready_within
    while time.monotonic() < deadline:
        lock = try_lock(data_dir / "broker.lock", "the embedded broker")
        if lock is not None:
            try:
                return _again_if_taken(
                    partial(_start_locked, data_dir, lock, java, jars, env, port, ready_within)
                )
            finally:
                os.close(lock)
        found = _running(data_dir)
        if found is not None:
            return _attached(found, port)
        time.sleep(0.1)
    raise EnvironmentFault(
        f"another process holds {data_dir}, but its broker does not answer",
        hint=f"look at {data_dir / 'logs' / 'broker.log'}, and end the process that started it",
    )


def _attached(broker: EmbeddedBroker, port: int | None) -> EmbeddedBroker:
    if port is not None and port != broker.port:
        raise EnvironmentFault(
            f"the broker of {broker.data_dir} runs already, on port {broker.port}, not {port}",
            hint="use that port, or end the streamsql that started it",
        )
    return broker


def _running(data_dir: Path) -> EmbeddedBroker | None:
    """The broker that ``broker.json`` tells of, if it is alive and answers as itself."""
    state = _read_state(data_dir)
    if state is None or not state.alive:
        return None
    broker = EmbeddedBroker(
        data_dir, port=state.port, cluster_id=state.cluster_id, pid=state.pid, tether=None
    )
    try:
        cluster = describe_cluster(broker.connection, timeout=3.0)
    except ConnectionFault:
        return None
    return broker if cluster.id == state.cluster_id else None


def _again_if_taken(start: Callable[[], EmbeddedBroker]) -> EmbeddedBroker:
    """Start a broker, once more if another has taken a port that was free a moment before."""
    for left in reversed(range(_TRIES)):
        try:
            return start()
        except EnvironmentFault as fault:
            if not left or "Address already in use" not in fault.message:
                raise  # one that was asked for is looked at again, and named if it is taken
    raise AssertionError("the last try returns or raises")


def _start_locked(
    data_dir: Path,
    lock: int,
    java: Java,
    jars: tuple[Path, ...],
    env: Mapping[str, str],
    port: int | None,
    ready_within: float,
    security: Security | None = None,
) -> EmbeddedBroker:
    (data_dir / "broker.json").unlink(missing_ok=True)  # whatever it says, nobody runs
    chosen = choose_port(data_dir, port)
    launch = Launch(data_dir, java, jars, env)
    doors = write_settings(data_dir, chosen, security)
    identity = cluster_id(data_dir) or format_storage(launch, security)
    logged = _size(data_dir / "logs" / "broker.log")
    tether = start_tethered(
        launch.command("kafka.Kafka", str(data_dir / "server.properties")),
        output=data_dir / "logs" / "broker.out",
        env=env,
        grace=_STOP_WITHIN,
        pass_fds=(lock,),
    )
    broker = EmbeddedBroker(
        data_dir,
        port=chosen,
        cluster_id=identity,
        pid=tether.pid,
        tether=tether,
        doors=doors,
    )
    try:
        _await_ready(broker, tether, ready_within, logged)
        _write_state(broker)
    except BaseException:
        tether.stop()
        raise
    return broker


def _await_ready(
    broker: EmbeddedBroker, tether: Tether, ready_within: float, log_offset: int
) -> None:
    deadline = time.monotonic() + ready_within
    while time.monotonic() < deadline:
        if not tether.running:
            raise _not_ready(broker, "ended while it started", log_offset)
        if answers(broker.port) and _serves(broker):
            return
        time.sleep(0.05)
    raise _not_ready(broker, f"was not ready after {ready_within:.0f} s", log_offset)


def _serves(broker: EmbeddedBroker) -> bool:
    """Whether it knows itself as a live broker: an answer alone comes earlier."""
    try:
        cluster = describe_cluster(broker.connection, timeout=2.0)
    except ConnectionFault:
        return False
    return cluster.id == broker.cluster_id and len(cluster.brokers) > 0


def _not_ready(broker: EmbeddedBroker, what: str, log_offset: int) -> EnvironmentFault:
    lines = _lines_from(broker.log, log_offset)
    telling = [line for line in lines if re.search(r" (ERROR|FATAL) |Exception|Caused by", line)]
    lines = telling or lines or _lines_from(broker.data_dir / "logs" / "broker.out", 0)
    return EnvironmentFault(
        f"the embedded broker on port {broker.port} {what}:\n{_tail(lines)}",
        hint=f"its whole log is {broker.log}",
    )


def _tail(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:]) or "  (it logged nothing)"


def _lines_from(path: Path, offset: int) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(1 << 20).decode(errors="replace").splitlines()
    except OSError:
        return []


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _write_state(broker: EmbeddedBroker) -> None:
    state = _State(
        port=broker.port,
        cluster_id=broker.cluster_id,
        pid=broker.pid,
        started=started_at(broker.pid),
        owner=os.getpid(),
        owner_started=started_at(os.getpid()),
    )
    partial = broker.data_dir / "broker.json.partial"
    partial.write_text(json.dumps(asdict(state)), encoding="utf-8")
    partial.replace(broker.data_dir / "broker.json")


def _read_state(data_dir: Path) -> _State | None:
    try:
        return _State(**json.loads((data_dir / "broker.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
