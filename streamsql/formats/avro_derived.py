"""From columns to an Avro schema: what a topic is written with that has no schema file.

Every field may be null and says so by its default, so that fields can come and go later and
neither old nor new readers break. The types are those that ``from_avro`` gives back:
``tests/formats/test_avro_on_spark.py``.
"""

from __future__ import annotations

import json
import re
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
from streamsql.formats.avro_schema import (
    SchemaError,
    column_type,
    is_record,
    parse_schema,
    schema_fields,
    schema_text,
)
from streamsql.formats.schemas import RecordSchema

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPES: dict[str, Any] = {
    "boolean": "boolean",
    "tinyint": "int",
    "smallint": "int",
    "int": "int",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "binary": "bytes",
    "date": {"type": "int", "logicalType": "date"},
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
    "timestamp_ntz": {"type": "long", "logicalType": "local-timestamp-micros"},
}


def derived_schema(model: str, columns: Sequence[tuple[str, str]]) -> RecordSchema:
    """Return the schema of a model's rows: of plain records, since no registry knows it.

    Raises:
        SchemaError: Avro has no name or no type for a column.
    """
    text = avro_schema(model, columns)
    node = parse_schema(text)
    return RecordSchema("derived from its columns", text, schema_fields(node), is_record(node))


def avro_schema(name: str, columns: Sequence[tuple[str, str]]) -> str:
    """Return the schema of a record of columns (names, and types as Spark DDL), as JSON.

    >>> avro_schema("totals", [("orders", "bigint")])
    '{"type":"record","name":"totals","fields":[{"name":"orders","type":["null","long"],\
"default":null}]}'

    Raises:
        SchemaError: Avro has no name or no type for a column.
    """
    fields = [_field(column, column_type(column, data_type), name) for column, data_type in columns]
    if not fields:
        raise SchemaError("there are no columns")
    made = {"type": "record", "name": _checked(name), "fields": fields}
    return schema_text(made)


def next_schema(newest: str, columns: Sequence[tuple[str, str]]) -> str:
    """Return the schema of columns as the next version of one that is a record.

    Its name stays, and so do the fields whose columns have the types that they had.

    Raises:
        SchemaError: Avro has no name or no type for a column.
    """
    node = parse_schema(newest)
    name = node.get("name", "") if isinstance(node, dict) else ""
    derived = json.loads(avro_schema(str(name).rpartition(".")[2] or "value", columns))
    if not is_record(node):
        return schema_text(derived)
    kinds = {f.name.lower(): f.type for f in schema_fields(node)}
    before = {f["name"].lower(): f for f in node["fields"]}
    fields = []
    for (column, data_type), made in zip(columns, derived["fields"], strict=True):
        same = kinds.get(column.lower()) == column_type(column, data_type)
        fields.append(before[column.lower()] if same else made)
    whole = {**node, "fields": fields}
    try:
        schema_fields(whole)
    except SchemaError:  # a type that was defined in a field that is gone
        whole = {**node, "fields": derived["fields"]}
    return schema_text(whole)


def _field(name: str, kind: DataType, owner: str) -> dict[str, Any]:
    inner = f"{owner}_{_checked(name)}"
    return {"name": name, "type": ["null", _avro(kind, inner, name)], "default": None}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        hint = "letters, digits and _ alone: give it another name with AS"
        raise SchemaError(f"'{name}' is no name in Avro", hint)
    return name


def _avro(kind: DataType, owner: str, column: str) -> Any:
    match kind:
        case Struct():
            fields = [_field(f.name, f.type, owner) for f in kind.fields]
            return {"type": "record", "name": owner, "fields": fields}
        case Array():
            return {"type": "array", "items": ["null", _avro(kind.element, owner, column)]}
        case Map():
            if kind.key != Primitive("string"):
                hint = "cast the keys to string, or write it as an array of structs"
                raise SchemaError(f"column '{column}': Avro's maps have strings as keys", hint)
            return {"type": "map", "values": ["null", _avro(kind.value, owner, column)]}
        case Decimal():
            digits = {"precision": kind.precision, "scale": kind.scale}
            return {"type": "bytes", "logicalType": "decimal", **digits}
        case Primitive():
            plain = "string" if kind.name.startswith(("string", "char", "varchar")) else kind.name
            if plain not in _TYPES:
                hint = "cast it to a type that Avro has, such as string"
                raise SchemaError(f"column '{column}': Avro has no type for {kind.name}", hint)
            return _TYPES[plain]
