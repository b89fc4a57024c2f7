"""Made-up records as bytes, in the format of their source."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal as Number
from typing import Any

from streamsql.datatypes import Decimal, Primitive, parse_type
from streamsql.dev.avro_samples import avro_datum
from streamsql.project.nodes import Source, SourceKey

# With these options dates and times look otherwise than here.
_PATTERNS = frozenset({"timestampFormat", "timestampNTZFormat", "dateFormat"})
_MADE = ("json", "avro", "csv", "debezium_json", "text", "raw")
_EPOCH = date(1970, 1, 1)


def can_be_made(source: Source) -> bool:
    """Whether records of a source can be made up: not those with dates of their own."""
    return (
        source.topic is not None
        and source.format in _MADE
        and not _PATTERNS & source.format_options.keys()
        and (source.key is None or source.key.format in ("json", "avro", "text", "raw"))
    )


def sample_value(
    source: Source, record: Mapping[str, Any], time: datetime, chance: random.Random
) -> bytes:
    """Return a record's value; what is made up is JSON's idea of each column."""
    options = source.format_options
    match source.format:
        case "csv":
            return _row(options, list(record.values()))
        case "debezium_json":
            return _dumped(_change(source, record, time, chance))
        case "text" | "raw":
            return str(next(iter(record.values()), f"line {chance.randint(1, 1000)}")).encode()
        case "avro" if source.schema is not None:
            return _frame(source) + avro_datum(source.schema, record, chance)
    whole = options.get("singleVariantColumn", "").lower()
    fields = {name: value for name, value in record.items() if name.lower() != whole}
    if whole:
        fields |= {"sample": chance.randint(1, 100)}
    return _frame(source) + _dumped(fields)


def sample_key(
    source: Source, record: Mapping[str, Any], key: Mapping[str, Any], chance: random.Random
) -> bytes | None:
    """Return a record's key: as its source declares it, else the first id in the record."""
    first = next((str(v) for k, v in record.items() if k.endswith("id") and v is not None), None)
    if isinstance(source.key, SourceKey) and source.key.format in ("json", "avro"):
        types = {c.name: c.data_type for c in source.columns}
        alike = {c.name for c in source.key.columns if types.get(c.name) == c.data_type}
        shared = {k: record[k] if k in alike and record[k] is not None else key[k] for k in key}
        if source.key.schema is not None and source.key.format == "avro":
            return _frame(source.key) + avro_datum(source.key.schema, shared, chance)
        return _frame(source.key) + _dumped(shared)
    return first.encode() if first else None


def _dumped(made: object) -> bytes:
    return json.dumps(made, default=str).encode()


def _frame(source: Source | SourceKey) -> bytes:
    schema = source.schema
    if schema is not None:
        return b"" if schema.id is None else b"\x00" + schema.id.to_bytes(4, "big")
    framed = source.format_options.get("framing") == "confluent"
    return b"\x00\x00\x00\x00\x01" if framed else b""


def _row(options: Mapping[str, str], cells: list[Any]) -> bytes:
    line = io.StringIO()
    quote = options.get("quote", '"')
    escape = options.get("escape", quote)
    writer = csv.writer(
        line,
        delimiter=options.get("delimiter", ",").replace("\\t", "\t")[:1],
        quotechar=quote,
        doublequote=escape == quote,
        escapechar=None if escape == quote else escape,
        lineterminator="",
    )
    writer.writerow([str(c).lower() if isinstance(c, bool) else c for c in cells])
    return line.getvalue().encode()


def _change(
    source: Source, record: Mapping[str, Any], time: datetime, chance: random.Random
) -> dict[str, Any]:
    kinds = {c.name: parse_type(c.data_type or "string") for c in source.columns}
    row = {name: _counted(source, kinds[name], value) for name, value in record.items()}
    op = chance.choices("crud", weights=(6, 1, 3, 1))[0]
    return {
        "before": row if op in "ud" else None,
        "after": None if op == "d" else row,
        "source": {"connector": "sample", "ts_ms": int(time.timestamp() * 1000)},
        "op": op,
        "ts_ms": int(time.timestamp() * 1000),
    }


def _counted(source: Source, kind: object, value: Any) -> Any:
    """Return a time as the number, or a decimal as the bytes, that the source's options say."""
    options = source.format_options
    if isinstance(kind, Decimal) and value is not None and options.get("decimals") == "precise":
        unscaled = int(Number(str(value)).scaleb(kind.scale))
        size = unscaled.bit_length() // 8 + 1
        return base64.b64encode(unscaled.to_bytes(size, "big", signed=True)).decode()
    if value is None or not isinstance(kind, Primitive):
        return value
    if kind.name == "date" and options.get("dates", "iso") == "days":
        return (date.fromisoformat(value) - _EPOCH).days
    counts = {"millis": 1_000, "micros": 1_000_000}.get(options.get("timestamps", "iso"))
    if kind.name != "timestamp" or counts is None:
        return value
    at = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(at.timestamp() * counts)
