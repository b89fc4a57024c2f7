"""What ``debug`` looks at, one question after the other, each with an answer and a remedy."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlparse

from streamsql.cli.folders import broker_folder, local_path
from streamsql.cli.machine import PACKAGES, jdbc_connection
from streamsql.errors import RunError
from streamsql.plan.nodes import Plan
from streamsql.project.nodes import REGISTRY, Connection, Project, Source
from streamsql.secrets import find_secrets
from streamsql.spark.artifacts import (
    connector_coordinates,
    fetch_broker,
    fetch_connectors,
    fetch_database_driver,
    pyspark_version,
    require_version,
    supply,
)
from streamsql.spark.java import Java, find_java
from streamsql.spark.kafka import describe_cluster, list_topics, topic_info
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.logins import try_login
from streamsql.spark.readiness import require_listening, require_master
from streamsql.spark.topics import drift, spec_of

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one question. ``ok`` is None for what cannot be told from here."""

    ok: bool | None
    text: str
    hint: str | None = None


def diagnose_machine(on_progress: Progress) -> Iterator[Outcome]:
    """Look at Java, pyspark and the connectors' jars; jars that are missing are fetched."""
    yield _asked(lambda: f"Java {(java := find_java(os.environ)).version} at {java.home}")
    yield _asked(_pyspark)
    try:
        java = find_java(os.environ)
    except RunError:
        yield Outcome(None, "connector jars: not looked at, for want of Java")
        return
    yield _asked(lambda: _connectors(java, on_progress))


def diagnose_profiles(path: str, text: str) -> Iterator[Outcome]:
    """Look for secrets that stand in the profile themselves: whoever has the file has them."""
    lines = sorted({text.count("\n", 0, s.start) + 1 for s in find_secrets(path, text)})
    if lines:
        listed = ", ".join(map(str, lines))
        yield Outcome(
            None,
            f"warning: {path} holds what looks like a secret, in line {listed}",
            "read it with env_var('STREAMSQL_ENV_SECRET_…'), and change it: it has been seen",
        )


def diagnose_target(
    project: Project, plan: Plan | None, root: Path, on_progress: Progress
) -> Iterator[Outcome]:
    """Look at all that the chosen target names: master, storage, connections, topics.

    Topics that models write are looked at where there is a ``plan``.
    """
    target = project.target
    yield _asked(lambda: _spark_of(target.spark.version))
    yield _master(target.spark.master)
    if target.spark.conf.get(PACKAGES):
        yield Outcome(None, f"{PACKAGES} of the profile: fetched when a run starts")
    for what, location in (("checkpoints", target.checkpoints), ("warehouse", target.warehouse)):
        yield _writable(what, location, root)
    for connection in target.connections.values():
        if connection.type == REGISTRY:
            yield _asked(partial(_registry, connection, project, root, on_progress))
        elif connection.type == "jdbc":
            yield _asked(partial(_database, connection, on_progress))
        elif connection.type != "kafka":
            yield Outcome(None, f"connection '{connection.name}': {connection.type} is not asked")
        elif connection.embedded:
            yield _asked(lambda: _embedded(project, root, on_progress))  # at most one a target
        else:
            yield from _cluster(connection, project, plan)


def _asked(question: Callable[[], str]) -> Outcome:
    try:
        return Outcome(True, question())
    except RunError as error:
        return Outcome(False, error.message, error.hint)


def _spark_of(version: str) -> str:
    require_version(version)
    return f"the target is for Spark {version}"


def _pyspark() -> str:
    version = pyspark_version()
    connector_coordinates(version)
    return f"pyspark {version}"


def _connectors(java: Java, on_progress: Progress) -> str:
    jars = fetch_connectors(supply(os.environ), java=java, on_progress=on_progress)
    return f"connectors for Kafka, Avro and Delta: {len(jars)} jars in {jars[0].parent}"


def _master(master: str) -> Outcome:
    if urlparse(master).scheme != "spark":
        return Outcome(True if master.startswith("local") else None, f"Spark master {master}")
    try:
        require_master(master)
    except RunError as error:
        return Outcome(False, error.message, error.hint)
    return Outcome(True, f"Spark master {master} answers")


