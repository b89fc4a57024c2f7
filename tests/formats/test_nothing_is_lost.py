"""Ten thousand records of every format, 5 % of them broken in every way that it knows, asked of
Spark: each is good, a dead letter with its own bytes and a reason, or a tombstone."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from format_sources import column, source
from kinds_of_records import CSV, DEBEZIUM, KINDS, MILLIS, NOW, VARIANT, Kind, precise, records
from pyspark.errors import PySparkException

from streamsql.formats import decode

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

KAFKA = (
    "key binary, value binary, topic string, partition int, offset bigint, "
    "timestamp timestamp, timestampType int, "
    "headers array<struct<key:string,value:binary>>"
)


def show(spark: SparkSession, values: list[tuple[bytes | None, bytes | None]]) -> None:
    rows = [
        (key, value, "shop.orders", n % 3, n, NOW, 0, [("trace", b"t")])
        for n, (key, value) in enumerate(values)
    ]
    spark.createDataFrame(rows, KAFKA).createOrReplaceTempView("raw_orders")


def header(row: Any, name: str) -> str:
    return next(bytes(h.value).decode() for h in row.headers if h.key == name)


@pytest.mark.parametrize("name", KINDS)
def test_every_record_is_good_bad_or_a_tombstone(spark: SparkSession, name: str) -> None:
    kind = KINDS[name]
    made = list(records(kind, 10_000))
    show(spark, [(key, value) for _, key, value in made])
    decoding = decode(kind.source, "raw_orders", hidden=("_offset",))
    good = spark.sql(f"SELECT _offset, {kind.shown} AS n FROM ({decoding.good})").collect()
    bad = spark.sql(decoding.bad).collect() if decoding.bad else []
    offsets: dict[str, set[int]] = {}
    for n, (what, _, _) in enumerate(made):
        offsets.setdefault(what, set()).add(n)
    assert set(offsets) == {*kind.faults, "good", "tombstone"}

    told = {int(header(row, "streamsql.offset")): row for row in bad}
    wrong = {
        made[n][0]: header(row, "streamsql.error")
        for n, row in told.items()
        if not header(row, "streamsql.error").startswith(kind.faults.get(made[n][0], "-"))
    }
    assert wrong == {}
    assert sorted(r._offset for r in good) == sorted(offsets["good"]), {
        made[r._offset][0] for r in good
    }
    assert [r.n for r in good if r.n != str(r._offset)] == []
    assert len(told) == len(bad) == (500 if kind.faults else 0)
    assert len(good) + len(bad) + len(offsets["tombstone"]) == 10_000
    for n, row in told.items():
        assert (row.key and bytes(row.key), bytes(row.value)) == made[n][1:]
        assert row.headers[0].key == "trace"


@pytest.mark.parametrize("name", ["csv", "debezium", "key_json", "key_text"])
def test_the_first_bad_record_ends_the_query(spark: SparkSession, name: str) -> None:
    kind = KINDS[name]
    failing = kind.source._replace(on_error="fail")
    hidden = ("_key",) if kind.source.key else ()
    decoding = decode(failing, "raw_orders", hidden=hidden)
    assert decoding.bad is None
    show(spark, [(kind.key(n), kind.good(n)) for n in range(1, 4)])
    assert spark.sql(f"SELECT {kind.shown} AS n FROM ({decoding.good})").collect() == [
        (str(n),) for n in range(1, 4)
    ]
    what, (make, told) = next(iter((kind.bad_keys or kind.bad).items()))
    bad = (make(4), kind.good(4)) if what in kind.bad_keys else (b"key", make(4))
    show(spark, [(kind.key(1), kind.good(1)), bad])
    with pytest.raises(PySparkException, match=rf"bad record in shop.orders-1 at offset 1: {told}"):
        spark.sql(f"SELECT {kind.shown} FROM ({decoding.good}) WHERE {kind.shown} = '1'").collect()


def rows(spark: SparkSession, kind: Kind, *values: bytes, hidden: tuple[str, ...] = ()) -> Any:
    show(spark, [(kind.key(n), value) for n, value in enumerate(values)])
    decoding = decode(kind.source, "raw_orders", hidden=hidden)
    assert spark.sql(decoding.bad or "").collect() == []
    return spark.sql(decoding.good)


def test_cells(spark: SparkSession) -> None:
    made = [
        b'1,"Zo\xc3\xab, ""the"" first",12.50,true,2026-01-01,2026-01-01T00:00:00Z,a\r\n',
        b'2,"",,,,2026-01-01T00:00:00Z,"two\nlines"\n',
        b'3,"""",1e2,FALSE,,2026-01-01T00:00:00Z,""""""',
    ]
    assert [
        (r.name, r.amount and str(r.amount), r.paid, r.note)
        for r in rows(spark, CSV, *made).collect()
    ] == [
        ('Zoë, "the" first', "12.50", True, "a"),
        ("", None, None, "two\nlines"),
        ('"', "100.00", False, '""'),
    ]


def test_what_a_change_event_tells(spark: SparkSession) -> None:
    made = [DEBEZIUM.good(n) or b"" for n in range(4)]
    found = rows(spark, DEBEZIUM, *made, hidden=("_op", "_source_ts", "_before"))
    told = [
        (r.id, r._op, str(r.at), str(r.day), r.tags, str(r._source_ts), r._before and r._before.id)
        for r in found.selectExpr(
            "id",
            "_op",
            "CAST(at AS STRING) AS at",
            "day",
            "tags",
            "CAST(_source_ts AS STRING) AS _source_ts",
            "_before",
        ).collect()
    ]
    time = "2026-01-01 00:00:00"
    assert told == [
        (n, "crud"[n], time, "2026-01-01", ["a"], time, n if "crud"[n] in "ud" else None)
        for n in range(4)
    ]


def test_a_decoded_key(spark: SparkSession) -> None:
    kind = KINDS["key_json"]
    found = rows(spark, kind, *(kind.good(n) or b"" for n in range(3)), hidden=("_key",))
    assert found.schema["_key"].dataType.simpleString() == "struct<id:bigint,region:string>"
    assert [r._key and (r._key.id, r._key.region) for r in found.collect()] == [
        None,
        (1, "eu"),
        (2, "eu"),
    ]
    for name, told in (("key_avro", [(0,), (1,)]), ("key_text", [None, "key 1"])):
        kind = KINDS[name]
        found = rows(spark, kind, *(kind.good(n) or b"" for n in range(2)), hidden=("_key",))
        assert [r._key for r in found.collect()] == told


def test_the_whole_object_beside_its_fields(spark: SparkSession) -> None:
    found = rows(spark, VARIANT, b'{"id":1,"a":{"b":[1.5]}}', b"{}")
    told = found.selectExpr("id", "to_json(payload) AS p", "payload:a.b[0]::double AS b").collect()
    assert [tuple(r) for r in told] == [(1, '{"a":{"b":[1.5]},"id":1}', 1.5), (None, "{}", None)]
    # What lint says of variants: as text they may be anything, and of another type not.
    assert found.selectExpr("payload:a::string AS a").first() == ('{"b":[1.5]}',)
    for throws in ("payload:a::int", "variant_get(payload, '$.a', 'date')"):
        with pytest.raises(PySparkException, match="INVALID_VARIANT_CAST"):
            found.selectExpr(f"{throws} AS a").collect()


def test_numbers_are_no_times_unless_told(spark: SparkSession) -> None:
    """A connector writes times as numbers unless told otherwise: none is taken for a year."""
    plain = DEBEZIUM.source._replace(format_options={}, watermark=None)
    times = ['"2026-01-01T00:00:00Z"', str(MILLIS), str(MILLIS // 1000), "2026", '"2026"', "-1000"]
    days = ['"2026-01-01"', "20454", "2026"]
    row = '{"op":"c","after":{"id":%d,"at":%s,"day":%s}}'
    made = [row % (1, time, days[0]) for time in times] + [row % (1, times[0], d) for d in days]
    show(spark, [(None, value.encode()) for value in made])
    decoding = decode(plain, "raw_orders", hidden=("_offset",))
    assert [r._offset for r in spark.sql(decoding.good).collect()] == [0, 6]
    told = [header(r, "streamsql.error") for r in spark.sql(decoding.bad or "").collect()]
    assert told == ["wrong type: at is not timestamp"] * 5 + ["wrong type: day is not date"] * 2


def test_precise_decimals_are_what_the_database_has(spark: SparkSession) -> None:
    """Of every size and sign, up to 38 digits; more than that is a bad record."""
    kinds = {"a": (5, 5), "b": (18, 2), "c": (20, 0), "d": (38, 10), "e": (38, 38)}
    numbers = [0, 1, -1, 127, 128, -128, -129, 255, 2**63 - 1, -(2**63), 2**63, 2**64, -(2**64) - 1]
    numbers += [
        n * sign for digits in (5, 18, 20, 38) for n in [10**digits - 1] for sign in (1, -1)
    ]
    beyond = [10**38, -(10**38), 2**127 - 1, 2**127]
    columns = [column(name, f"decimal({p},{s})") for name, (p, s) in kinds.items()]
    options = {"decimals": "precise"}
    found = source(*columns, format="debezium_json", options=options)
    wanted, made = [], []
    for n in [*numbers, *beyond]:
        row = {k: precise(n) if abs(n) < 10**p else None for k, (p, _) in kinds.items()}
        row |= {} if abs(n) < 10**38 else {"d": precise(n)}
        made.append((None, json.dumps({"op": "c", "after": row}).encode()))
        wanted.append([str(n) if v else None for v in row.values()])
    show(spark, made)
    decoding = decode(found, "raw_orders", hidden=("_offset",))
    whole = [f"CAST(CAST({k} AS STRING) || 'E{s}' AS DECIMAL(38,0))" for k, (_, s) in kinds.items()]
    told = spark.sql(f"SELECT {', '.join(whole)} FROM ({decoding.good}) ORDER BY _offset").collect()
    assert [[v if v is None else str(v) for v in r] for r in told] == wanted[: len(numbers)]
    letters = [header(r, "streamsql.error") for r in spark.sql(decoding.bad or "").collect()]
    assert letters == ["wrong type: d is not decimal(38,10)"] * len(beyond)


def cells(text: str, count: int) -> list[str | None] | None:
    """Read a row as RFC 4180 has it; None if it is not one row of so many cells."""
    found = re.fullmatch(f"{_CELL}(?:,{_CELL}){{{count - 1}}}(?:\r?\n)?", text)
    if found is None:
        return None
    return [
        cell[1:-1].replace('""', '"') if cell.startswith('"') else cell or None
        for cell in found.groups()
    ]


_CELL = r'("(?:[^"]|"")*"|[^",\n]*)'


def test_rows_are_those_of_the_standard(spark: SparkSession) -> None:
    """Texts of what can go wrong, thrown together, are read as a strict reader reads them."""
    chance = random.Random(11)
    parts = ['"', '""', ",", "a", " ", "\n", '","', '"a"', 'a"', "\\"]
    texts = ["".join(chance.choices(parts, k=chance.randint(1, 9))) for _ in range(6_000)]
    two = source(column("a", "string"), column("b", "string"), format="csv")
    decoding = decode(two, "raw_orders", hidden=("_offset",))
    show(spark, [(None, text.encode()) for text in texts])
    found = {r._offset: [r.a, r.b] for r in spark.sql(decoding.good).collect()}
    bad = {int(header(r, "streamsql.offset")) for r in spark.sql(decoding.bad or "").collect()}
    assert len(found) + len(bad) == len(texts)
    assert set(found) & bad == set()
    assert len(found) > 300
    wrong = {
        text: (found.get(n), cells(text, 2))
        for n, text in enumerate(texts)
        if found.get(n) != cells(text, 2)
    }
    assert wrong == {}


def test_a_huge_exponent_stops_no_query_where_it_is_looked_for(spark: SparkSession) -> None:
    guarded = source(
        column("code", "string"),
        column("amount", "decimal(10,2)"),
        format="csv",
        options={"guardDecimals": "true"},
    )
    show(spark, [(None, b"E123456,1e2"), (None, b"x,1e400000000"), (None, b'x,"1E+4000000"')])
    decoding = decode(guarded, "raw_orders", hidden=("_offset",))
    assert [r._offset for r in spark.sql(decoding.good).collect()] == [0]
    told = [header(r, "streamsql.error") for r in spark.sql(decoding.bad or "").collect()]
    assert told == ["wrong type: a number with a huge exponent"] * 2
