"""Tables of databases that queries write: made before a query starts, written batch by batch.

A batch is staged by Spark's tasks and taken into the table by one transaction, which also notes
its number in the books: either all of it is there, once, or nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name Spark's own documents use

from streamsql.connectors import postgres
from streamsql.connectors.postgres import Merge, TableColumn, TableNames
from streamsql.errors import PlanError
from streamsql.findings import did_you_mean
from streamsql.plan.nodes import Query, QueryWrite
from streamsql.spark.jdbc import JdbcConnection, Transaction, fault, transaction

_BATCH_SIZE = "10000"  # rows a round trip


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch, told from every other for ever.

    ``checkpoint`` is the id that Spark keeps in a checkpoint: numbers count from 0 in each
    generation, and again when a checkpoint was deleted.
    """

    query: str
    checkpoint: str
    number: int


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table that exists, and how batches are written into it."""

    connection: JdbcConnection
    merge: Merge
    options: Mapping[str, str]

    def write(self, rows: DataFrame, batch: Batch) -> None:
        """Write a batch; one that is in the books already is left alone.

        Raises:
            ConnectionFault: the database cannot be reached, or refuses a row.
        """
        names, spark = self.merge.names, rows.sparkSession
        # Open from here on: a server that fails empties the staging table, and takes the
        # transaction with it.
        with transaction(spark, self.connection) as database:
            database.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            database.execute(postgres.open_book(names, batch.checkpoint))
            if _last_batch(database, names, batch) >= batch.number:
                return
            if not rows.isEmpty():
                attempt = secrets.token_hex(8)
                self._stage(rows, attempt)
                database.execute(self.merge.statement(attempt))
                database.execute(f"TRUNCATE {names.staging}")
            database.execute(postgres.note_batch(names, batch.checkpoint, batch.number))

    def _stage(self, rows: DataFrame, attempt: str) -> None:
        columns = [c.name for c in self.merge.columns]
        columns += [self.merge.flag] if self.merge.flag else []
        staged = rows.select(
            *[f"`{name}`" for name in columns],
            F.lit(attempt).alias(postgres.ATTEMPT),
            F.spark_partition_id().alias(postgres.PART),
        )
        options = {
            "batchsize": _BATCH_SIZE,
            "reWriteBatchedInserts": "true",
            **self.options,
            **self.connection.spark_options,
            "dbtable": self.merge.names.staging,
        }
        try:
            staged.write.format("jdbc").mode("append").options(**options).save()
        except PySparkException as error:
            raise fault(self.connection, error) from None


def newest_rows(
    spark: SparkSession, table: DatabaseTable, limit: int
) -> list[tuple[str | None, ...]]:
    """Return the greatest rows of a table, as texts, the greatest first; ConnectionFault."""
    merge = table.merge
    with transaction(spark, table.connection) as database:
        return database.rows(postgres.newest(merge.names, merge.columns, merge.order_by, limit))


def _last_batch(database: Transaction, names: TableNames, batch: Batch) -> int:
    ((last,),) = database.rows(postgres.last_batch(names, batch.checkpoint))
    return int(last or -1)


def prepare_table(
    spark: SparkSession,
    project: str,
    query: Query,
    write: QueryWrite,
    connection: JdbcConnection,
    *,
    empty: bool,
) -> DatabaseTable:
    """Make sure of a table, of the books beside it, and of an empty staging table.

    Raises:
        ConnectionFault: the database cannot be reached, or does not let us.
        PlanError: the table has other columns, or no unique index on the key.
    """
    names = TableNames.of(str(write.table), f"{project}/{query.id}")
    columns = postgres.table_columns(
        (c.name, c.data_type) for c in write.columns if c.name != write.delete_when
    )
    with transaction(spark, connection) as database:
        if not _exists(database, names.books):
            database.execute(postgres.create_books(names))
        if not _exists(database, names.table):
            database.execute(postgres.create_table(names, columns, write.unique_key))
        elif empty:
            database.execute(f"TRUNCATE {names.table}")
        there = _types(database, names)
        columns = _agreed(database, query, write, names, columns, there)
        _require_index(database, query, write, names)
        for statement in postgres.create_staging(names, columns, write.delete_when):
            database.execute(statement)
        types = _types(database, names)
    merge = Merge(names, columns, types, write.unique_key, write.order_by, write.delete_when)
    return DatabaseTable(connection, merge, write.options)


def _exists(database: Transaction, table: str) -> bool:
    ((found,),) = database.rows(f"SELECT to_regclass({postgres.text(table)})")
    return found is not None


def _types(database: Transaction, names: TableNames) -> dict[str, str]:
    """Return the type of each column of the table, as PostgreSQL writes it."""
    rows = database.rows(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        f"WHERE attrelid = to_regclass({postgres.text(names.table)}) "
        "AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    return {str(name): str(kind) for name, kind in rows}


def _agreed(
    database: Transaction,
    query: Query,
    write: QueryWrite,
    names: TableNames,
    columns: Sequence[TableColumn],
    there: Mapping[str, str],
) -> tuple[TableColumn, ...]:
    """Return the columns that are written, once the table has them all."""
    lacking = [c for c in columns if c.name not in there]
    if write.on_schema_change == "append_new_columns":
        for column in lacking:
            database.execute(postgres.add_column(names, column))
        there = {**there, **{c.name: c.sql_type for c in lacking}}
    elif write.on_schema_change == "ignore":
        columns = [c for c in columns if c.name in there]
    _require_columns(query, names, columns, there)
    return tuple(columns)


def _require_columns(
    query: Query, names: TableNames, columns: Sequence[TableColumn], there: Mapping[str, str]
) -> None:
    found = {c.name: there.get(c.name, "missing") for c in columns}
    differing = [c for c in columns if not postgres.holds(found[c.name], c.sql_type)]
    if not differing:
        return
    listed = "; ".join(
        f"{c.name}: {found[c.name]} in the table, {c.sql_type} in the model" for c in differing
    )
    near = next((did_you_mean(c.name, there) for c in differing if c.name not in there), None)
    raise PlanError(
        f"the table {names.table} that '{query.id}' writes has other columns than the model "
        f"({listed})",
        hint=near or "alter the table, or set on_schema_change='append_new_columns'",
    )


def _require_index(
    database: Transaction, query: Query, write: QueryWrite, names: TableNames
) -> None:
    """ON CONFLICT needs a unique index of just these columns, on all rows."""
    if not write.unique_key:
        return
    rows = database.rows(
        "SELECT string_agg(a.attname, chr(10) ORDER BY a.attname) FROM pg_index AS i "
        "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        f"WHERE i.indrelid = to_regclass({postgres.text(names.table)}) AND i.indisunique "
        "AND i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid"
    )
    wanted = set(write.unique_key)
    if not any(set(str(listed).split("\n")) == wanted for (listed,) in rows):
        key = ", ".join(write.unique_key)
        raise PlanError(
            f"the table {names.table} that '{query.id}' writes has no unique index on ({key})",
            hint=f"create one: ALTER TABLE {names.table} ADD PRIMARY KEY ({key})",
        )
