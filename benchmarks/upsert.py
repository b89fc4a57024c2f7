"""Batches into PostgreSQL, beside Spark's own JDBC writer, which appends them bare.

One Spark session, rows that are computed and cached, and a server of its own on loopback. The
bare writer keeps no key, and writes a batch twice if it is run again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name Spark's own documents use

from benchmarks.figures import keep, middle, table, told
from streamsql.connectors.postgres import (
    Merge,
    TableNames,
    create_books,
    create_staging,
    create_table,
    table_columns,
)
from streamsql.spark import artifacts
from streamsql.spark.databases import Batch, DatabaseTable
from streamsql.spark.java import find_java
from streamsql.spark.jdbc import JdbcConnection, transaction
from tests.postgres import PASSWORD, USER, Postgres, running

DATABASE = "bench"
BARE = "by Spark's writer, appended"
COLUMNS = table_columns(
    (
        ("order_id", "bigint"),
        ("customer_id", "bigint"),
        ("ordered_at", "timestamp"),
        ("currency", "string"),
        ("amount", "decimal(12,2)"),
        ("note", "string"),
    )
)


def measure(records: int, rounds: int) -> None:
    """Write the same numbers of rows in every way, in turns, and keep the ratios."""
    seconds: dict[str, list[float]] = {}
    spark = _session()
    with running() as server:
        server.create_database(DATABASE)
        reached = JdbcConnection("bench", server.url(DATABASE), USER, PASSWORD)
        for turn in range(rounds + 1):
            for way, took in _round(spark, server, reached, records):
                print(f"round {turn}: {way}: {took:.2f} s", flush=True)
                if turn:  # the first one warms up
                    seconds.setdefault(way, []).append(took)
    spark.stop()
    _keep(seconds, records)


def _keep(seconds: dict[str, list[float]], records: int) -> None:
    ratios = {
        way: middle([mine / bare for mine, bare in zip(took, seconds[BARE], strict=True)])
        for way, took in seconds.items()
    }
    rows = [(way, told(ratios[way]), told(middle(took))) for way, took in seconds.items()]
    text = f"{records:,} rows a batch, medians (least to greatest).\n\n"
    text += table(("how", "ratio", "s"), rows)
    keep("upsert", text, {"records": records, "seconds": seconds, "ratios": ratios})


def _session() -> SparkSession:
    java = find_java(os.environ)
    supply = artifacts.supply(os.environ)
    jars = artifacts.fetch_database_driver(supply, java=java, on_progress=print)
    conf = {
        "spark.jars": ",".join(map(str, jars)),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in conf.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _round(
    spark: SparkSession, server: Postgres, reached: JdbcConnection, records: int
) -> Iterator[tuple[str, float]]:
    first, later = (_orders(spark, records, number) for number in range(2))
    yield BARE, _bare(first, server, reached)
    added = _table(spark, reached, "added", ())
    yield "by streamsql, appended", _written(added, first, 0)
    merged = _table(spark, reached, "merged", ("order_id",))
    yield "by streamsql, upserted, keys all new", _written(merged, first, 0)
    yield "by streamsql, upserted, keys all known", _written(merged, later, 1)
    first.unpersist()
    later.unpersist()


def _orders(spark: SparkSession, records: int, number: int) -> DataFrame:
    """Every order once, in no order; each number a second later."""
    made = spark.range(0, records, numPartitions=2).select(
        (F.col("id") * 7919 % records).alias("order_id"),
        (F.col("id") % 5000).alias("customer_id"),
        F.timestamp_seconds(1_767_225_600 + number + F.col("id")).alias("ordered_at"),
        F.lit("EUR").alias("currency"),
        (F.col("id") % 100_000 / 100).cast("decimal(12,2)").alias("amount"),
        F.concat(F.lit("a note of order "), F.col("id")).alias("note"),
    )
    cached = made.persist()
    cached.count()
    return cached


def _bare(rows: DataFrame, server: Postgres, reached: JdbcConnection) -> float:
    columns = ", ".join(f"{c.name} {c.sql_type}" for c in COLUMNS)
    server.execute(DATABASE, "DROP TABLE IF EXISTS bare")
    server.execute(DATABASE, f"CREATE TABLE bare ({columns})")
    options = {"batchsize": "10000", "reWriteBatchedInserts": "true", "dbtable": "bare"}
    began = time.monotonic()
    rows.write.format("jdbc").mode("append").options(**options, **reached.spark_options).save()
    return time.monotonic() - began


def _table(
    spark: SparkSession, reached: JdbcConnection, name: str, key: tuple[str, ...]
) -> DatabaseTable:
    names = TableNames.of(name, f"bench/{name}")
    with transaction(spark, reached) as database:
        database.execute(f"DROP TABLE IF EXISTS {names.table}, {names.books}")
        database.execute(create_books(names))
        database.execute(create_table(names, COLUMNS, key))
        for statement in create_staging(names, COLUMNS, None):
            database.execute(statement)
    types = {c.name: c.sql_type for c in COLUMNS}
    order_by = ("ordered_at",) if key else ()
    return DatabaseTable(reached, Merge(names, COLUMNS, types, key, order_by), {})


def _written(into: DatabaseTable, rows: DataFrame, number: int) -> float:
    began = time.monotonic()
    into.write(rows, Batch("bench", "checkpoint", number))
    return time.monotonic() - began
