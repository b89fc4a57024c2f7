"""Databases that are reached through JDBC: connections of the driver's own, and what goes wrong.

The JVM's driver is used from here as well, so that there is one client, with one set of settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from streamsql.connectors.jdbc import DRIVER
from streamsql.errors import ConnectionFault

# Waiting for ever for a server that does not answer would keep the query from saying so.
_DEFAULTS = {"connectTimeout": "10", "tcpKeepAlive": "true", "ApplicationName": "streamsql"}


@dataclass(frozen=True, slots=True)
class JdbcConnection:
    """A database as a profile names it. ``options`` are properties of its driver."""

    name: str
    url: str = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    driver: str = DRIVER
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> str:
        """The connection for people: its name, and the URL without its parameters."""
        return f"connection '{self.name}' ({self.url.partition('?')[0]})"

    @property
    def properties(self) -> dict[str, str]:
        """What the driver is told beside the URL."""
        login = {"user": self.user, "password": self.password}
        return {**_DEFAULTS, **self.options, **{k: v for k, v in login.items() if v is not None}}

    @property
    def spark_options(self) -> dict[str, str]:
        """What Spark's JDBC writer is told of the connection."""
        return {**self.properties, "url": self.url, "driver": self.driver}


class Transaction:
    """One transaction on a connection: statements, and rows of queries."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str) -> None:
        """Run a statement."""
        statement = self._connection.createStatement()
        try:
            statement.execute(sql)
        finally:
            statement.close()

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Return the rows of a query, each value as text."""
        statement = self._connection.createStatement()
        try:
            results = statement.executeQuery(sql)
            width = results.getMetaData().getColumnCount()
            found = []
            while results.next():
                found.append(tuple(results.getString(n + 1) for n in range(width)))
            return found
        finally:
            statement.close()


@contextmanager
def transaction(spark: SparkSession, connection: JdbcConnection) -> Iterator[Transaction]:
    """A transaction that is committed at the end of the block, and rolled back if it raises.

    Raises:
        ConnectionFault: the database cannot be reached, or refuses a statement.
    """
    opened = None
    try:
        opened = open_connection(spark._jvm, connection)
        opened.setAutoCommit(False)
        yield Transaction(opened)
        opened.commit()
    except (Py4JError, PySparkException) as error:
        raise fault(connection, error) from None
    finally:
        if opened is not None:
            with suppress(Py4JError):
                opened.close()  # what is not committed is rolled back


def open_connection(jvm: Any, connection: JdbcConnection) -> Any:
    """Return a connection of the driver's, in a JVM that has it.

    Raises:
        ConnectionFault: the URL is of another driver.
        Py4JError: the database cannot be reached, or does not let us in; see ``fault``.
    """
    properties = jvm.java.util.Properties()
    for name, value in connection.properties.items():
        properties.setProperty(name, value)
    driver = reduce(getattr, connection.driver.split("."), jvm)()
    opened = driver.connect(connection.url, properties)
    if opened is None:
        raise ConnectionFault(
            f"{connection.place}: the driver {connection.driver} does not know this URL",
            hint="write it as jdbc:postgresql://host:5432/database",
        )
    return opened


def fault(connection: JdbcConnection, error: Exception) -> ConnectionFault:
    """Return the fault for what the driver, or a job of Spark's that writes with it, said."""
    what = re.sub(r"\s+", " ", _statement_left_out(_said(error))).strip()
    passing = _PASSING.search(what) is not None
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, what)), None)
    return ConnectionFault(f"{connection.place}: {what}", hint=hint, passing=passing)


_PASSING = re.compile(
    r"Connection to \S+ refused|The connection attempt failed|This connection has been closed"
    r"|An I/O error occurred|terminating connection|the database system is|Broken pipe"
    r"|Connection refused|too many clients|remaining connection slots|deadlock detected"
    r"|could not serialize|not currently accepting connections"
    r"|Connection reset|Read timed out|Connection is closed"
)
_HINTS = (
    (
        r"password authentication failed|no password was provided|role \S+ does not exist",
        "check user and password of this connection in profiles.yml",
    ),
    (r"no pg_hba.conf entry", "ask who runs the database: its pg_hba.conf lets nobody in so"),
    (r"database \S+ does not exist", "check the url of this connection in profiles.yml"),
    (
        r"permission denied|must be owner",
        "give this user the rights: to create tables in the schema, and to read and write the "
        "table; docs/sources-and-sinks.md lists them",
    ),
    (r"schema \S+ does not exist", "create the schema, or correct 'table' of the model"),
    (
        r"null value in column",
        "the unique_key, and columns that the table declares NOT NULL, take no nulls: filter "
        "such rows, or fill them with coalesce",
    ),
    (
        r"invalid byte sequence for encoding|unsupported Unicode escape",
        "PostgreSQL's text cannot hold the character U+0000: take it out with "
        "replace(column, '\\0', '')",
    ),
    (
        r"refused|attempt failed|I/O error|terminating|the database system is|has been closed",
        "start the database, or check the url of this connection and the network",
    ),
)


def _said(error: Exception) -> str:
    """What the database said: the last cause, or the first exception that JDBC chained to it."""
    if isinstance(error, Py4JJavaError):
        return _message(error.java_exception)
    causes = re.findall(
        r"(?:org\.postgresql\.util\.PSQLException|java\.sql\.\w+): (.+)", str(error)
    )
    stack = getattr(error, "_stackTrace", None) or ""
    causes += re.findall(r"org\.postgresql\.util\.PSQLException: (.+)", stack)
    return causes[-1] if causes else str(error).partition("\n")[0]


def _message(error: Any) -> str:
    said = ""
    while error is not None:
        said = str(error.getMessage() or "") or said
        if error.getClass().getName().startswith(("org.postgresql.", "java.sql.")):
            return said
        error = error.getCause()
    causes = re.findall(r"PSQLException: (.+)", said)
    return causes[-1] if causes else said


def _statement_left_out(said: str) -> str:
    """Without the statement and the values of a row, which may be anybody's."""
    said = re.sub(r"Batch entry \d+ .*? was aborted: ", "", said, flags=re.DOTALL)
    said = said.partition("  Call getNextException")[0].partition("\n  Detail:")[0]
    return re.sub(r"^(?:ERROR|FATAL): ", "", said)
