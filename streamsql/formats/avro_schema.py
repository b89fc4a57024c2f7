"""Avro schemas, and the types that Spark 4.1 gives them.

==============================  ===============================================================
Avro                            Spark
==============================  ===============================================================
int, long, float, double, …     int, bigint, float, double, boolean, string, binary, void
enum, uuid                      string
fixed, duration                 binary
date                            date
timestamp-millis, -micros       timestamp
local-timestamp-…               timestamp_ntz
decimal (bytes or fixed)        decimal; of more than 38 digits it is refused
time-…, …-nanos                 the number that it is: int or bigint
union with null                 the other type
union of int and long           bigint; of float and double: double
any other union                 a struct of member0, member1, …: all but one are null
array, map, record              array, map with string keys, struct
a record inside itself          refused
==============================  ===============================================================

A logical type that does not fit what it stands on is ignored, as Avro has it. The types were
asked of Spark 4.1.1: ``tests/formats/test_avro_on_spark.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamsql.datatypes import (
    Array,
    DataType,
    DataTypeError,
    Decimal,
    Field,
    Map,
    Primitive,
    Struct,
    parse_type,
)

_PLAIN = {
    "null": "void",
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "bytes": "binary",
    "string": "string",
}
_LOGICAL = {
    ("int", "date"): "date",
    ("long", "timestamp-millis"): "timestamp",
    ("long", "timestamp-micros"): "timestamp",
    ("long", "local-timestamp-millis"): "timestamp_ntz",
    ("long", "local-timestamp-micros"): "timestamp_ntz",
}
_NAMED = ("record", "error", "enum", "fixed")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SQL_TYPE = "spark.sql.catalyst.type"


class SchemaError(ValueError):
    """A schema that cannot be used; the message says why."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class SchemaField(NamedTuple):
    """A column that a schema gives.

    ``nullable`` is whether a null can be written, ``has_default`` whether a reader can do
    without the field; ``about`` is its ``doc``.
    """

    name: str
    type: DataType
    shape: Shape
    nullable: bool
    has_default: bool
    about: str = ""


class Shape(NamedTuple):
    """What an Avro type is, beyond its Spark type: ``string`` alone may hold broken UTF-8.

    ``parts`` are those of a struct by name, or the one of an array or map.
    """

    kind: str
    parts: tuple[tuple[str, Shape], ...] = ()


