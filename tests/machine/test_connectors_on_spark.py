"""The fetched jars in a real Spark session: Kafka, Delta and Avro, written and read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce, read_last

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka]


def test_a_stream_runs_from_kafka_to_kafka_and_delta(
    spark: SparkSession, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    create_topics(broker.connection, [TopicSpec("jars.in", 2), TopicSpec("jars.out", 1)])
    produce(broker.connection, "jars.in", [Record(b"%d" % n, key=b"k") for n in range(50)])
    events = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", broker.bootstrap_servers)
        .option("subscribe", "jars.in")
        .option("startingOffsets", "earliest")
        .load()
    )
    to_kafka = (
        events.selectExpr("key", "concat(CAST(value AS STRING), '!') AS value")
        .writeStream.format("kafka")
        .option("kafka.bootstrap.servers", broker.bootstrap_servers)
        .option("topic", "jars.out")
        .option("checkpointLocation", str(tmp_path / "checkpoint-kafka"))
        .trigger(availableNow=True)
        .start()
    )
    to_delta = (
        events.selectExpr("CAST(CAST(value AS STRING) AS INT) AS n")
        .writeStream.format("delta")
        .option("checkpointLocation", str(tmp_path / "checkpoint-delta"))
        .trigger(availableNow=True)
        .start(str(tmp_path / "table"))
    )
    assert to_kafka.awaitTermination(300)
    assert to_delta.awaitTermination(300)

    written = {r.value for r in read_last(broker.connection, "jars.out", 100)}
    assert written == {b"%d!" % n for n in range(50)}
    table = spark.read.format("delta").load(str(tmp_path / "table"))
    assert sorted(row.n for row in table.collect()) == list(range(50))


def test_avro_functions_are_there(spark: SparkSession) -> None:
    schema = '{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}'
    row = spark.sql(
        f"SELECT from_avro(to_avro(named_struct('a', 7), '{schema}'), '{schema}', map()).a AS a"
    ).first()
    assert row is not None
    assert row.a == 7


def test_spark_has_one_copy_of_each_module(spark: SparkSession, jars: tuple[Path, ...]) -> None:
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    loaded = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    binding = "org/apache/logging/slf4j/Log4jLoggerFactory.class"
    assert len(list(loaded.getResources(binding).asIterator())) == 1
