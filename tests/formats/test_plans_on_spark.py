"""What Spark makes of the decoding: one parse a record, whatever stands on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from format_sources import column, source
from pyspark.errors import PySparkException

from streamsql.formats import decode, encode

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

KAFKA = (
    "key binary, value binary, topic string, partition int, offset bigint, "
    "timestamp timestamp, timestampType int"
)
START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = source(
    column("order_id", "bigint", not_null=True),
    column("customer", "struct<id:int,name:string>"),
    column("amount", "double"),
    column("currency", "string"),
    column("ordered_at", "timestamp"),
    event_time="ordered_at",
    on_error="drop",
)
NO_DATA_BATCHES = "spark.sql.streaming.noDataMicroBatches.enabled"
MODELS = {
    "filters": "SELECT order_id, customer.name FROM orders "
    "WHERE amount > 1 AND currency <> 'EUR' AND customer.id < 5",
    "window": "SELECT window(ordered_at, '1 minute').start AS minute, currency, "
    "sum(amount) AS revenue FROM orders WHERE amount > 0 "
    "GROUP BY window(ordered_at, '1 minute'), currency",
    "join": "SELECT o.order_id, c.rate * o.amount AS total FROM orders AS o "
    "JOIN VALUES ('EUR', 1.0D), ('USD', 0.9D) AS c (currency, rate) "
    "ON o.currency = c.currency WHERE o.amount > 1 AND o.order_id > 0",
    "one column": "SELECT order_id FROM orders",
}


@pytest.fixture(scope="module")
def raw(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """A stream of two files of records, as Kafka's source would give them."""
    folder = tmp_path_factory.mktemp("orders")
    for first in (0, 600):
        rows = [
            (b"k", record(n), "shop.orders", 0, n, START + timedelta(seconds=n), 0)
            for n in range(first, first + 600)
        ]
        spark.createDataFrame(rows, KAFKA).coalesce(1).write.mode("append").parquet(str(folder))
    return spark.readStream.schema(KAFKA).option("maxFilesPerTrigger", 1).parquet(str(folder))