def _writable(what: str, location: str, root: Path) -> Outcome:
    folder = local_path(location, root)
    if folder is None:
        return Outcome(None, f"{what} at {location}: only Spark can tell, when a run starts")
    there = next(p for p in (folder, *folder.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Outcome(
            False,
            f"{what} at {folder} cannot be written: {error.strerror}",
            f"make {there} writable, or choose another folder in profiles.yml",
        )
    return Outcome(True, f"{what} at {folder}")


def _embedded(project: Project, root: Path, on_progress: Progress) -> str:
    from streamsql.dev.broker import attach_or_start

    java = find_java(os.environ)
    jars = fetch_broker(supply(os.environ), java=java, on_progress=on_progress)
    folder = broker_folder(project.target, root)
    with attach_or_start(folder, java=java, jars=jars, env=os.environ) as broker:
        how = "can be started" if broker.owned else f"runs at {broker.bootstrap_servers}"
        return f"embedded broker {how}, cluster {broker.cluster_id}, records in {folder}"


def _database(connection: Connection, on_progress: Progress) -> str:
    reached = jdbc_connection(connection)
    server = require_listening(reached)
    java = find_java(os.environ)
    driver = fetch_database_driver(supply(os.environ), java=java, on_progress=on_progress)
    named = try_login(reached, java=java, driver=driver, env=os.environ)
    return f"connection '{connection.name}': {server} lets us in, {named}"


def _registry(connection: Connection, project: Project, root: Path, on_progress: Progress) -> str:
    from streamsql.cli.registries import url_of
    from streamsql.registry.client import Registry, reached

    with url_of(connection, project, root, on_progress) as url:
        registry = Registry(reached(connection, url))
        try:
            subjects = registry.subjects()
        finally:
            registry.close()
    return f"schema registry '{connection.name}': {len(subjects)} subjects"


def _cluster(connection: Connection, project: Project, plan: Plan | None) -> Iterator[Outcome]:
    reached = KafkaConnection(
        connection.name, connection.bootstrap_servers or "", connection.options
    )
    try:
        cluster = describe_cluster(reached)
        topics = frozenset(list_topics(reached))
        written = tuple(_written_topics(connection, reached, plan))
    except RunError as error:  # a trust store is read with Java, which may be missing too
        yield Outcome(False, error.message, error.hint)
        return
    brokers = ", ".join(cluster.brokers)
    yield Outcome(True, f"connection '{connection.name}': cluster {cluster.id} ({brokers})")
    for source in project.sources:
        if source.connection == connection.name:
            yield _topic(source, topics)
    yield from written


def _written_topics(
    connection: Connection, reached: KafkaConnection, plan: Plan | None
) -> Iterator[Outcome]:
    """Look at the topics of models: whether they are there, and as the models want them."""
    queries = plan.queries if plan else ()
    writes = [w for q in queries for w in q.writes if w.connection == connection.name and w.topic]
    infos = topic_info(reached, [w.topic for w in writes if w.topic])
    for spec in map(spec_of, writes):
        info = infos.get(spec.name)
        if info is None and connection.create_topics:
            yield Outcome(None, f"topic '{spec.name}': a run makes it")
        elif info is None:
            hint = "create it, or set create_topics: true on the connection"
            yield Outcome(False, f"topic '{spec.name}' is missing", hint)
        else:
            differing = "; ".join(drift(spec, info))
            yield Outcome(
                None if differing else True,
                f"topic '{spec.name}': {differing or 'as its model wants it'}",
            )


def _topic(source: Source, topics: frozenset[str]) -> Outcome:
    name = f"source '{source.unique_name}'"
    if source.topic_pattern is not None:
        pattern = re.compile(source.topic_pattern)
        found = [topic for topic in topics if pattern.fullmatch(topic)]
        if found:
            return Outcome(True, f"{name}: {len(found)} topics match {source.topic_pattern}")
        return Outcome(False, f"{name}: no topic matches {source.topic_pattern}", _TOPIC_HINT)
    if source.topic in topics:
        return Outcome(True, f"{name}: topic {source.topic}")
    return Outcome(False, f"{name}: there is no topic '{source.topic}'", _TOPIC_HINT)


_TOPIC_HINT = "create it, or correct the source; a topic that one may not see looks missing"
