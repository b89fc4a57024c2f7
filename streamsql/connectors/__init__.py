"""What can be read and written, described without Spark and without a connection.

``CONNECTORS`` come with streamsql; others come from packages through the entry points
``streamsql.connectors`` and are looked up only when a name is none of these. A name that
nobody knows is taken for a format of Spark's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from streamsql.connectors.connector import Connector
from streamsql.connectors.console import CONSOLE
from streamsql.connectors.delta import DELTA
from streamsql.connectors.files import PARQUET
from streamsql.connectors.generic import generic
from streamsql.connectors.jdbc import JDBC
from streamsql.connectors.kafka import KAFKA
from streamsql.connectors.options import check_options
from streamsql.findings import Finding, Location

__all__ = [
    "CONNECTORS",
    "Connector",
    "check_writer",
    "find_connector",
]

CONNECTORS: tuple[Connector, ...] = (KAFKA, DELTA, PARQUET, JDBC, CONSOLE)
_GROUP = "streamsql.connectors"


@cache
def find_connector(name: str) -> Connector:
    """Return the connector of a format: ours, a package's, or the generic one."""
    for known in CONNECTORS:
        if known.name == name:
            return known
    for entry in entry_points(group=_GROUP, name=name):
        found = entry.load()
        if isinstance(found, Connector):
            return found
    return generic(name)


def check_writer(name: str, options: Mapping[str, str], location: Location) -> tuple[Finding, ...]:
    """Find what is wrong with the options of a model that is written with a format."""
    connector = find_connector(name)
    if connector.check is not None:
        return connector.check(options, location)
    if connector.writes is None:
        return (Finding("cannot-write", f"{connector.about} cannot be written", location),)
    return check_options(options, connector.writes, location)
