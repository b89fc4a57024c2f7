"""Records of every format, good ones and broken ones of every kind that the format knows."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from avro_bytes import whole
from format_sources import HERE, column, source

from streamsql.formats import RecordSchema, load_schema
from streamsql.project.nodes import Column, Source, SourceKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MILLIS = int(NOW.timestamp() * 1000)
END = "-7190846325019273644"

Made = Callable[[int], bytes | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A source, a good record of it, and its bad ones: how to make them, how the reason begins.

    ``shown`` is an expression that is ``'<n>'`` for the n-th good record; keys are ``key(n)``,
    but for the bad kinds in ``bad_keys``.
    """

    source: Source
    good: Made
    bad: Mapping[str, tuple[Made, str]]
    shown: str
    key: Made = lambda n: b"key %d" % n
    bad_keys: Mapping[str, tuple[Made, str]] = field(default_factory=dict)

    @property
    def faults(self) -> dict[str, str]:
        """How the reason of each bad kind begins."""
        both = {**self.bad, **self.bad_keys}
        return {name: told for name, (_, told) in both.items()}


def records(kind: Kind, count: int) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Yield name, key and value of records: 5 % are bad, in all kinds, and some are tombstones."""
    names = list(kind.faults)
    for n in range(count):
        key, value = kind.key(n), kind.good(n)
        if n % 20 == 0 and names:
            name = names[n // 20 % len(names)]
            if name in kind.bad:
                value = kind.bad[name][0](n)
            else:
                key = kind.bad_keys[name][0](n)
            yield name, key, value
        elif n % 97 == 0:
            yield "tombstone", key, None
        else:
            yield "good", key, value


def text(made: str) -> Made:
    """Make records of a text with ``%d`` in it."""
    return lambda n: made.replace("%d", str(n)).encode()


def framed(made: Made, id_: int = 70_000) -> Made:
    """Put a frame around records."""
    return lambda n: b"\x00" + id_.to_bytes(4, "big") + (made(n) or b"")


# CSV

_ROW = '%d,"Zoë, ""the"" first",12.50,true,2026-01-01,2026-01-01T00:00:00.123456Z,'
CSV = Kind(
    source(
        column("id", "bigint", not_null=True),
        column("name", "string"),
        column("amount", "decimal(6,2)"),
        column("paid", "boolean"),
        column("day", "date"),
        column("at", "timestamp"),
        column("note", "string"),
        format="csv",
        event_time="at",
    ),
    text(_ROW),
    {
        "empty": (lambda n: b"", "empty value"),
        "a cell fewer": (text(_ROW[:-1]), "not 7 cells: there are fewer"),
        "one cell": (text("%d"), "not 7 cells: there are fewer"),
        "a cell more": (text(_ROW + ",x"), "not 7 cells: there are more"),
        "two rows": (text(_ROW + "\n" + _ROW), "more than one row"),
        "text after a quote": (text('%d,"Zoë" x,1,true,,' + "2026-01-01,"), "quotes that do not"),
        "a quote within": (text('%d,Zo"ë,1,true,,2026-01-01,'), "quotes that do not"),
        "an open quote": (text('%d,"Zoë,1,true,,2026-01-01,'), "a quote that is not closed"),
        "two rows of few cells": (
            text("%d,a,1,true\n2026-01-01,2026-01-01,b"),
            "not 7 cells: there are fewer",
        ),
        "two rows that fit": (text("%d,a\nb,1,true,,2026-01-01,"), "more than one row"),
        "UTF-8": (lambda n: text(_ROW)(n) + b"\xff\xfe", "invalid UTF-8"),
        "UTF-16": (lambda n: b"\xff\xfe" + _ROW.encode("utf-16-le"), "invalid UTF-8"),
        "reserved": (text(_ROW + END), "holds the reserved number"),
        "no number": (text("x" + _ROW), "wrong type: id is not bigint"),
        "oversize number": (text(_ROW.replace("%d", "9" * 20)), "wrong type: id is not bigint"),
        "oversize decimal": (text(_ROW.replace("12.50", "12345.5")), "wrong type: amount"),
        "no boolean": (text(_ROW.replace("true", "yes")), "wrong type: paid is not boolean"),
        "date out of range": (
            text(_ROW.replace("2026-01-01,", "2026-02-30,")),
            "wrong type: day is not date",
        ),
        "no time": (text(_ROW.replace("T00", "T25")), "wrong type: at is not timestamp"),
        "null": (text(_ROW.replace("%d", "")), "required column id is missing"),
        "no event time": (text("%d,,,,,,"), "event time is null: at"),
        "year 9999": (text(_ROW.replace("2026-01-01T", "9999-01-01T")), "event time too far ahead"),
        "blank": (lambda n: b" ", "not 7 cells: there are fewer"),
        "JSON": (text('{"id":%d}'), "not 7 cells: there are fewer"),
        "Avro": (lambda n: b"\x00\x00\x00\x00\x07\x02", "not 7 cells: there are fewer"),
    },
    "CAST(id AS STRING)",
)

# Change events


def precise(unscaled: int) -> str:
    """Write a decimal as Debezium does unless told otherwise."""
    size = unscaled.bit_length() // 8 + 1
    return base64.b64encode(unscaled.to_bytes(size, "big", signed=True)).decode()


def change(op: Any = "c", *, payload: bool = False, **other: Any) -> Made:
    """Make a change event; what is given as ``...`` is left out."""

    def made(n: int) -> bytes:
        row = {"id": n, "name": "Zoë", "at": MILLIS, "day": 20_454, "tags": ["a"]}
        row["price"] = precise(n * (-1) ** n)
        row |= {k: v for k, v in other.items() if k in row}
        event: dict[str, Any] = {
            "before": row if op in ("u", "d") else None,
            "after": None if op == "d" else row,
            "source": {"ts_ms": MILLIS, "table": "orders"},
            "op": op,
            "ts_ms": MILLIS,
        }
        event |= {k: v for k, v in other.items() if k not in row}
        event = {k: v for k, v in event.items() if v is not ...}
        return json.dumps({"schema": {}, "payload": event} if payload else event).encode()

    return made


def any_change(n: int) -> bytes | None:
    """Make a good event, of every kind in turn."""
    return change("crud"[n % 4], payload=n % 3 == 0)(n)


DEBEZIUM = Kind(
    source(
        column("id", "bigint", not_null=True),
        column("name", "string"),
        column("at", "timestamp"),
        column("day", "date"),
        column("tags", "array<string>"),
        column("price", "decimal(10,2)"),
        format="debezium_json",
        event_time="at",
        options={"timestamps": "millis", "dates": "days", "decimals": "precise"},
    ),
    any_change,
    {
        "empty": (lambda n: b"", "empty value"),
        "no JSON": (lambda n: (change()(n) or b"")[:-2], "not valid JSON"),
        "truncated": (lambda n: (change()(n) or b"")[:40], "not valid JSON"),
        "twice": (lambda n: (change()(n) or b"") * 2, "not one JSON object"),
        "array": (lambda n: b"[%s]" % (change()(n) or b""), "a JSON array"),
        "null text": (lambda n: b"null", "JSON null"),
        "UTF-8": (lambda n: (change()(n) or b"").replace(b"Z", b"\xff"), "invalid UTF-8"),
        "the row alone": (text('{"id":%d,"name":"Zoe"}'), "no change event: it has no op"),
        "an empty object": (lambda n: b"{}", "no change event: it has no op"),
        "no op": (change(...), "no change event: it has no op"),
        "an unknown op": (change("x"), "no change of a row: op is x"),
        "a message": (change("m", after=None), "no change of a row: op is m"),
        "a truncated table": (change("t", after=None), "the table was truncated"),
        "no after": (change(after=None), "no after"),
        "no after, in an envelope": (change(after=..., payload=True), "no after"),
        "a delete without before": (change("d", before=None), "a delete without before"),
        "after is no object": (change(after="x"), "no change event: a wrong type"),
        "wrong type": (change(id="x"), "wrong type: id is not bigint"),
        "wrong type, in an envelope": (change(id="x", payload=True), "wrong type: id is not"),
        "wrong type inside": (change(tags="x"), "wrong type: tags is not array<string>"),
        "oversize number": (change(id=10**20), "wrong type: id is not bigint"),
        "a text for a number": (change(at="2026-01-01"), "wrong type: at is not timestamp"),
        "time out of range": (change(at=10**17), "wrong type: at is not timestamp"),
        "date out of range": (change(day=10**8), "wrong type: day is not date"),
        "a number for bytes": (change(price=12), "wrong type: price is not decimal(10,2)"),
        "a text for bytes": (change(price="12.50"), "wrong type: price is not decimal(10,2)"),
        "no bytes": (change(price=""), "wrong type: price is not decimal(10,2)"),
        "oversize decimal": (change(price=precise(10**10)), "wrong type: price is not"),
        "null": (change("d", id=None), "required column id is missing"),
        "no event time": (change(at=None), "event time is null: at"),
        "year 9999": (change(at=253_370_764_800_000), "event time too far ahead"),
        "reserved": (change(id=int(END)), "holds the reserved number"),
    },
    "CAST(id AS STRING)",
)

# JSON behind the id of its schema

JSON_SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"oneOf": [{"type": "null"}, {"type": "string"}]},
        "at": {"type": "string", "format": "date-time"},
        "address": {"$ref": "#/definitions/Address"},
    },
    "required": ["id"],
    "definitions": {"Address": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
JSON_FIRST = {"type": "object", "properties": {"id": {"type": "integer"}}}
JSON_SUBJECT = {
    "subject": "orders-value",
    "type": "JSON",
    "versions": [
        {"version": 1, "id": 7, "schema": JSON_FIRST},
        {"version": 2, "id": 70_000, "schema": JSON_SCHEMA},
    ],
}


_OBJECT = '{"id":%d,"name":"Zoë","at":"2026-01-01T00:00:00Z","address":{"city":"Ulm"}}'
FRAMED_JSON = Kind(
    source(
        column("id", "bigint", not_null=True),
        column("name", "string"),
        column("at", "timestamp"),
        column("address", "struct<city:string>"),
        schema=load_schema(
            {"schema": "s.json"}, {"s.json": json.dumps(JSON_SUBJECT)}, ["schemas"], "JSON"
        ),
        event_time="at",
    ),
    lambda n: framed(text(_OBJECT), (7, 70_000)[n % 2])(n),
    {
        "empty": (lambda n: b"", "empty value"),
        "no frame": (text(_OBJECT), "unknown magic byte: 0x7B"),
        "magic byte": (lambda n: b"\x01" + (framed(text(_OBJECT))(n) or b"")[1:], "unknown magic"),
        "frame cut": (lambda n: b"\x00\x00\x01", "truncated: no whole schema id"),
        "frame alone": (framed(text("")), "empty value"),
        "unknown id": (framed(text(_OBJECT), 8), "unknown schema id: 8"),
        "unknown id, no fields": (framed(text("{}"), 8), "unknown schema id: 8"),
        "framed twice": (framed(framed(text(_OBJECT))), "not valid JSON"),
        "truncated": (framed(text(_OBJECT[:-9])), "not valid JSON"),
        "more": (framed(text(_OBJECT + "x")), "not one JSON object"),
        "UTF-8": (lambda n: (framed(text(_OBJECT))(n) or b"").replace(b"Z", b"\xff"), "invalid"),
        "wrong type": (framed(text(_OBJECT.replace("%d", '"x"'))), "wrong type: id is not bigint"),
        "null": (framed(text('{"at":"2026-01-01T00:00:00Z"}')), "required column id is missing"),
        "no fields": (framed(text("{}")), "required column id is missing"),
    },
    "CAST(id AS STRING)",
)

# Any object at all

VARIANT = Kind(
    source(
        column("id", "bigint"),
        column("payload", "variant"),
        options={"singleVariantColumn": "payload"},
    ),
    text('{"id":%d,"nested":{"n":[1,{"two":%d}]}}'),
    {
        "empty": (lambda n: b"", "empty value"),
        "array": (text("[%d]"), "a JSON array"),
        "number": (text("%d"), "a JSON value"),
        "null text": (lambda n: b"null", "JSON null"),
        "truncated": (text('{"id":%d,"nested":{'), "not valid JSON"),
        "more": (text('{"id":%d} x'), "not one JSON object"),
        "twice": (text('{"id":%d}{"id":%d}'), "not one JSON object"),
        "UTF-8": (lambda n: b'{"id":1,"x":"\xff"}', "invalid UTF-8"),
        "wrong type": (text('{"id":"x","nested":{}}'), "wrong type: id is not bigint"),
        "a field twice": (text('{"id":%d,"a":1,"a":2}'), "no variant can hold it"),
    },
    "variant_get(payload, '$.nested.n[1].two', 'string')",
)

# Text and bytes

TEXT = Kind(
    source(format="text"),
    text("%d"),
    {
        "UTF-8": (lambda n: b"\xff%d" % n, "invalid UTF-8"),
        "surrogate": (lambda n: b"\xed\xa0\x80", "invalid UTF-8"),
    },
    "value",
)
RAW = Kind(source(format="raw"), lambda n: b"%d" % n, {}, "CAST(value AS STRING)")

# Keys

AVRO_KEY = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}
AVRO_KEYS = {"subject": "orders-key", "versions": [{"version": 1, "id": 9, "schema": AVRO_KEY}]}


def key_of(format_name: str, *columns: Column, schema: RecordSchema | None = None) -> SourceKey:
    return SourceKey(format_name, {}, columns, HERE, schema)


def with_key(kind: Kind, key: SourceKey, good: Made, **bad: tuple[Made, str]) -> Kind:
    """Read the keys of a kind too; the third of each three has none."""
    return replace(
        kind,
        source=kind.source._replace(key=key),
        key=lambda n: good(n) if n % 3 else None,
        bad=dict(list(kind.bad.items())[:3]),
        bad_keys=bad,
    )


def avro_key(n: int) -> bytes:
    return b"\x00" + (9).to_bytes(4, "big") + whole(n)


JSON_KEYED = with_key(
    CSV,
    key_of("json", column("id", "bigint"), column("region", "string")),
    text('{"id":%d,"region":"eu"}'),
    truncated=(text('{"id":%d'), "key: not valid JSON"),
    text=(text("key %d"), "key: not valid JSON"),
    wrong_type=(text('{"id":"x"}'), "key: wrong type: id is not bigint"),
)
AVRO_KEYED = with_key(
    RAW,
    key_of(
        "avro",
        column("id", "bigint", not_null=True),
        schema=load_schema({"schema": "s.json"}, {"s.json": json.dumps(AVRO_KEYS)}, ["schemas"]),
    ),
    avro_key,
    text=(text("key %d"), "key: unknown magic byte"),
    unknown_id=(lambda n: b"\x00\x00\x00\x00\x08" + whole(n), "key: unknown schema id: 8"),
    more=(lambda n: avro_key(n) + b"x", "key: not one record"),
    none=(lambda n: None, "key: it is missing"),
)
# A required column of the key has to be there.
AVRO_KEYED = replace(AVRO_KEYED, key=avro_key)
TEXT_KEYED = with_key(
    TEXT, key_of("text"), text("key %d"), utf8=(lambda n: b"\xff", "key: invalid UTF-8")
)
AVRO = replace(
    with_key(RAW, key_of("raw"), text("key %d")),
    source=source(
        column("id", "bigint", not_null=True),
        format="avro",
        schema=load_schema({"schema": "s.json"}, {"s.json": json.dumps(AVRO_KEYS)}, ["schemas"]),
    ),
    good=avro_key,
    bad={
        "magic byte": (lambda n: b"\x01" + avro_key(n)[1:], "unknown magic byte"),
        "unknown id": (lambda n: b"\x00\x00\x00\x00\x08" + whole(n), "unknown schema id: 8"),
        "truncated": (lambda n: avro_key(n)[:-1], "not readable with schema id 9"),
        "more": (lambda n: avro_key(n) + b"x", "not one record: bytes follow it"),
    },
    shown="CAST(id AS STRING)",
)
JSON = Kind(
    source(column("id", "bigint", not_null=True), column("day", "date")),
    text('{"id":%d,"day":"2026-01-01"}'),
    {
        "truncated": (text('{"id":%d'), "not valid JSON"),
        "more": (text('{"id":%d} x'), "not one JSON object"),
        "wrong type": (text('{"id":"x"}'), "wrong type: id is not bigint"),
        "date out of range": (text('{"id":%d,"day":"2026-02-30"}'), "wrong type: day is not date"),
        "null": (text('{"id":null}'), "required column id is missing"),
    },
    "CAST(id AS STRING)",
)

KINDS = {
    "json": JSON,
    "json_framed": FRAMED_JSON,
    "json_variant": VARIANT,
    "avro": AVRO,
    "csv": CSV,
    "debezium": DEBEZIUM,
    "text": TEXT,
    "raw": RAW,
    "key_json": JSON_KEYED,
    "key_avro": AVRO_KEYED,
    "key_text": TEXT_KEYED,
}
