"""The terminal, to look at rows as they come."""

from __future__ import annotations

from streamsql.connectors.connector import Connector
from streamsql.connectors.options import OURS, Options, flag, whole

CONSOLE = Connector(
    name="console",
    about="the terminal of the driver",
    writes=Options(
        what="Spark's console sink", known={"numRows": whole, "truncate": flag}, forbidden=OURS
    ),
)
