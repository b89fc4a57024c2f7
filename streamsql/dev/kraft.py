"""How the embedded Kafka is set up: its command line, settings, log, and storage on disk.

KRaft with one node that is broker and controller in one. Source of the settings: "Broker
Configs" and "KRaft" in Kafka's documentation; what is not said is left at its default.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamsql.dev.security import Security
from streamsql.errors import EnvironmentFault
from streamsql.spark.java import Java
from streamsql.spark.ports import LOOPBACK, free_port, is_free, require_free

_FORMAT_WITHIN = 120.0  # seconds; it takes two, on a busy machine many


@dataclass(frozen=True, slots=True)
class Launch:
    """How this broker's Java programs are started."""

    data_dir: Path
    java: Java
    jars: tuple[Path, ...]
    env: Mapping[str, str]

    def command(self, main: str, *arguments: str) -> tuple[str, ...]:
        """A command line for the class ``main`` of Kafka."""
        return (
            str(self.java.executable),
            "-Xms64m",
            "-Xmx384m",
            "-XX:+UseSerialGC",  # on a small heap the smallest, and no threads of its own
            "-XX:TieredStopAtLevel=1",  # a third less CPU to start, and less memory
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-Xshare:auto",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={self.data_dir / 'log4j2.properties'}",
            "-cp",
            os.pathsep.join(map(str, self.jars)),
            main,
            *arguments,
        )


def choose_port(data_dir: Path, asked: int | None) -> int:
    """The port asked for, or the last one if it is free, or any. Taken: EnvironmentFault."""
    if asked is not None:
        return require_free(asked, "the embedded broker")
    last = _last_port(data_dir)
    return last if last is not None and is_free(last) else free_port()


def _last_port(data_dir: Path) -> int | None:
    try:
        settings = (data_dir / "server.properties").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^advertised\.listeners=BROKER://[^,]*:(\d+)", settings, re.MULTILINE)
    return int(found[1]) if found else None


def _other_free_port(taken: int) -> int:
    port = free_port()
    return port if port != taken else _other_free_port(taken)


def write_settings(data_dir: Path, port: int, security: Security | None = None) -> dict[str, str]:
    """Write the broker's settings and those of its log for a start on ``port``.

    Returns where each listener of ``security`` will be: ``127.0.0.1:<port>``.
    """
    (data_dir / "logs").mkdir(exist_ok=True)
    controller_port = _other_free_port(port)
    doors = _doors(security, {port, controller_port})
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listeners": f"BROKER://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"BROKER://{LOOPBACK}:{port}",
        "log.dirs": str(data_dir / "data"),
        **_FIXED,
    }
    if security is not None:
        settings |= _with_doors(settings, doors, security)
    path = data_dir / "server.properties"
    path.touch(mode=0o600)  # it may hold passwords
    path.write_text(_properties(settings), encoding="utf-8")
    log = _LOG4J2.format(log=data_dir / "logs" / "broker.log")
    (data_dir / "log4j2.properties").write_text(log, encoding="utf-8")
    return doors


def _doors(security: Security | None, taken: set[int]) -> dict[str, str]:
    doors: dict[str, str] = {}
    for listener in security.listeners if security else ():
        port = next(p for p in iter(free_port, None) if p not in taken)
        taken.add(port)
        doors[listener.name] = f"{LOOPBACK}:{port}"
    return doors


def _with_doors(
    plain: Mapping[str, str], doors: Mapping[str, str], security: Security
) -> dict[str, str]:
    """Return what the listeners of ``security`` change and add."""
    listed = "".join(f",{name}://{address}" for name, address in doors.items())
    protocols = "".join(f",{each.name}:{each.protocol}" for each in security.listeners)
    changed = {key: plain[key] + listed for key in ("listeners", "advertised.listeners")}
    key = "listener.security.protocol.map"
    return {**changed, key: plain[key] + protocols, **security.settings()}


def _properties(settings: Mapping[str, str]) -> str:
    return "".join(f"{k}={v.replace(chr(92), chr(92) * 2)}\n" for k, v in settings.items())


# Kafka's defaults where nothing is said. "Broker Configs" in Kafka's documentation.
_FIXED = {
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # By size, never by age: a replayed record keeps its old timestamp, and a retention by
    # time would delete it before it was read.
    "log.retention.ms": "-1",
    "log.retention.bytes": str(2 << 30),  # a partition
    "log.segment.bytes": str(128 << 20),
    # What an idempotent producer sent last is forgotten at a start, and each ten minutes, once its
    # records' own times are so old: by default a day, at which a batch whose acknowledgement was
    # lost is stored a second time (Kafka's ProducerStateManager). This is the longest there is,
    # 24 days; records older than that may still come twice when the broker is killed.
    "producer.id.expiration.ms": str(2**31 - 1),
    # A killed broker is taken back when its old session is over: after 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),  # 128 MiB of a small heap otherwise
}

_LOG4J2 = """\
status=error
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName={log}
appender.file.filePattern={log}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601}} %-5p %c{{1}}: %m%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=10MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=3
rootLogger.level=info
rootLogger.appenderRef.file.ref=file
"""


def cluster_id(data_dir: Path) -> str | None:
    """The id of the cluster whose storage is in the folder; None if none was laid out."""
    try:
        meta = (data_dir / "data" / "meta.properties").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^cluster\.id=(\S+)$", meta, re.MULTILINE)
    return found[1] if found else None


def format_storage(launch: Launch, security: Security | None = None) -> str:
    """Lay out a new, empty log folder; return the cluster id it was given.

    It is made beside its place and renamed, so a broken format is never taken for a whole one.
    """
    data = launch.data_dir / "data"
    partial = launch.data_dir / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    settings = (launch.data_dir / "server.properties").read_text(encoding="utf-8")
    request = launch.data_dir / "format.properties"
    request.touch(mode=0o600)
    request.write_text(
        re.sub(r"(?m)^log\.dirs=.*$", lambda _: _properties({"log.dirs": str(partial)}), settings),
        encoding="utf-8",
    )
    new_id = _new_cluster_id()
    users = security.scram_users() if security else ()
    done = subprocess.run(
        launch.command(
            "kafka.tools.StorageTool", "format", "-t", new_id, "-c", str(request), *users
        ),
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env=dict(launch.env),
        timeout=_FORMAT_WITHIN,
        check=False,
    )
    request.unlink()
    if done.returncode != 0:
        raise EnvironmentFault(
            f"the embedded broker's storage in {data} could not be laid out: "
            + _last_line(done.stdout + done.stderr),
            hint="check the folder's rights and the space on the disk",
        )
    if data.exists():  # without meta.properties: no broker ever used it
        shutil.rmtree(data)
    partial.rename(data)
    return new_id


def _new_cluster_id() -> str:
    """A random UUID as Kafka writes it: URL-safe base64 that does not begin like an option."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return _new_cluster_id() if text.startswith("-") else text


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no word")
