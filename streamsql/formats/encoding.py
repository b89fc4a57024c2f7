"""Rows as Kafka records: key, value and headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from streamsql.datatypes import DataType, Primitive, parse_type, quote_name
from streamsql.formats.format import Format, KeyOutput, Output
from streamsql.formats.json_objects import json_object
from streamsql.formats.records import is_string, literal


class SetAside(NamedTuple):
    """Rows that do not go where the others do: a condition, the headers that they get as well,
    and a further select item by which they are told apart."""

    when: str
    headers: Callable[[str | None], str]
    item: str


def record_select(
    relation: str,
    output: Output,
    written: Format,
    key: KeyOutput,
    headers: Sequence[tuple[str, str]],
    set_aside: SetAside | None = None,
    partition: str | None = None,
    delete_when: str | None = None,
) -> str:
    """Return the SELECT of ``key``, ``value``, ``headers`` and ``partition``, as Spark's Kafka sink
    takes them. Where the column ``delete_when`` is true, the value is null: a tombstone."""
    kinds = {name.lower(): (name, data_type) for name, data_type in output.columns}
    items = []
    if made := _key(key, written, kinds):
        items.append(made)
    value = written.value(output)
    if delete_when:
        gone = quote_name(delete_when)
        gone = f"{gone} AND NOT ({set_aside.when})" if set_aside else gone
        value = f"CASE WHEN {gone} THEN NULL ELSE {value} END"
    items.append(value if value == "value" else f"{value} AS value")
    own = _headers([(header, *kinds[c.lower()]) for header, c in headers]) if headers else None
    if set_aside is not None:
        told = set_aside.headers(own)
        items += [f"IF({set_aside.when}, {told}, {own or 'NULL'}) AS headers", set_aside.item]
    elif own is not None:
        items.append(f"{own} AS headers")
    if partition:
        number = f"CAST({quote_name(partition)} AS INT)"
        # Of the topic of rows that are set aside nobody knows how many partitions it has.
        number = f"IF({set_aside.when}, NULL, {number})" if set_aside else number
        items.append(f"{number} AS partition")
    return "SELECT\n  " + ",\n  ".join(items) + f"\nFROM {relation}"


def _key(key: KeyOutput, written: Format, kinds: dict[str, tuple[str, str]]) -> str | None:
    """Write the key in its own format, if it has one. Without one:

    One string column is the key as it is, others as a JSON object of them. Without a key of
    the config, a format that writes one column takes a column ``key``, of string or binary,
    as it is.
    """
    columns = [kinds[name.lower()] for name in key.columns]
    if columns and key.format is not None:
        return f"{key.format.value(Output(columns, key.options, key.schema))} AS key"
    typed = [(name, parse_type(data_type)) for name, data_type in columns]
    if len(typed) == 1 and is_string(typed[0][1]):
        return f"CAST({quote_name(typed[0][0])} AS STRING) AS key"
    if typed:
        return f"{json_object(typed)} AS key"
    if "key" not in kinds or written.one_value is None:
        return None
    name, data_type = kinds["key"]
    kind = parse_type(data_type)
    if is_string(kind) or kind == Primitive("binary"):
        return f"{quote_name(name)} AS key"
    return None


def _headers(headers: list[tuple[str, str, str]]) -> str:
    listed = ", ".join(
        f"named_struct('key', {literal(header)}, 'value', {_bytes(quote_name(name), kind)})"
        for header, name, kind in ((h, n, parse_type(t)) for h, n, t in headers)
    )
    return f"array({listed})"


def _bytes(value: str, kind: DataType) -> str:
    if kind == Primitive("binary"):
        return value
    return f"CAST({value if is_string(kind) else f'CAST({value} AS STRING)'} AS BINARY)"
