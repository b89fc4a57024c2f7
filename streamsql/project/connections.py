"""Which connection of the target a model's topic or table is on."""

from __future__ import annotations

from collections.abc import Mapping

from streamsql.findings import Location, did_you_mean
from streamsql.project.faults import Faults
from streamsql.project.nodes import Connection, ModelConfig


def with_connection(
    config: ModelConfig,
    places: Mapping[str, Location],
    connections: Mapping[str, Connection],
    place: Location,
    faults: Faults,
) -> ModelConfig:
    """Return the config with its connection: the named one if it fits, else the only one."""
    if config.connection is not None:
        place = places.get("connection", place)
        check_connection(config.connection, connections, place, faults)
        _check_kind(config, connections, place, faults)
        return config
    kind = _kind_of_connection(config)
    if kind is None:
        return config
    only = only_connection(connections, kind)
    if only is None:
        what = "topic" if kind == "kafka" else "table"
        faults.add(
            "missing-config",
            f"it is not clear which connection the {what} is on: give 'connection'",
            place,
            _known_connections(connections),
        )
        return config
    return config._replace(connection=only)


def _check_kind(
    config: ModelConfig,
    connections: Mapping[str, Connection],
    place: Location,
    faults: Faults,
) -> None:
    connection, kind = connections.get(str(config.connection)), _kind_of_connection(config)
    if connection is not None and kind is not None and connection.type != kind:
        faults.add(
            "unknown-connection",
            f"the connection '{connection.name}' is of the type {connection.type}, not {kind}",
            place,
            _known_connections({n: c for n, c in connections.items() if c.type == kind}),
        )


def _kind_of_connection(config: ModelConfig) -> str | None:
    """Return the type of the connection that a model must have, None if it needs none."""
    if config.materialized == "topic":
        return "kafka"
    is_jdbc = config.materialized == "sink" and config.format == "jdbc"
    return "jdbc" if is_jdbc else None


def only_kafka(connections: Mapping[str, Connection]) -> str | None:
    """Return the name of the one Kafka connection, or None if there are more or none."""
    return only_connection(connections, "kafka")


def only_connection(connections: Mapping[str, Connection], kind: str) -> str | None:
    """Return the name of the one connection of a type, or None if there are more or none."""
    names = [c.name for c in connections.values() if c.type == kind]
    return names[0] if len(names) == 1 else None


def check_connection(
    name: str, connections: Mapping[str, Connection], place: Location, faults: Faults
) -> None:
    """Report a connection that the target does not have."""
    if name not in connections:
        hint = did_you_mean(name, connections) or _known_connections(connections)
        message = f"the target has no connection '{name}'"
        faults.add("unknown-connection", message, place, hint)


def _known_connections(connections: Mapping[str, Connection]) -> str:
    names = ", ".join(sorted(connections))
    return f"connections of this target: {names}" if names else "the target has no connections"
