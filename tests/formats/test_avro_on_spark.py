"""Avro asked of Spark: ten thousand records of every kind, types, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from avro_bytes import datum, sized, whole
from avro_types import REFUSED, TYPES
from format_sources import column, source
from pyspark.errors import PySparkException

from streamsql.datatypes import ddl
from streamsql.formats import Decoding, RecordSchema, decode, encode, load_schema
from streamsql.formats.avro import END
from streamsql.formats.avro_schema import schema_fields

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

KAFKA = (
    "key binary, value binary, topic string, partition int, offset bigint, "
    "timestamp timestamp, timestampType int, "
    "headers array<struct<key:string,value:binary>>"
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MILLIS = int(NOW.timestamp() * 1000)
STATE = {"type": "enum", "name": "State", "symbols": ["new", "paid"]}
TIME = {"type": "long", "logicalType": "timestamp-millis"}
AMOUNT = {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}
FIRST: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "order_id", "type": "int"},
        {"name": "dropped", "type": "string"},
        {"name": "state", "type": STATE},
        {"name": "ordered_at", "type": TIME},
    ],
}
NEWEST: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "order_id", "type": "long"},
        {"name": "customer", "type": ["null", "string"], "default": None},
        {"name": "state", "type": STATE},
        {"name": "amount", "type": ["null", AMOUNT], "default": None},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
        {"name": "ordered_at", "type": TIME},
    ],
}
SUBJECT = {
    "subject": "orders-value",
    "type": "AVRO",
    "versions": [
        {"version": 1, "id": 7, "schema": FIRST},
        {"version": 2, "id": 70_000, "schema": NEWEST},
    ],
}


def loaded(file: Any, **options: str) -> RecordSchema:
    given = {"schema": "s.json", **options}
    return load_schema(given, {"s.json": json.dumps(file)}, ["schemas"])


def orders(schema: RecordSchema, on_error: str = "dead_letter") -> Any:
    columns = [
        column(f.name, ddl(f.type), not_null=f.name == "customer" and schema.framed)
        for f in schema.fields
    ]
    return source(
        *columns, format="avro", on_error=on_error, event_time="ordered_at", schema=schema
    )


def order(n: int, **other: Any) -> dict[str, Any]:
    return {
        "order_id": n,
        "customer": f"Zoë {n}",
        "state": "paid",
        "amount": (n + 25).to_bytes(4, "big"),
        "tags": ["a", "b"],
        "ordered_at": MILLIS,
        **other,
    }


def framed(id_: int, data: bytes) -> bytes:
    return b"\x00" + id_.to_bytes(4, "big") + data


def new(n: int, **other: Any) -> bytes:
    return framed(70_000, datum(NEWEST, order(n, **other)))


def raw_fields(state: int = 1, branch: int = 1, tags: bytes = whole(0)) -> bytes:
    """Encode an order whose parts may be out of range."""
    customer = whole(1) + sized(b"Zo")
    amount = whole(branch) + sized(b"\x01")
    return framed(70_000, whole(5) + customer + whole(state) + amount + tags + whole(MILLIS))


BROKEN = "not readable with schema id 70000"
# Each kind of bad record, and how the reason begins.
BAD: dict[str, tuple[Any, str]] = {
    "empty": (lambda n: b"", "empty value"),
    "magic byte": (lambda n: b"\x01" + new(n)[1:], "unknown magic byte: 0x01"),
    "JSON": (lambda n: b'{"order_id":%d}' % n, "unknown magic byte: 0x7B"),
    "frame cut": (lambda n: new(n)[:3], "truncated: no whole schema id"),
    "frame alone": (lambda n: new(n)[:5], BROKEN),
    "unknown id": (lambda n: framed(8, new(n)[5:]), "unknown schema id: 8"),
    "huge id": (lambda n: framed(2**32 - 2, new(n)[5:]), "unknown schema id: 4294967294"),
    "other schema": (lambda n: framed(7, new(n)[5:]), ""),
    "one byte short": (lambda n: new(n)[:-1], BROKEN),
    "half": (lambda n: new(n)[: 5 + len(new(n)) // 3], BROKEN),
    "one byte more": (lambda n: new(n) + b"\x00", "not one record: bytes follow it"),
    "twice": (lambda n: new(n) + new(n), "not one record: bytes follow it"),
    "end hidden": (lambda n: new(n) + bytes.fromhex(END) + b"x", "holds the reserved bytes"),
    "garbage": (lambda n: framed(70_000, b"\xff" * 20), BROKEN),
    "enum": (lambda n: raw_fields(state=9), BROKEN),
    "union": (lambda n: raw_fields(branch=6), BROKEN),
    "a thousand million items": (lambda n: raw_fields(tags=whole(10**9)), BROKEN),
    "a string of gigabytes": (
        lambda n: framed(70_000, whole(5) + whole(1) + whole(2**31 - 20)),
        BROKEN,
    ),
    "oversize number": (lambda n: new(n, amount=b"\x7f" * 8), BROKEN),
    "null": (lambda n: new(n, customer=None), "required column customer is missing"),
    "UTF-8": (lambda n: new(n, customer=b"\xff\xfe"), "invalid UTF-8: customer"),
    "UTF-8 inside": (lambda n: new(n, tags=["a", b"\xed\xa0\x80"]), "invalid UTF-8: tags"),
    "UTF-8 of two": (
        lambda n: new(n, customer=b"Zo\xc3", tags=[b"\xab"]),
        "invalid UTF-8: customer",
    ),
    "UTF-8 of two items": (lambda n: new(n, tags=[b"Zo\xc3", b"\xab"]), "invalid UTF-8: tags"),
    "year 9999": (
        lambda n: new(n, ordered_at=253_370_764_800_000),
        "event time too far ahead: ordered_at is 9999-01-01",
    ),
    "time out of range": (lambda n: new(n, ordered_at=2**63 - 1), BROKEN),
}


def records(count: int) -> Iterator[tuple[str, bytes | None]]:
    """Yield records of which 5 % are bad, in all kinds, and some are tombstones."""
    kinds = list(BAD)
    for n in range(count):
        if n % 20 == 0:
            kind = kinds[n // 20 % len(kinds)]
            yield kind, BAD[kind][0](n)
        elif n % 97 == 0:
            yield "tombstone", None
        else:
            yield "good", new(n)


def show(spark: SparkSession, values: list[bytes | None]) -> None:
    rows = [
        (b"key %d" % n, value, "shop.orders", n % 3, n, NOW, 0, [("trace", b"t")])
        for n, value in enumerate(values)
    ]
    spark.createDataFrame(rows, KAFKA).createOrReplaceTempView("raw_orders")


def run(spark: SparkSession, values: list[bytes | None], decoding: Decoding) -> tuple[Any, Any]:
    """Return the good and the bad rows of the records, these with header and error."""
    show(spark, values)
    return spark.sql(decoding.good).collect(), spark.sql(decoding.bad or "").collect()


def header(row: Any, name: str) -> str:
    return next(bytes(h.value).decode() for h in row.headers if h.key == name)


def test_every_record_is_good_bad_or_a_tombstone(spark: SparkSession) -> None:
    made = list(records(10_000))
    decoding = decode(orders(loaded(SUBJECT)), "raw_orders", hidden=("_offset",))
    good, bad = run(spark, [value for _, value in made], decoding)
    offsets: dict[str, set[int]] = {}
    for n, (kind, _) in enumerate(made):
        offsets.setdefault(kind, set()).add(n)
    assert set(offsets) == {*BAD, "good", "tombstone"}

    assert sorted(row._offset for row in good) == sorted(offsets["good"])
    assert all(row.order_id == row._offset and row.customer == f"Zoë {row._offset}" for row in good)
    told = {int(header(row, "streamsql.offset")): row for row in bad}
    assert len(told) == len(bad) == 500
    assert set(told) == set(range(10_000)) - offsets["good"] - offsets["tombstone"]
    assert len(good) + len(bad) + len(offsets["tombstone"]) == 10_000
    for n, row in told.items():
        kind = made[n][0]
        assert bytes(row.key) == b"key %d" % n
        assert bytes(row.value) == made[n][1]
        assert row.headers[0].key == "trace"
        error = header(row, "streamsql.error")
        assert error.startswith(BAD[kind][1]), (kind, error)


def note(name: str) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": "text", "type": MAYBE}]}


MAYBE = ["null", "string"]
NESTED: dict[str, Any] = {
    "type": "record",
    "name": "Nested",
    "fields": [
        {"name": "note", "type": note("A")},
        {"name": "notes", "type": {"type": "array", "items": ["null", note("B")]}},
        {"name": "by_name", "type": {"type": "map", "values": note("C")}},
        {"name": "lists", "type": {"type": "array", "items": {"type": "array", "items": "string"}}},
        {"name": "none", "type": ["null", {"type": "array", "items": "string"}]},
    ],
}
SOUND: dict[str, Any] = {
    "note": {"text": "é"},
    "notes": [None, {"text": None}, {"text": "ö"}],
    "by_name": {"é": {"text": "ü"}},
    "lists": [["a"], [], ["ß", "b"]],
    "none": None,
}
BROKEN_OFF = b"a\xc3"
UNSOUND: dict[str, Any] = {
    "note": {"text": BROKEN_OFF},
    "notes": [{"text": BROKEN_OFF}, None],
    "by_name": {"x": {"text": BROKEN_OFF}},
    "lists": [["a"], ["b", BROKEN_OFF]],
    "none": [BROKEN_OFF, b"\x9f"],
}


def test_strings_are_looked_at_wherever_they_are(spark: SparkSession) -> None:
    schema = loaded(NESTED)
    of = source(*(column(f.name, ddl(f.type)) for f in schema.fields), format="avro", schema=schema)
    broken_key = datum(NESTED, SOUND).replace("é".encode() + whole(1), b"\xc3a" + whole(1))
    values = [datum(NESTED, SOUND | {name: part}) for name, part in UNSOUND.items()]
    decoding = decode(of, "raw_orders", hidden=("_offset",))
    good, bad = run(spark, [datum(NESTED, SOUND), broken_key, *values], decoding)
    assert [row._offset for row in good] == [0]
    assert [header(row, "streamsql.error") for row in bad] == [
        f"invalid UTF-8: {name}" for name in ("by_name", *UNSOUND)
    ]


def test_a_filter_over_strings_is_compiled(spark: SparkSession) -> None:
    fields = [f for f in NESTED["fields"] if f["name"] != "lists"]
    schema = loaded(NESTED | {"fields": fields})
    of = source(*(column(f.name, ddl(f.type)) for f in schema.fields), format="avro", schema=schema)
    show(spark, [])
    told = spark.sql(f"EXPLAIN CODEGEN {decode(of, 'raw_orders').good}").first()
    assert told is not None
    assert "Found 1 WholeStageCodegen subtrees." in told[0]


def test_old_and_new_writers_in_one_topic(spark: SparkSession) -> None:
    old = {"order_id": 1, "dropped": "x", "state": "new", "ordered_at": MILLIS}
    values = [framed(7, datum(FIRST, old)), new(2)]
    schema = loaded(SUBJECT)
    read = source(
        *(column(f.name, ddl(f.type)) for f in schema.fields), format="avro", schema=schema
    )
    good, bad = run(spark, [*values], decode(read, "raw_orders"))
    assert bad == []
    assert [(r.order_id, r.customer, r.state, r.tags) for r in good] == [
        (1, None, "new", []),
        (2, "Zoë 2", "paid", ["a", "b"]),
    ]
    # The first version as the reader's: what the newest has more is passed over.
    first = loaded(SUBJECT, version="1")
    read = source(*(column(f.name, ddl(f.type)) for f in first.fields), format="avro", schema=first)
    good, bad = run(spark, [*values], decode(read, "raw_orders"))
    assert len(bad) == 1, "a long is no int, and 'dropped' has no default"
    assert [(r.order_id, r.dropped) for r in good] == [(1, "x")]


def test_plain_records_and_the_end_of_a_query(spark: SparkSession) -> None:
    plain = loaded(NEWEST)
    values = [datum(NEWEST, order(1)), None, datum(NEWEST, order(2))[:-2]]
    good, bad = run(spark, values, decode(orders(plain), "raw_orders", hidden=("_offset",)))
    assert [(r.order_id, str(r.amount), r._offset) for r in good] == [(1, "0.26", 0)]
    assert [bytes(r.value) for r in bad] == [values[2]]
    failing = decode(orders(plain, "fail"), "raw_orders")
    with pytest.raises(
        PySparkException, match=r"bad record in shop\.orders-2 at offset 2: not read"
    ):
        spark.sql(f"SELECT * FROM ({failing.good}) WHERE order_id = 1").collect()
    dropping = decode(orders(plain, "drop"), "raw_orders")
    assert dropping.bad is None
    assert spark.sql(dropping.good).count() == 1


@pytest.mark.parametrize("file", [SUBJECT, NEWEST], ids=["framed", "plain"])
def test_what_is_written_is_read_back(spark: SparkSession, file: Any) -> None:
    schema = loaded(file)
    columns = (
        ("order_id", "int"),
        ("state", "string"),
        ("amount", "decimal(8,1)"),
        ("tags", "array<string>"),
        ("ordered_at", "timestamp"),
    )
    spark.sql(
        "SELECT 5 AS order_id, 'new' AS state, 7.5BD AS amount, array('x') AS tags, "
        "timestamp'2026-01-01 00:00:00.123' AS ordered_at"
    ).createOrReplaceTempView("made")
    row = spark.sql(encode("made", columns, key=("state",), format="avro", schema=schema)).first()
    assert row is not None
    assert row.key == "new"
    assert bytes(row.value)[:5] == (
        b"\x00\x00\x01\x11\x70"
        if schema.framed
        else whole(5) + whole(0) + whole(0) + whole(1) + whole(2)
    )
    read = source(*(column(n, t) for n, t in columns), format="avro", schema=schema)
    good, bad = run(spark, [bytes(row.value)], decode(read, "raw_orders"))
    assert bad == []
    assert [(r.order_id, r.state, str(r.amount), r.tags) for r in good] == [
        (5, "new", "7.5", ["x"])
    ]
    assert spark.sql(decode(read, "raw_orders").good).dtypes == [*columns]


def test_types_are_those_of_spark(spark: SparkSession) -> None:
    wrong = {}
    for text in TYPES:
        whole_schema = json.dumps(_record(json.loads(text)))
        ours = ddl(schema_fields(json.loads(whole_schema))[0].type)
        escaped = whole_schema.replace("'", "\\'")
        theirs = spark.sql(f"SELECT from_avro(X'00', '{escaped}') AS r").schema["r"].dataType
        theirs = theirs["c"].dataType.simpleString()  # type: ignore[index]
        if ours != theirs:
            wrong[text] = (ours, theirs)
    assert wrong == {}
    for text in REFUSED:
        escaped = json.dumps(_record(json.loads(text)))
        with pytest.raises(Exception, match=r"recursive|exceeds max precision"):
            spark.sql(f"SELECT from_avro(X'00', '{escaped}') AS r").schema  # noqa: B018


def _record(kind: Any) -> Any:
    return {"type": "record", "name": "Whole", "fields": [{"name": "c", "type": kind}]}
