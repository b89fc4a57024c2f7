"""Any other format that Spark can stream to: its options are passed on as they are."""

from __future__ import annotations

from collections.abc import Mapping

from streamsql.connectors.connector import Connector
from streamsql.connectors.options import OURS, Options, check_options
from streamsql.findings import Finding, Location


def check(options: Mapping[str, str], location: Location) -> tuple[Finding, ...]:
    """Find options that streamsql sets itself; whatever else there is, only Spark knows."""
    ours = {name: value for name, value in options.items() if name.lower() in _OURS}
    return check_options(ours, Options("a sink", {}, OURS), location)


_OURS = {name.lower() for name in OURS}


def generic(name: str) -> Connector:
    """Return the connector of a Spark format that is none of ours."""
    return Connector(name=name, about=f"Spark's format {name}", check=check)