def record(n: int) -> bytes:
    time = (START + timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%S.000001Z")
    currency = ("EUR", "USD")[n % 2]
    return (
        f'{{"order_id":{n},"customer":{{"id":{n % 7},"name":"n"}},"amount":2.5,'
        f'"currency":"{currency}","ordered_at":"{time}"}}' + (" x" if n % 100 == 99 else "")
    ).encode()


@pytest.mark.parametrize("model", MODELS)
def test_a_record_is_parsed_once(
    spark: SparkSession, raw: DataFrame, tmp_path: Path, model: str
) -> None:
    raw.createOrReplaceTempView("raw_orders")
    good = decode(ORDERS, "raw_orders").good
    marked = f"SELECT * FROM (\n{good}\n) WATERMARK ordered_at DELAY OF INTERVAL 10 SECONDS"
    spark.sql(marked).createOrReplaceTempView("orders")
    # The plan of the last batch is looked at, so let it be one with records.
    spark.conf.set(NO_DATA_BATCHES, "false")
    query = (
        spark.sql(MODELS[model])
        .writeStream.format("memory")
        .queryName("result")
        .option("checkpointLocation", str(tmp_path))
        .trigger(availableNow=True)
        .start()
    )
    assert query.awaitTermination(300)
    spark.conf.unset(NO_DATA_BATCHES)
    physical = query._jsq.explainInternal(False).partition("== Initial Plan ==")[0]
    assert physical.count("from_json(") == 1, physical
    # What looks at bytes, and what looks at fields, is compiled: from_json alone is not.
    compiled = [line for line in physical.splitlines() if "*(" in line]
    assert any("Contains" in line and "split" in line for line in compiled), physical
    assert any("__end__" in line for line in compiled), physical
    counted = spark.sql("SELECT count(*) AS n FROM result").first()
    assert counted is not None
    if model == "window":
        # The second batch gives what the first one's watermark closed: 9 minutes, 2 currencies.
        assert counted.n == 18
    else:
        assert counted.n == expected_rows(model)


def expected_rows(model: str) -> int:
    good = [n for n in range(1200) if n % 100 != 99]
    if model == "filters":
        return sum(n % 2 == 1 and n % 7 < 5 for n in good)
    return sum(n > 0 for n in good) if model == "join" else len(good)


def test_a_bad_record_ends_the_query_when_it_shall(spark: SparkSession) -> None:
    failing = source(column("order_id", "bigint", not_null=True), on_error="fail")
    decoding = decode(failing, "raw_orders")
    assert decoding.bad is None
    rows = [(None, v, "shop.orders", 2, 40 + n, START, 0) for n, v in enumerate(BYTES)]
    spark.createDataFrame(rows[:2], KAFKA).createOrReplaceTempView("raw_orders")
    # Whatever a model filters, a bad record before it counts.
    assert spark.sql(f"SELECT * FROM ({decoding.good}) WHERE order_id = 1").count() == 1
    spark.createDataFrame(rows, KAFKA).createOrReplaceTempView("raw_orders")
    with pytest.raises(PySparkException) as raised:
        spark.sql(f"SELECT * FROM ({decoding.good}) WHERE order_id = 1").collect()
    assert "bad record in shop.orders-2 at offset 42: wrong type: order_id is not bigint" in str(
        raised.value
    )


BYTES = (b'{"order_id":1}', None, b'{"order_id":"one"}')


def test_text_and_raw(spark: SparkSession) -> None:
    values = (b"caf\xc3\xa9", None, b"\xff\xfe", b"", b"{}")
    rows = [(b"%d" % n, v, "t", 0, n, START, 0, None) for n, v in enumerate(values)]
    with_headers = f"{KAFKA}, headers array<struct<key:string,value:binary>>"
    spark.createDataFrame(rows, with_headers).createOrReplaceTempView("raw_lines")
    text = decode(source(format="text"), "raw_lines", hidden=("_offset",))
    assert [tuple(r) for r in spark.sql(text.good).collect()] == [("café", 0), ("", 3), ("{}", 4)]
    (bad,) = spark.sql(text.bad or "").collect()
    assert bytes(bad.value) == b"\xff\xfe"
    assert bytes(bad.headers[0].value) == b"invalid UTF-8"
    failing = decode(source(format="text", on_error="fail"), "raw_lines").good
    with pytest.raises(PySparkException, match="bad record in t-0 at offset 2: invalid UTF-8"):
        spark.sql(f"SELECT * FROM ({failing}) WHERE value = 'x'").collect()
    raw = decode(source(column("body", "binary"), format="raw"), "raw_lines", hidden=("_key",))
    assert raw.bad is None
    bodies = [(bytes(r.body), bytes(r._key)) for r in spark.sql(raw.good).collect()]
    assert bodies == [(v, b"%d" % n) for n, v in enumerate(values) if v is not None]


def test_keys_and_headers(spark: SparkSession) -> None:
    spark.sql(
        "SELECT 'a' AS id, 2 AS n, X'FF' AS b, CAST(NULL AS STRING) AS nothing"
    ).createOrReplaceTempView("made")
    columns = (("id", "string"), ("n", "int"), ("b", "binary"), ("nothing", "string"))
    sql = encode("made", columns, key=("id",), headers=(("n", "n"), ("b", "b"), ("x", "nothing")))
    row = spark.sql(sql).first()
    assert row is not None
    assert row.key == "a"
    assert row.value == '{"id":"a","n":2,"b":"/w==","nothing":null}'
    headers = {h.key: h.value and bytes(h.value) for h in row.headers}
    assert headers == {"n": b"2", "b": b"\xff", "x": None}
    wide = spark.sql(encode("made", columns, key=("n", "ID"))).first()
    assert wide is not None
    assert wide.key == '{"n":2,"id":"a"}'
