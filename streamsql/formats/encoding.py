"""Rows as Kafka records: key, value and headers."""

from __future__ import annotations

from collections.abc import Sequence

from streamsql.datatypes import DataType, Primitive, parse_type, quote_name
from streamsql.formats.format import Columns, Format
from streamsql.formats.json_objects import json_object
from streamsql.formats.records import is_string, literal
from streamsql.formats.schemas import RecordSchema


def record_select(
    relation: str,
    columns: Columns,
    key: Sequence[str],
    headers: Sequence[tuple[str, str]],
    written: Format,
    schema: RecordSchema | None = None,
) -> str:
    """Return the SELECT of ``key``, ``value`` and ``headers``, as Spark's Kafka sink takes them."""
    kinds = {name.lower(): (name, parse_type(data_type)) for name, data_type in columns}
    items = []
    if made := _key([kinds[k.lower()] for k in key], written, kinds):
        items.append(made)
    value = written.value(columns, schema)
    items.append(value if value == "value" else f"{value} AS value")
    if headers:
        items.append(_headers([(header, *kinds[c.lower()]) for header, c in headers]))
    return "SELECT\n  " + ",\n  ".join(items) + f"\nFROM {relation}"


def _key(
    columns: list[tuple[str, DataType]], written: Format, kinds: dict[str, tuple[str, DataType]]
) -> str | None:
    """One string column is the key as it is, others as a JSON object of them.

    Without a key of the config, a format that writes one column takes a column ``key``,
    of string or binary, as it is.
    """
    if len(columns) == 1 and is_string(columns[0][1]):
        return f"CAST({quote_name(columns[0][0])} AS STRING) AS key"
    if columns:
        return f"{json_object(columns)} AS key"
    name, kind = kinds.get("key", ("", None))
    if kind is None or written.name not in ("raw", "text"):
        return None
    if is_string(kind) or kind == Primitive("binary"):
        return f"{quote_name(name)} AS key"
    return None


def _headers(headers: list[tuple[str, str, DataType]]) -> str:
    listed = ", ".join(
        f"named_struct('key', {literal(header)}, 'value', {_bytes(quote_name(name), kind)})"
        for header, name, kind in headers
    )
    return f"array({listed}) AS headers"


def _bytes(value: str, kind: DataType) -> str:
    if kind == Primitive("binary"):
        return value
    return f"CAST({value if is_string(kind) else f'CAST({value} AS STRING)'} AS BINARY)"
