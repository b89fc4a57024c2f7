"""What OpenLineage calls datasets: topics, tables and files, by namespace and name.

Names follow the naming page of the OpenLineage specification (2.0.2): ``kafka://host:port``
and the topic, ``s3://bucket`` and the path, ``file`` and the path. No credentials go in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from streamsql.plan.writes import table_location, topic_of
from streamsql.project.nodes import Connection, ModelConfig, Project, Source
from streamsql.resolve import ResolvedModel

EMBEDDED = "kafka://embedded"
"""The broker that ``dev`` starts: it listens at another port each time."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset. ``columns`` are name and type (Spark DDL), as far as they are known."""

    namespace: str
    name: str
    columns: tuple[tuple[str, str | None], ...] = ()


def input_datasets(project: Project, resolved: Mapping[str, ResolvedModel]) -> dict[str, Dataset]:
    """Return the dataset of every node that can be read as one, by the node's name."""
    found = {s.unique_name: _source(project, s) for s in project.sources}
    for seed in project.seeds:
        columns = tuple((c.name, c.data_type) for c in seed.columns)
        found[seed.name] = Dataset("file", seed.path, columns)
    for name, model in resolved.items():
        made = output_dataset(project, model)
        if made is not None:
            found[name] = made
    return found


def output_dataset(project: Project, model: ResolvedModel) -> Dataset | None:
    """Return what a model writes; None if that is nothing that lasts (a view, the console)."""
    config = model.parsed.rendered.config
    columns = tuple((c.name, c.data_type) for c in model.columns)
    match config.materialized:
        case "topic":
            connection = project.target.connections.get(config.connection or "")
            return Dataset(kafka_namespace(connection), topic_of(model.name, config), columns)
        case "table":
            return Dataset(*_place(table_location(project, model.name, config)), columns)
        case "sink":
            place = _sink(project, config)
            return Dataset(*place, columns) if place else None
    return None


def kafka_namespace(connection: Connection | None) -> str:
    """Return ``kafka://host:port`` of a connection's first broker."""
    if connection is None or connection.embedded or not connection.bootstrap_servers:
        return EMBEDDED
    first = connection.bootstrap_servers.split(",")[0].strip()
    first = first.rpartition("://")[2].rpartition("@")[2]  # SASL_SSL://host:port
    return f"kafka://{first}" if re.search(r":\d+$", first) else f"kafka://{first}:9092"


def _source(project: Project, source: Source) -> Dataset:
    connection = project.target.connections.get(source.connection)
    columns = tuple((c.name, c.data_type) for c in source.columns)
    topic = source.topic or source.topic_pattern or source.name
    return Dataset(kafka_namespace(connection), topic, columns)


_URI = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/]*)/?(?P<path>.*)$")
_SCHEMES = {"s3a": "s3", "s3n": "s3"}


def _place(location: str) -> tuple[str, str]:
    """Split a path or URI into namespace and name; what stands before an @ may be a password."""
    found = _URI.match(location)
    if found is None or found["scheme"] == "file":
        return "file", found["path"] if found else location
    scheme = _SCHEMES.get(found["scheme"].lower(), found["scheme"].lower())
    authority = found["authority"]
    if scheme in ("abfss", "wasbs"):  # container@account is a name there
        return f"{scheme}://{authority}", found["path"]
    return f"{scheme}://{authority.rpartition('@')[2]}", found["path"]


_JDBC = re.compile(r"^jdbc:postgresql://(?P<authority>[^/?;,]+)[^/?;]*(?:/(?P<database>[^?;]*))?")


def _sink(project: Project, config: ModelConfig) -> tuple[str, str] | None:
    """Return namespace and name of what a sink writes: a database's table, files, or nothing."""
    if config.format == "jdbc":
        connection = project.target.connections.get(config.connection or "")
        return _table((connection and connection.url) or "", config.table)
    path = config.location
    return _place(path) if path else None


def _table(url: str, table: str | None) -> tuple[str, str] | None:
    found = _JDBC.match(url)
    if found is None or not table:
        return None
    authority = found["authority"].rpartition("@")[2]
    if not re.search(r":\d+$", authority):
        authority = f"{authority}:5432"
    parts = [found["database"] or "", *([] if "." in table else ["public"]), table]
    return f"postgres://{authority}", ".".join(part for part in parts if part)
