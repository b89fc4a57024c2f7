"""What a run needs of this machine: Java, jars, the broker and registry of embedded connections."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamsql.cli.folders import broker_folder
from streamsql.cli.registries import reached_registries
from streamsql.plan.nodes import Plan, QueryRead, QueryWrite
from streamsql.project.nodes import Connection, Project, Target
from streamsql.spark.artifacts import (
    Supply,
    fetch_broker,
    fetch_connectors,
    fetch_database_driver,
    supply,
)
from streamsql.spark.events import Notice, Observer
from streamsql.spark.java import Java, find_java
from streamsql.spark.librdkafka import KafkaConnection

if TYPE_CHECKING:
    from streamsql.spark.jdbc import JdbcConnection
    from streamsql.spark.preparation import Connections
    from streamsql.spark.session import SessionSpec

PACKAGES = "spark.jars.packages"


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything that is there before Spark starts."""

    session: SessionSpec
    connections: Connections


@contextmanager
def machine(
    project: Project, plan: Plan, *, root: Path, target_path: Path, observer: Observer
) -> Iterator[Machine]:
    """Find Java, fetch jars, and start (or attach to) what is embedded and the plan needs.

    Broker and schema registry are stopped at the end if they were started here.

    Raises:
        EnvironmentFault: Java, jars, the broker or the registry are not to be had.
    """
    from streamsql.spark.preparation import Connections

    def tell(text: str) -> None:
        observer(Notice(text))

    java = find_java(os.environ)
    source = supply(os.environ)
    session = _session(project, plan, java, source, target_path, tell)
    kafka = {c.name: c for c in project.target.connections.values() if c.type == "kafka"}
    embedded = frozenset(name for name, c in kafka.items() if c.embedded)
    reached = {
        name: KafkaConnection(name, c.bootstrap_servers or "", c.options, c.create_topics)
        for name, c in kafka.items()
        if not c.embedded
    }
    databases = {
        c.name: jdbc_connection(c) for c in project.target.connections.values() if c.type == "jdbc"
    }
    used = used_connections(plan)
    with ExitStack() as stack:
        if embedded & used:
            servers = stack.enter_context(_broker(project.target, root, java, source, tell))
            reached |= {
                name: KafkaConnection(name, servers, create_topics=kafka[name].create_topics)
                for name in embedded
            }
        registries = stack.enter_context(
            reached_registries(project, sorted(used & kafka.keys()), root=root, tell=tell)
        )
        here = embedded if embedded & used else frozenset[str]()
        yield Machine(session, Connections(reached, here, databases, registries))


def jdbc_connection(connection: Connection) -> JdbcConnection:
    """Return how the database of a connection of the profile is reached."""
    from streamsql.connectors.jdbc import DRIVER
    from streamsql.spark.jdbc import JdbcConnection

    return JdbcConnection(
        connection.name,
        connection.url or "",
        connection.user,
        connection.password,
        connection.driver or DRIVER,
        connection.options,
    )


@contextmanager
def clusters(
    project: Project, names: frozenset[str], *, root: Path, tell: Callable[[str], None]
) -> Iterator[dict[str, KafkaConnection]]:
    """Reach the Kafka connections of these names without Spark; an embedded broker is started,
    or attached to if it runs.

    Raises:
        EnvironmentFault: Java, the broker's jars or the broker are not to be had.
    """
    kafka = {n: c for n, c in project.target.connections.items() if n in names}
    reached = {
        name: KafkaConnection(name, c.bootstrap_servers or "", c.options)
        for name, c in kafka.items()
        if c.type == "kafka" and not c.embedded
    }
    embedded = [name for name, c in kafka.items() if c.embedded]
    if not embedded:
        yield reached
        return
    java = find_java(os.environ)
    with _broker(project.target, root, java, supply(os.environ), tell) as servers:
        yield reached | {name: KafkaConnection(name, servers) for name in embedded}


@contextmanager
def _broker(
    target: Target, root: Path, java: Java, source: Supply, tell: Callable[[str], None]
) -> Iterator[str]:
    from streamsql.dev.broker import attach_or_start

    jars = fetch_broker(source, java=java, on_progress=tell)
    with attach_or_start(
        broker_folder(target, root), java=java, jars=jars, env=os.environ
    ) as broker:
        how = "started" if broker.owned else "found"
        tell(f"{how} the embedded broker at {broker.bootstrap_servers}")
        yield broker.bootstrap_servers


def used_connections(plan: Plan) -> frozenset[str]:
    """The names of the connections that the plan's queries read and write."""
    return frozenset(end.connection for end in _ends(plan) if end.connection)


def _ends(plan: Plan) -> Iterator[QueryRead | QueryWrite]:
    for query in plan.queries:
        yield from query.reads
        yield from query.writes


def _session(
    project: Project,
    plan: Plan,
    java: Java,
    source: Supply,
    target_path: Path,
    tell: Callable[[str], None],
) -> SessionSpec:
    from streamsql.spark.session import SessionSpec
    from streamsql.spark.storage import is_local

    settings = project.target.spark
    # Jars are fetched before Spark starts, the user's too: asking Spark would resolve them anew.
    packages = settings.conf.get(PACKAGES, "")
    conf = {key: value for key, value in settings.conf.items() if key != PACKAGES}
    jars = fetch_connectors(
        source,
        java=java,
        packages=tuple(p.strip() for p in packages.split(",") if p.strip()),
        on_progress=tell,
    )
    if any(end.format == "jdbc" for end in _ends(plan)):
        jars = (*jars, *fetch_database_driver(source, java=java, on_progress=tell))
    return SessionSpec(
        app=f"streamsql {plan.project}",
        settings=settings._replace(conf=conf),
        java=java,
        jars=jars,
        log=target_path / "logs" / "spark.log",
        delta=any(end.format == "delta" for end in _ends(plan)),
        local_checkpoints=is_local(project.target.checkpoints),
        embedded=any(c.type == "kafka" and c.embedded for c in project.target.connections.values()),
    )
