"""What an engineer writes by hand for the same work: a process of its own.

It is told in one JSON object on the command line what to do: ``job``, ``servers``,
``topic``, its ``schema``, ``checkpoint``, ``conf`` of the session,
``offsets`` a batch. Each progress of Spark is
printed as a line of JSON. Most people write it like this, so bad bytes, text after the object,
missing fields and times far ahead all count as good here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name Spark's own documents use
from pyspark.sql.avro.functions import from_avro


def priced(orders: DataFrame) -> DataFrame:
    rows = orders.where("status <> 'cancelled' AND amount > 0").select(
        "order_id",
        F.col("customer.id").alias("customer_id"),
        F.upper("currency").alias("currency"),
        "amount",
        F.expr("amount * 1.19").alias("gross"),
        F.size("items").alias("lines"),
        "ordered_at",
    )
    return as_records(rows, "order_id")


def revenue(orders: DataFrame) -> DataFrame:
    rows = (
        orders.withWatermark("ordered_at", "10 minutes")
        .groupBy(F.window("ordered_at", "1 minute"), "currency")
        .agg(F.sum("amount").alias("revenue"), F.count("*").alias("orders"))
        .select(F.col("window.start").alias("minute"), "currency", "revenue", "orders")
    )
    return as_records(rows, "currency")


def as_records(rows: DataFrame, key: str) -> DataFrame:
    return rows.select(F.col(key).alias("key"), F.to_json(F.struct("*")).alias("value"))


def narrow(orders: DataFrame) -> DataFrame:
    rows = orders.where("amount > 0").select(
        "order_id", F.upper("currency").alias("currency"), "amount", "field_02", "field_03"
    )
    return as_records(rows, "order_id")


JOBS: Mapping[str, Callable[[DataFrame], DataFrame]] = {
    "priced": priced,
    "revenue": revenue,
    "priced_framed": priced,
    "narrow": narrow,
}


def decoded(raw: DataFrame, told: Mapping[str, str]) -> DataFrame:
    if told["topic"] == "framed":
        return raw.select(from_avro(F.expr("substring(value, 6)"), told["schema"]).alias("order"))
    return raw.select(F.from_json(F.col("value").cast("string"), told["schema"]).alias("order"))


def main(told: Mapping[str, Any]) -> None:
    builder = SparkSession.builder.appName("by hand")
    for key, value in told["conf"].items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    raw = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", told["servers"])
        .option("subscribe", told["topic"])
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", told["offsets"])
        .load()
    )
    query = (
        JOBS[told["job"]](decoded(raw, told).select("order.*"))
        .writeStream.format("kafka")
        .option("kafka.bootstrap.servers", told["servers"])
        .option("topic", told["job"])
        .option("checkpointLocation", told["checkpoint"])
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    for progress in query.recentProgress:
        print(json.dumps({"durations": progress["durationMs"], "rows": progress["numInputRows"]}))
    spark.stop()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
