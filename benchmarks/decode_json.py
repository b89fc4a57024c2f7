"""How long Kafka to Kafka takes with streamsql's JSON decoding, beside PySpark by hand.

The hand-written job is what most people write: it takes bad bytes, text after the object and
missing fields for good. Ours looks at all of that. Jobs take turns, the first turn does not
count, and the medians of processing time and of the JVM's CPU time are compared::

    python benchmarks/decode_json.py --records 1000000 --rounds 5
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from streamsql.dev.broker import start as start_broker
from streamsql.findings import Location
from streamsql.formats import decode, encode
from streamsql.project.nodes import Column, Source, Watermark
from streamsql.spark import artifacts
from streamsql.spark.java import find_java
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce

HERE = Location("benchmark.yml")
SCHEMA = (
    "order_id bigint, customer struct<id:bigint,name:string,city:string>, "
    "items array<struct<sku:string,quantity:int,price:decimal(10,2)>>, "
    "amount decimal(12,2), currency string, status string, ordered_at timestamp, note string"
)
COLUMNS = {
    "order_id": "bigint",
    "customer": "struct<id:bigint,name:string,city:string>",
    "items": "array<struct<sku:string,quantity:int,price:decimal(10,2)>>",
    "amount": "decimal(12,2)",
    "currency": "string",
    "status": "string",
    "ordered_at": "timestamp",
    "note": "string",
}
ORDERS = Source(
    source_name="shop",
    name="orders",
    connection="kafka",
    topic="orders",
    topic_pattern=None,
    format="json",
    format_options={},
    columns=tuple(
        Column(name, kind, "", HERE, not_null=name == "order_id") for name, kind in COLUMNS.items()
    ),
    watermark=Watermark("ordered_at", "10 minutes", HERE),
    on_error="drop",
    dead_letter=None,
    options={},
    description="",
    tags=(),
    location=HERE,
)
DERIVED = """SELECT order_id, customer.id AS customer_id, upper(currency) AS currency, amount,
  amount * 1.19 AS gross, size(items) AS lines, ordered_at
FROM orders"""
FILTERED = f"{DERIVED}\nWHERE status <> 'cancelled' AND amount > 0"
DERIVED_COLUMNS = (
    ("order_id", "bigint"),
    ("customer_id", "bigint"),
    ("currency", "string"),
    ("amount", "decimal(12,2)"),
    ("gross", "decimal(15,4)"),
    ("lines", "int"),
    ("ordered_at", "timestamp"),
)
REVENUE = """SELECT window(ordered_at, '1 minute').start AS minute, currency,
  sum(amount) AS revenue, count(*) AS orders
FROM orders
GROUP BY window(ordered_at, '1 minute'), currency"""
REVENUE_COLUMNS = (
    ("minute", "timestamp"),
    ("currency", "string"),
    ("revenue", "decimal(22,2)"),
    ("orders", "bigint"),
)


def order(n: int) -> bytes:
    """Return an order as JSON of about 300 bytes."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_767_225_600 + n // 500))
    return (
        f'{{"order_id":{n},"customer":{{"id":{n % 5000},"name":"Customer {n % 5000}",'
        f'"city":"{("Berlin", "Zürich", "Paris", "Oslo")[n % 4]}"}},"items":['
        f'{{"sku":"SKU-{n % 977}","quantity":{n % 5 + 1},"price":{n % 9000 / 100:.2f}}},'
        f'{{"sku":"SKU-{n % 613}","quantity":2,"price":9.95}}],"amount":{n % 100000 / 100:.2f},'
        f'"currency":"{("EUR", "USD", "CHF")[n % 3]}",'
        f'"status":"{("paid", "open", "cancelled", "shipped")[n % 4]}",'
        f'"ordered_at":"{moment}.{n % 1000:03d}000Z","note":"gift wrap, ring twice"}}'
    ).encode()


def by_hand(raw: DataFrame) -> DataFrame:
    return raw.select(F.from_json(F.col("value").cast("string"), SCHEMA).alias("j")).select("j.*")


def hand_derived(raw: DataFrame) -> DataFrame:
    rows = by_hand(raw)
    return _as_records(_derive(rows))


def hand_filtered(raw: DataFrame) -> DataFrame:
    rows = by_hand(raw).where("status <> 'cancelled' AND amount > 0")
    return _as_records(_derive(rows))


def _derive(rows: DataFrame) -> DataFrame:
    return rows.select(
        "order_id",
        F.col("customer.id").alias("customer_id"),
        F.upper("currency").alias("currency"),
        "amount",
        F.expr("amount * 1.19").alias("gross"),
        F.size("items").alias("lines"),
        "ordered_at",
    )


