"""What can be seen to be missing before Spark starts: it takes seconds, and says it in pages.

Each function returns if all is well and raises a fault that says what to do if not.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlparse

from streamsql.errors import ConnectionFault, EnvironmentFault
from streamsql.plan.nodes import Plan, Query
from streamsql.spark.jdbc import JdbcConnection
from streamsql.spark.kafka import describe_cluster
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.rights import require_rights
from streamsql.spark.storage import absolute, is_local

MASTER_PORT = 7077  # the default of Spark's standalone master
DATABASE_PORT = 5432
_ANSWER_WITHIN = 5.0  # seconds


def require_ready(
    plan: Plan, kafka: Mapping[str, KafkaConnection], *, root: Path, master: str
) -> None:
    """Make sure that what a run needs can be reached and written.

    Raises:
        EnvironmentFault: the master does not answer, or a folder cannot be written.
        ConnectionFault: a Kafka cluster cannot be reached, or refuses a topic.
    """
    require_master(master)
    require_writable("checkpoints", absolute(plan.checkpoints, root))
    for query in plan.queries:
        for write in query.writes:
            if write.kind == "table" and write.path is not None:
                require_writable("tables", str(Path(absolute(write.path, root)).parent))
    require_clusters(plan.queries, kafka)
    require_rights(plan.queries, kafka)


def require_master(master: str) -> None:
    """Make sure that one of the hosts of a ``spark://`` URL answers; others are not asked.

    Spark itself tries for a minute before it says so.
    """
    place = urlparse(master)
    if place.scheme != "spark":
        return
    reason: Exception | None = None
    for host in place.netloc.split(","):
        name, _, port = host.rpartition(":") if ":" in host else (host, "", "")
        try:
            with socket.create_connection((name, int(port or MASTER_PORT)), _ANSWER_WITHIN):
                return
        except (OSError, ValueError) as error:
            reason = error
    said = getattr(reason, "strerror", None) or reason
    raise EnvironmentFault(
        f"the Spark master {master} does not answer: {said}",
        hint="start it, or correct spark.master in profiles.yml",
    )


def require_writable(what: str, location: str) -> None:
    """Make sure that a folder of this machine can be written; it is made if it is not there."""
    if not is_local(location):
        return
    folder = Path(location)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise EnvironmentFault(
            f"{what} cannot be written at {folder}: {error.strerror}",
            hint="free that folder, or choose another one in profiles.yml",
        ) from None


def require_clusters(queries: Iterable[Query], kafka: Mapping[str, KafkaConnection]) -> None:
    """Make sure that every cluster that queries read or write answers."""
    chosen = tuple(queries)
    used = {read.connection for query in chosen for read in query.reads}
    used |= {write.connection for query in chosen for write in query.writes}
    for name, connection in sorted(kafka.items()):
        if name in used:
            describe_cluster(connection)


def require_databases(queries: Iterable[Query], databases: Mapping[str, JdbcConnection]) -> None:
    """Make sure that something listens where the databases that queries write are said to be.

    Whether it lets us in is asked through Spark's driver, once that is there. ConnectionFault.
    """
    used = {write.connection for query in queries for write in query.writes}
    for name, connection in sorted(databases.items()):
        if name in used:
            require_listening(connection)


def require_listening(connection: JdbcConnection) -> str:
    """Return ``host:port`` of the first server of a URL that takes connections."""
    reason: Exception | None = None
    for host, port in _servers(connection.url):
        try:
            with socket.create_connection((host, port), _ANSWER_WITHIN):
                return f"{host}:{port}"
        except OSError as error:
            reason = error
    said = getattr(reason, "strerror", None) or reason or "its URL names no server"
    raise ConnectionFault(
        f"{connection.place}: no database answers: {said}",
        hint="start the database, or check the url of this connection and the network",
        passing=True,
    )


def _servers(url: str) -> Iterator[tuple[str, int]]:
    """Yield the servers of ``jdbc:postgresql://host:port,host:port/database?…``."""
    servers = url.partition("?")[0].partition("//")[2].partition("/")[0]
    for server in servers.split(","):
        place = urlparse(f"//{server}")
        if place.hostname:
            yield place.hostname, place.port or DATABASE_PORT
