"""Tables of PostgreSQL, through JDBC. What a table is written with is in ``postgres``."""

from __future__ import annotations

from streamsql.connectors.connector import Connector
from streamsql.connectors.options import OURS, Options, whole

URL = "jdbc:postgresql:"
DRIVER = "org.postgresql.Driver"

_IN_CONNECTION = "give it in the connection of the profile"
_MERGED = "streamsql stages rows and merges them in one transaction a batch"

JDBC = Connector(
    name="jdbc",
    about="tables of PostgreSQL",
    writes=Options(
        what="Spark's JDBC writer",
        known={"batchsize": whole, "numPartitions": whole, "queryTimeout": whole},
        forbidden={
            **OURS,
            "path": "give 'table' in the config instead",
            "url": _IN_CONNECTION,
            "user": _IN_CONNECTION,
            "password": _IN_CONNECTION,
            "driver": _IN_CONNECTION,
            "dbtable": "give 'table' in the config instead",
            "isolationLevel": _MERGED,
            "truncate": _MERGED,
            "createTableOptions": "create the table yourself",
            "createTableColumnTypes": "create the table yourself",
        },
    ),
)
