"""The newest rows of what queries have written, for people to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name Spark's own documents use

from streamsql.plan.nodes import Query, QueryWrite
from streamsql.spark.databases import DatabaseTable, newest_rows
from streamsql.spark.events import Output
from streamsql.spark.kafka import read_last
from streamsql.spark.kafka_reading import StoredRecord
from streamsql.spark.preparation import Prepared


def newest_outputs(
    spark: SparkSession, queries: Mapping[str, tuple[Query, Prepared]], limit: int
) -> tuple[Output, ...]:
    """Return the newest rows of every topic and table that these queries write.

    Raises:
        ConnectionFault: a broker or database cannot be reached.
    """
    return tuple(
        output
        for query, prepared in queries.values()
        for write in query.writes
        for output in _of_write(spark, query, write, prepared, limit)
    )


def _of_write(
    spark: SparkSession, query: Query, write: QueryWrite, prepared: Prepared, limit: int
) -> Iterator[Output]:
    if write.topic is not None and write.holds_dead_letters:
        yield _of_dead_letters(query, write, write.topic, prepared, limit)
    elif write.topic is not None:
        yield _of_topic(query, write, write.topic, prepared, limit)
    if write.dead_letter is not None:
        yield _of_dead_letters(query, write, write.dead_letter, prepared, limit)
    if write.kind == "jdbc":
        yield _of_database(spark, query, prepared.databases[query.id], limit)
    if write.kind == "table":
        yield _of_table(spark, query, write, prepared.paths[query.id], limit)


def _of_topic(
    query: Query, write: QueryWrite, topic: str, prepared: Prepared, limit: int
) -> Output:
    columns = tuple(c.name for c in write.columns)
    found = _newest(write, topic, prepared, limit)
    return Output(query.id, f"topic {topic}", columns, tuple(_row(r, columns) for r in found))


def _of_dead_letters(
    query: Query, write: QueryWrite, topic: str, prepared: Prepared, limit: int
) -> Output:
    found = _newest(write, topic, prepared, limit)
    return Output(
        query.id,
        f"topic {topic}",
        ("error", "value", "offset"),
        tuple((_header(r, "error"), _text(r.value), r.offset) for r in found),
    )


def _newest(
    write: QueryWrite, topic: str, prepared: Prepared, limit: int
) -> tuple[StoredRecord, ...]:
    assert write.connection is not None
    return read_last(prepared.connections.kafka[write.connection], topic, limit)


def _row(record: StoredRecord, columns: tuple[str, ...]) -> tuple[Any, ...]:
    text = _text(record.value)
    try:
        fields = json.loads(text or "null")
    except json.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict):
        return (text, *[None] * (len(columns) - 1))
    return tuple(fields.get(name) for name in columns)


def _header(record: StoredRecord, ending: str) -> str | None:
    for name, value in record.headers:
        if name.endswith(ending) and value is not None:
            return value.decode(errors="replace")
    return None


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")


def _of_database(spark: SparkSession, query: Query, table: DatabaseTable, limit: int) -> Output:
    where = f"table {table.merge.names.table} on connection '{table.connection.name}'"
    columns = tuple(c.name for c in table.merge.columns)
    return Output(query.id, where, columns, tuple(reversed(newest_rows(spark, table, limit))))


def _of_table(
    spark: SparkSession, query: Query, write: QueryWrite, path: str, limit: int
) -> Output:
    columns = tuple(c.name for c in write.columns)
    rows = spark.read.format(write.format).load(path).select(*[f"`{c}`" for c in columns])
    order = write.order_by or tuple(c.name for c in write.columns if c.data_type == "timestamp")
    newest = rows.orderBy(*[F.desc(name) for name in order]).limit(limit).collect()
    total = rows.count()
    return Output(
        query.id,
        f"{write.format} table {write.path} ({total} rows)",
        columns,
        tuple(tuple(row) for row in reversed(newest)),
    )