@dataclass(slots=True)
class _Reader:
    """A walk over a schema; named types are known from where they are defined."""

    known: dict[str, tuple[DataType, Shape]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def read(self, node: Any, space: str, where: str) -> tuple[DataType, Shape]:
        if isinstance(node, str):
            return self._by_name(node, space, where)
        if isinstance(node, list):
            return self._union(node, space, where)
        if not isinstance(node, dict) or "type" not in node:
            raise SchemaError(f"{where} has no Avro type")
        kind = node["type"]
        if isinstance(kind, dict | list):
            return self.read(kind, space, where)
        if kind in _NAMED:
            return self._named(node, kind, space, where)
        if kind == "array":
            item, shape = self.read(node.get("items"), space, f"the items of {where}")
            return Array(item), Shape("array", (("", shape),))
        if kind == "map":
            value, shape = self.read(node.get("values"), space, f"the values of {where}")
            return Map(Primitive("string"), value), Shape("map", (("", shape),))
        plain, shape = self._by_name(kind, space, where)
        return (_logical(kind, node, where) or plain), shape

    def _by_name(self, name: str, space: str, where: str) -> tuple[DataType, Shape]:
        if name in _PLAIN:
            return Primitive(_PLAIN[name]), Shape("string" if name == "string" else "plain")
        full = name if "." in name or not space else f"{space}.{name}"
        for candidate in (full, name):
            if candidate in self.open:
                hint = "Spark has no type for it: read it as raw bytes, or unnest it in the schema"
                raise SchemaError(f"{where} holds the record {name} inside itself", hint)
            if candidate in self.known:
                return self.known[candidate]
        raise SchemaError(f"{where} has the type '{name}', which is not defined before")

    def _union(self, node: list[Any], space: str, where: str) -> tuple[DataType, Shape]:
        members = [m for m in node if m != "null" and m != {"type": "null"}]
        if not members:
            raise SchemaError(f"{where} is a union of nothing but null")
        read = [self.read(m, space, where) for m in members]
        if len(read) == 1:
            return read[0]
        if len(members) == 2:
            bases = {m.get("type") if isinstance(m, dict) else m for m in members if _hashable(m)}
            for pair, wide in (({"int", "long"}, "bigint"), ({"float", "double"}, "double")):
                if bases == pair:
                    return Primitive(wide), Shape("plain")
        fields = tuple(Field(f"member{n}", kind) for n, (kind, _) in enumerate(read))
        shapes = tuple((f"member{n}", shape) for n, (_, shape) in enumerate(read))
        return Struct(fields), Shape("union", shapes)

    def _named(
        self, node: Mapping[str, Any], kind: str, space: str, where: str
    ) -> tuple[DataType, Shape]:
        full, inner = _full_name(node, kind, space, where)
        if full in self.known or full in self.open:
            raise SchemaError(f"the type {full} is defined twice")
        self.open.append(full)
        made = {"enum": _enum, "fixed": _fixed}.get(kind, self._record)(node, inner, full)
        self.open.remove(full)
        self.known[full] = made
        return made

    def _record(self, node: Mapping[str, Any], space: str, full: str) -> tuple[DataType, Shape]:
        fields = self.fields(node, space, full)
        struct = Struct(tuple(Field(f.name, f.type) for f in fields))
        return struct, Shape("struct", tuple((f.name, f.shape) for f in fields))

    def fields(self, node: Mapping[str, Any], space: str, full: str) -> tuple[SchemaField, ...]:
        listed = node.get("fields")
        if not isinstance(listed, list) or not all(isinstance(f, dict) for f in listed):
            raise SchemaError(f"the record {full} has no list of fields")
        found = tuple(self._field(f, space, full) for f in listed)
        names = [f.name.lower() for f in found]
        twice = next((f.name for n, f in enumerate(found) if f.name.lower() in names[:n]), None)
        if twice:
            hint = "Spark does not tell upper from lower case"
            raise SchemaError(f"the record {full} has the field '{twice}' twice", hint)
        return found

    def _field(self, node: Mapping[str, Any], space: str, full: str) -> SchemaField:
        name = node.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SchemaError(f"the record {full} has a field with the name {name!r}")
        kind, shape = self.read(node.get("type"), space, f"the field {full}.{name}")
        about = node.get("doc")
        return SchemaField(
            name,
            kind,
            shape,
            nullable=_is_nullable(node.get("type")),
            has_default="default" in node,
            about=about if isinstance(about, str) else "",
        )


def _hashable(member: Any) -> bool:
    return isinstance(member.get("type") if isinstance(member, dict) else member, str)


def _is_nullable(node: Any) -> bool:
    if isinstance(node, dict) and isinstance(node.get("type"), dict | list):
        return _is_nullable(node["type"])
    members = node if isinstance(node, list) else [node]
    return any(m in ("null", {"type": "null"}) for m in members)


def _full_name(node: Mapping[str, Any], kind: str, space: str, where: str) -> tuple[str, str]:
    """Return the full name of a named type, and the namespace of what is inside it."""
    name = node.get("name")
    if not isinstance(name, str) or not all(_NAME.fullmatch(p) for p in name.split(".")):
        raise SchemaError(f"{where} is a {kind} with the name {name!r}")
    if "." in name:
        return name, name.rpartition(".")[0]
    own = node.get("namespace", space) or ""
    return (f"{own}.{name}" if own else name), own


def _enum(node: Mapping[str, Any], _: str, full: str) -> tuple[DataType, Shape]:
    symbols = node.get("symbols")
    if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
        raise SchemaError(f"the enum {full} has no list of symbols")
    return Primitive("string"), Shape("enum")


def _fixed(node: Mapping[str, Any], _: str, full: str) -> tuple[DataType, Shape]:
    size = node.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise SchemaError(f"the fixed {full} has no size")
    return _decimal(node, size, full) or Primitive("binary"), Shape("plain")


def _logical(kind: str, node: Mapping[str, Any], where: str) -> DataType | None:
    if kind == "bytes":
        return _decimal(node, None, where)
    if kind in ("int", "long") and str(node.get(_SQL_TYPE, "")).startswith("interval"):
        return Primitive(str(node[_SQL_TYPE]))
    named = _LOGICAL.get((kind, str(node.get("logicalType"))))
    return Primitive(named) if named else None


def _decimal(node: Mapping[str, Any], size: int | None, where: str) -> DataType | None:
    """Return the decimal of bytes or of a fixed; None where Avro takes it for bytes."""
    if node.get("logicalType") != "decimal":
        return None
    precision, scale = node.get("precision"), node.get("scale", 0)
    if not isinstance(precision, int) or not isinstance(scale, int):
        return None
    if precision < 1 or not 0 <= scale <= precision:
        return None
    if size is not None and precision > len(str(2 ** (8 * size - 1) - 1)) - 1:
        return None
    if precision > 38:
        hint = "Spark holds 38 digits: make it smaller in the schema, or read the topic as raw"
        raise SchemaError(f"{where} is a decimal of {precision} digits", hint)
    return Decimal(precision, scale)


def parse_schema(text: str) -> Any:
    """Return a schema as JSON has it. SchemaError if it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"it is not JSON: {error}") from None


def schema_text(node: Any) -> str:
    """Return a schema as text, as short as JSON has it."""
    return json.dumps(node, separators=(",", ":"), ensure_ascii=False)


def column_type(column: str, data_type: str) -> DataType:
    """Return the type of a column that a schema is derived from. SchemaError if it is none."""
    try:
        return parse_type(data_type)
    except DataTypeError as error:
        raise SchemaError(f"column '{column}': {error}") from None


def schema_fields(node: Any) -> tuple[SchemaField, ...]:
    """Return the columns of a schema: a record's fields; of anything else the one ``value``.

    Raises:
        SchemaError: it is no schema, or Spark has no type for it.
    """
    reader = _Reader()
    if is_record(node):
        full, inner = _full_name(node, "record", "", "the schema")
        reader.open.append(full)
        fields = reader.fields(node, inner, full)
        if not fields:
            raise SchemaError(f"the record {full} has no fields")
        return fields
    kind, shape = reader.read(node, "", "the schema")
    return (SchemaField("value", kind, shape, _is_nullable(node), has_default=False),)


def is_record(node: Any) -> bool:
    """Whether a schema is that of a record, the fields of which are columns."""
    return isinstance(node, dict) and node.get("type") in ("record", "error")
