"""Which records are good, asked of Spark: ten thousand of them, and each kind by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from format_sources import column, source

from streamsql.formats import Decoding, decode

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

KAFKA = (
    "key binary, value binary, topic string, partition int, offset bigint, "
    "timestamp timestamp, timestampType int, "
    "headers array<struct<key:string,value:binary>>"
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = source(
    column("order_id", "bigint", not_null=True),
    column("customer", "struct<id:int,name:string>"),
    column("items", "array<struct<sku:string,price:decimal(10,2)>>"),
    column("amount", "decimal(10,2)"),
    column("quantity", "int"),
    column("ordered_at", "timestamp"),
    event_time="ordered_at",
)
ERRORS = "filter(headers, h -> h.key = 'streamsql.error')"

# Each kind of bad record, and how the reason begins.
BAD: dict[str, tuple[bytes, str]] = {
    "broken JSON": (b'{"order_id":%d,"ordered_at":"2026-01-01T00:00:00Z"', "not valid JSON"),
    "garbage": (b'{"order_id":%d,"ordered_at":"2026-01-01T00:00:00Z"} x', "not one JSON object"),
    "wrong type": (
        b'{"order_id":%d,"ordered_at":"2026-01-01T00:00:00Z","quantity":"two"}',
        "wrong type: quantity is not int",
    ),
    "missing": (
        b'{"id":%d,"ordered_at":"2026-01-01T00:00:00Z"}',
        "required column order_id is missing",
    ),
    "JSON null": (b"null", "JSON null"),
    "array": (b'[{"order_id":%d,"ordered_at":"2026-01-01T00:00:00Z"}]', "a JSON array"),
    "empty": (b"", "empty value"),
    "invalid UTF-8": (
        b'{"order_id":%d,"ordered_at":"2026-01-01T00:00:00Z","note":"\xff"}',
        "invalid UTF-8",
    ),
    "too big": (
        b'{"order_id":%d99999999999999999999,"ordered_at":"2026-01-01T00:00:00Z"}',
        "wrong type: order_id is not bigint",
    ),
    "year 9999": (
        b'{"order_id":%d,"ordered_at":"9999-01-01T00:00:00Z"}',
        "event time too far ahead: ordered_at is 9999-01-01",
    ),
}


def records(count: int) -> Iterator[tuple[str, bytes | None]]:
    """Yield records of which 5 % are bad, in ten kinds, and some are tombstones."""
    rng = random.Random(7)
    kinds = list(BAD)
    for n in range(count):
        if n % 20 == 0:
            kind = kinds[n // 20 % len(kinds)]
            text = BAD[kind][0]
            yield kind, text % n if b"%d" in text else text
        elif n % 97 == 0:
            yield "tombstone", None
        else:
            extra = b',"unknown":{"a":[1,"x"]}' if rng.random() < 0.3 else b""
            yield (
                "good",
                b'{"order_id":%d,"customer":{"id":%d,"name":"Zo\xc3\xab"},"amount":%d.25,'
                b'"ordered_at":"2026-01-01T00:00:00Z"%b}' % (n, n % 9, n, extra),
            )


def run(
    spark: SparkSession, values: Sequence[bytes | None], decoding: Decoding
) -> tuple[list[Any], list[Any]]:
    """Return the good and the bad rows of the records."""
    rows = [
        (b"key %d" % n, value, "shop.orders", n % 3, n, NOW, 0, [("trace", b"t")])
        for n, value in enumerate(values)
    ]
    spark.createDataFrame(rows, KAFKA).createOrReplaceTempView("raw_orders")
    assert decoding.bad is not None
    good = spark.sql(decoding.good).collect()
    bad = spark.sql(
        f"SELECT *, CAST({ERRORS}[0].value AS STRING) AS error FROM ({decoding.bad})"
    ).collect()
    return good, bad


def test_every_record_is_good_bad_or_a_tombstone(spark: SparkSession) -> None:
    made = list(records(10_000))
    decoding = decode(ORDERS, "raw_orders", hidden=("_offset", "_key"))
    good, bad = run(spark, [value for _, value in made], decoding)
    kinds = {kind: {n for n, (k, _) in enumerate(made) if k == kind} for kind, _ in made}
    assert len(kinds) == 12

    assert sorted(row._offset for row in good) == sorted(kinds["good"])
    assert sorted(row.order_id for row in good) == sorted(kinds["good"])
    told = {int(header(row, "streamsql.offset")): row for row in bad}
    assert len(told) == len(bad)
    assert set(told) == set(range(10_000)) - kinds["good"] - kinds["tombstone"]
    for kind, (_, reason) in BAD.items():
        for n in kinds[kind]:
            assert bytes(told[n].key) == b"key %d" % n
            assert bytes(told[n].value) == made[n][1]
            assert told[n].headers[0].key == "trace"
            assert header(told[n], "streamsql.topic") == "shop.orders"
            assert header(told[n], "streamsql.partition") == str(n % 3)
            assert header(told[n], "streamsql.timestamp") == "2026-01-01T00:00:00.000Z"
            assert told[n].error.startswith(reason), (kind, told[n].error)


def header(row: Any, name: str) -> str:
    return next(bytes(h.value).decode() for h in row.headers if h.key == name)


WIDE = source(
    column("id", "bigint"),
    column("n", "int"),
    column("d", "decimal(5,2)"),
    column("x", "double"),
    column("s", "string"),
    column("ts", "timestamp"),
    column("st", "struct<a:int,b:string>"),
    column("ar", "array<int>"),
    column("prices", "array<decimal(10,2)>"),
    column("named", "map<string,decimal(10,2)>"),
    column("m", "map<int,int>"),
    column("bi", "binary"),
    column("bo", "boolean"),
    column("dt", "date"),
    column("nothing", "void"),
    options={"guardDecimals": "true"},
)

GOOD_VALUES = [
    b"{}",
    b" { } ",
    b'\t{"id":1}\r\n',
    b'{"id":null}',
    b'{"id":1,"id":2}',
    b'{"ID":1}',
    b'{"unknown":"\\ud83d\\ude00 }],[{"}',
    b'{"__end__":5,"_corrupt_record":"x","v":[1]}',
    b'{"d":1.239}',
    b'{"d":"1.5"}',
    b'{"d":1e2}',
    b'{"x":"NaN"}',
    b'{"x":5}',
    b'{"x":1e99999}',
    b'{"s":5}',
    b'{"s":{"q":1}}',
    b'{"s":"4e1234567"}',
    b'{"d":1.5,"s":"4e1234567 \\"1e999999999"}',
    b'{"d":1.5,"other":"1e999999999"}',
    b'{"s":"\xef\xbf\xbd"}',
    b'{"s":"\\u0000"}',
    b'{"s":"\xe2\x82\xac"}',
    b'{"ts":"2026-01-01T00:00:00.123456+01:00"}',
    b'{"ts":1700000000}',
    b'{"st":{"a":1,"zz":[1,{"a":2}]}}',
    b'{"m":{"1":2,"3":null}}',
    b'{"m":{}}',
    b'{"bi":"AQI="}',
    b'{"dt":"2026-01-01"}',
    b'{"nothing":null}',
]

BAD_VALUES = {
    b"nul": "not valid JSON",
    b"true": "a JSON value",
    b'"text"': "a JSON value",
    b"5": "a JSON value",
    b"  \n": "empty value",
    b"[]": "a JSON array",
    b'{"id":1}{"id":2}': "not one JSON object",
    b'{"id":1},{"id":2}': "not one JSON object",
    b'{"id":1}]}': "not one JSON object",
    b'{"id":1}],"x":[{}': "not one JSON object",
    b'{"id":1},{"_end":1}],"x":[{}': "not one JSON object",
    b'{"id":1,"__end__":-7190846325019273644} x': "holds the reserved number",
    b'{"id":1,"__end__":1} x}': "not one JSON object",
    b'{"id":1}}': "not one JSON object",
    b'{"s":"}': "not valid JSON",
    b'{"st":{"a":1}': "not valid JSON",
    b'{"id":1': "not valid JSON",
    b'{"id":1}],"v":[{}': "not one JSON object",
    b"\xef\xbb\xbf{}": "not valid JSON",
    b"{'id':1}": "not valid JSON",
    b"{id:1}": "not valid JSON",
    b'{"id":01}': "not valid JSON",
    b'{"id":1,}': "not valid JSON",
    b'{"id":1,"u":tru}': "not valid JSON",
    b'/*c*/{"id":1}': "not valid JSON",
    b'{"s":"a\tb"}': "not valid JSON",
    b'{"s":"\xed\xa0\x80"}': "invalid UTF-8",
    b'{"s":"\xc0\x80"}': "invalid UTF-8",
    b'{"id":"1"}': "wrong type: id is not bigint",
    b'{"id":1.0}': "wrong type: id is not bigint",
    b'{"id":"x","id":2}': "wrong type",
    b'{"n":3000000000}': "wrong type: n is not int",
    b'{"d":123456}': "wrong type: d is not decimal(5,2)",
    b'{"d":999.995}': "wrong type: d is not decimal(5,2)",
    b'{"d":1e4000}': "wrong type: d is not decimal(5,2)",
    b'{"d":1e400000000}': "wrong type: a number with a huge exponent",
    b'{"d":1E-400000000}': "wrong type: a number with a huge exponent",
    b'{"d":"1e400000000"}': "wrong type: a number with a huge exponent",
    b'{"prices":[1,1e+400000000]}': "wrong type: a number with a huge exponent",
    b'{"named":{"a":"-1e400000000"}}': "wrong type: a number with a huge exponent",
    b'{"x":1e400000000}': "wrong type: a number with a huge exponent",
    b'{"x":"abc"}': "wrong type: x is not double",
    b'{"n":"x","ts":"soon"}': "wrong type: n is not int, ts is not timestamp",
    b'{"st":{"a":"x"}}': "wrong type: st is not struct<a:int,b:string>",
    b'{"st":[1]}': "wrong type: st",
    b'{"ar":[1,"x"]}': "wrong type: ar is not array<int>",
    b'{"ar":{"a":1}}': "wrong type: ar",
    b'{"m":{"a":1}}': "wrong type: m is not map<int,int>",
    b'{"m":{"1":1,"01":2}}': "wrong type: m is not map<int,int>",
    b'{"bi":"*"}': "wrong type: bi is not binary",
    b'{"bo":"true"}': "wrong type: bo is not boolean",
    b'{"dt":"2026-13-01"}': "wrong type: dt is not date",
    b'{"nothing":1}': "wrong type: nothing is not void",
}


def test_each_kind_of_value(spark: SparkSession) -> None:
    values = [*GOOD_VALUES, *BAD_VALUES]
    decoding = decode(WIDE, "raw_orders", hidden=("_offset",))
    good, bad = run(spark, values, decoding)
    good_offsets = {row._offset for row in good}
    taken = [values[n] for n in sorted(good_offsets)]
    assert taken == GOOD_VALUES
    reasons = {bytes(row.value): row.error for row in bad}
    assert set(reasons) == set(BAD_VALUES)
    wrong = {v: reasons[v] for v, r in BAD_VALUES.items() if not reasons[v].startswith(r)}
    assert wrong == {}
