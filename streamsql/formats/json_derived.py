"""From columns to a JSON Schema: what is proposed to a registry for a topic of JSON.

Every property may be null, and there are no others: what a later version adds or leaves out
breaks nobody then. The types are those that ``json_schema`` gives back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamsql.datatypes import (
    Array,
    DataType,
    Decimal,
    Map,
    Primitive,
    Struct,
)
from streamsql.formats.avro_schema import SchemaError, column_type, parse_schema, schema_text
from streamsql.formats.json_schema import json_schema_fields

_DRAFT = "http://json-schema.org/draft-07/schema#"
_TYPES: dict[str, dict[str, str]] = {
    "boolean": {"type": "boolean"},
    "tinyint": {"type": "integer", "connect.type": "int8"},
    "smallint": {"type": "integer", "connect.type": "int16"},
    "int": {"type": "integer", "connect.type": "int32"},
    "bigint": {"type": "integer"},
    "float": {"type": "number", "connect.type": "float32"},
    "double": {"type": "number"},
    "string": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
}


def json_schema(title: str, columns: Sequence[tuple[str, str]]) -> str:
    """Return the JSON Schema of objects of columns (names, and types as Spark DDL).

    >>> json_schema("totals", [("orders", "bigint")])
    '{"$schema":"http://json-schema.org/draft-07/schema#","title":"totals","type":"object",\
"properties":{"orders":{"oneOf":[{"type":"null"},{"type":"integer"}]}},\
"additionalProperties":false}'

    Raises:
        SchemaError: JSON Schema has no type for a column, or there are none.
    """
    if not columns:
        raise SchemaError("there are no columns")
    properties = {
        name: _property(name, column_type(name, data_type)) for name, data_type in columns
    }
    return schema_text({"$schema": _DRAFT, "title": title, **_object(properties)})


def next_json_schema(newest: str, columns: Sequence[tuple[str, str]]) -> str:
    """Return the schema of columns as the next version of another one.

    All that it says of itself stays, and so do the properties whose columns have the types
    that they had.

    Raises:
        SchemaError: JSON Schema has no type for a column.
    """
    node = parse_schema(newest)
    kinds = {f.name: f.type for f in json_schema_fields(node)}
    if "properties" not in node:  # a reference to what is described elsewhere in it
        return json_schema(str(node.get("title", "value")), columns)
    properties = {
        name: node["properties"][name] if kinds.get(name) == kind else _property(name, kind)
        for name, kind in ((name, column_type(name, data_type)) for name, data_type in columns)
    }
    made = {**node, "properties": properties}
    if "required" in node:
        made["required"] = [name for name in node["required"] if name in properties]
    return schema_text(made)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _property(column: str, kind: DataType) -> dict[str, Any]:
    return {"oneOf": [{"type": "null"}, _type(column, kind)]}


def _type(column: str, kind: DataType) -> dict[str, Any]:
    match kind:
        case Struct(fields):
            return _object({f.name: _property(column, f.type) for f in fields})
        case Array(element):
            return {"type": "array", "items": _property(column, element)}
        case Map(Primitive("string"), value):
            return {"type": "object", "additionalProperties": _property(column, value)}
        case Map():
            hint = "cast the keys to string, or write it as an array of structs"
            raise SchemaError(f"column '{column}': the keys of JSON are strings", hint)
        case Decimal():
            return dict(_TYPES["double"])
        case Primitive(name):
            plain = "string" if name.startswith(("string", "char", "varchar")) else name
            if plain not in _TYPES:
                hint = "cast it to a type that it has, such as string"
                raise SchemaError(f"column '{column}': JSON Schema has no type for {name}", hint)
            return dict(_TYPES[plain])