def hand_revenue(raw: DataFrame) -> DataFrame:
    window = F.window("ordered_at", "1 minute")
    revenue = (
        by_hand(raw)
        .withWatermark("ordered_at", "10 minutes")
        .groupBy(window, "currency")
        .agg(F.sum("amount").alias("revenue"), F.count("*").alias("orders"))
        .select(F.col("window.start").alias("minute"), "currency", "revenue", "orders")
    )
    return _as_records(revenue, key="currency")


def _as_records(rows: DataFrame, key: str = "order_id") -> DataFrame:
    value = F.to_json(F.struct(*rows.columns)).alias("value")
    return rows.select(F.col(key).cast("string").alias("key"), value)


def ours(model: str, columns: tuple[tuple[str, str], ...], key: str) -> Callable[..., DataFrame]:
    def job(raw: DataFrame) -> DataFrame:
        spark = raw.sparkSession
        raw.createOrReplaceTempView("kafka__orders")
        good = decode(ORDERS, "kafka__orders").good
        marked = f"SELECT * FROM ({good}) WATERMARK ordered_at DELAY OF INTERVAL 10 MINUTES"
        spark.sql(marked).createOrReplaceTempView("orders")
        spark.sql(model).createOrReplaceTempView("model")
        return spark.sql(encode("model", columns, key=(key,)))

    return job


Jobs = dict[str, tuple[Callable[..., DataFrame], Callable[..., DataFrame]]]
JOBS: Jobs = {
    "stateless, derived": (hand_derived, ours(DERIVED, DERIVED_COLUMNS, "order_id")),
    "stateless, filtered": (hand_filtered, ours(FILTERED, DERIVED_COLUMNS, "order_id")),
    "windowed aggregate": (hand_revenue, ours(REVENUE, REVENUE_COLUMNS, "currency")),
}


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds that a run took: of Spark's triggers, and of the JVM's CPU."""

    processing: float
    cpu: float


def run(job: Callable[..., DataFrame], raw: DataFrame, servers: str, folder: Path) -> Took:
    pid = raw.sparkSession._jvm.java.lang.ProcessHandle.current().pid()  # noqa: SLF001
    before = cpu_seconds(pid)
    query = (
        job(raw)
        .writeStream.format("kafka")
        .option("kafka.bootstrap.servers", servers)
        .option("topic", "out")
        .option("checkpointLocation", str(folder))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    spent = sum(p["durationMs"]["triggerExecution"] for p in query.recentProgress)
    return Took(spent / 1000, cpu_seconds(pid) - before)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(spark: SparkSession, servers: str, jobs: Jobs, rounds: int, folder: Path) -> None:
    raw = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", servers)
        .option("subscribe", "orders")
        .option("startingOffsets", "earliest")
        .load()
    )
    taken: dict[tuple[str, int], list[Took]] = {}
    for turn in range(rounds + 1):
        for name, pair in jobs.items():
            for side, job in enumerate(pair):
                place = folder / f"{turn}-{name}-{side}"
                took = run(job, raw, servers, place)
                if turn:
                    taken.setdefault((name, side), []).append(took)
                print(f"{turn} {name} {('by hand', 'ours')[side]}: {took}", flush=True)
    for name in jobs:
        for what in ("processing", "cpu"):
            hand, mine = (
                statistics.median(getattr(t, what) for t in taken[name, side]) for side in (0, 1)
            )
            print(f"{name}: {what} {hand:.2f} s by hand, {mine:.2f} s ours, {mine / hand:.3f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--cores", type=int, default=2)
    arguments.add_argument("--job", choices=list(JOBS), action="append", help="default: all")
    given = arguments.parse_args()
    java = find_java(os.environ)
    supply = artifacts.supply(os.environ)
    jars = artifacts.fetch_connectors(supply, java=java, on_progress=print)
    broker_jars = artifacts.fetch_broker(supply, java=java, on_progress=print)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_broker(
            Path(folder) / "broker", java=java, jars=broker_jars, env=os.environ
        ) as broker,
    ):
        create_topics(broker.connection, [TopicSpec("orders", 2), TopicSpec("out", 2)])
        for first in range(0, given.records, 50_000):
            last = min(first + 50_000, given.records)
            records = [Record(order(n), key=str(n).encode()) for n in range(first, last)]
            produce(broker.connection, "orders", records)
        spark = (
            SparkSession.builder.master(f"local[{given.cores}]")
            .config("spark.jars", ",".join(map(str, jars)))
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
        spark.sparkContext.setLogLevel("ERROR")
        jobs = {name: JOBS[name] for name in given.job or JOBS}
        measure(spark, broker.bootstrap_servers, jobs, given.rounds, Path(folder) / "checkpoints")
        spark.stop()


if __name__ == "__main__":
    main()
