"""Records through a real broker: decoded, encoded, and the bad ones kept as dead letters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from format_sources import column, source

from streamsql.connectors import kafka
from streamsql.dev.broker import EmbeddedBroker
from streamsql.formats import decode, encode
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce, read_last

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

IN, OUT, BAD = "formats.in", "formats.out", "formats.in.dead_letter"


def test_records_reach_their_topics(
    spark: SparkSession, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    create_topics(broker.connection, [TopicSpec(name, 1) for name in (IN, OUT, BAD)])
    broken = Record(b'{"id":"x"}', key=b"\xff", headers=(("trace", b"t1"), ("none", None)))
    sent = [Record(b'{"id":1,"amount":2.5}', key=b"1"), broken, Record(None, key=b"1")]
    produce(broker.connection, IN, sent)
    servers = broker.bootstrap_servers
    read = kafka.read_options(
        topic=None,
        topic_pattern=kafka.guarded_pattern(r"formats\.in.*"),
        options={"maxOffsetsPerTrigger": "100"},
        headers=True,
    )
    connection = kafka.client_options(servers, {})
    raw = spark.readStream.format("kafka").options(**connection, **read).load()
    raw.createOrReplaceTempView("kafka__in")
    orders = source(column("id", "bigint", not_null=True), column("amount", "decimal(10,2)"))
    decoding = decode(orders, "kafka__in")
    spark.sql(decoding.good).createOrReplaceTempView("orders")
    columns = (("id", "bigint"), ("amount", "decimal(10,2)"))
    drain(
        spark.sql(encode("orders", columns, key=("id",), headers=(("n", "id"),))),
        servers,
        OUT,
        tmp_path / "out",
    )
    drain(spark.sql(decoding.bad or ""), servers, BAD, tmp_path / "bad")
    # Once more: what is a dead letter now is no input, although the pattern would match it.
    drain(spark.sql(decoding.bad or ""), servers, BAD, tmp_path / "bad")

    (good,) = read_last(broker.connection, OUT, 10)
    assert (good.key, good.value) == (b'{"id":1}', b'{"id":1,"amount":2.50}')
    assert list(good.headers) == [("n", b"1")]
    (bad,) = read_last(broker.connection, BAD, 10)
    assert (bad.key, bad.value) == (b"\xff", b'{"id":"x"}')
    assert list(bad.headers)[:2] == [("trace", b"t1"), ("none", None)]
    told = dict(bad.headers)
    assert told["streamsql.error"] == b"wrong type: id is not bigint"
    assert told["streamsql.topic"] == IN.encode()
    assert (told["streamsql.partition"], told["streamsql.offset"]) == (b"0", b"1")


def drain(rows: DataFrame, servers: str, topic: str, checkpoint: Path) -> None:
    write = kafka.write_options(topic=topic, options={}, headers=True)
    query = (
        rows.writeStream.format("kafka")
        .options(**kafka.client_options(servers, {}), **write)
        .option("checkpointLocation", str(checkpoint))
        .trigger(availableNow=True)
        .start()
    )
    assert query.awaitTermination(300)
