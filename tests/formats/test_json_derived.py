"""From columns to a JSON Schema and back: what is proposed to a registry for a topic of JSON."""

from __future__ import annotations

import json

import pytest
from format_sources import HERE

from streamsql.datatypes import ddl
from streamsql.formats import SchemaError, check_output
from streamsql.formats.json_compatibility import clashes
from streamsql.formats.json_derived import json_schema, next_json_schema
from streamsql.formats.json_schema import is_closed, json_schema_fields
from streamsql.formats.schemas import RecordSchema

TYPES = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "int": "int",
    "bigint": "bigint",
    "float": "float",
    "double": "double",
    "decimal(10,2)": "double",
    "varchar(3)": "string",
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
    "array<struct<sku:string,pieces:int>>": "array<struct<sku:string,pieces:int>>",
    "map<string,array<bigint>>": "map<string,array<bigint>>",
}
COLUMNS = [(f"c{n}", kind) for n, kind in enumerate(TYPES)]


def test_the_columns_go_into_what_is_derived_from_them() -> None:
    text = json_schema("totals", COLUMNS)
    node = json.loads(text)
    fields = json_schema_fields(node)
    assert [ddl(f.type) for f in fields] == list(TYPES.values())
    assert all(f.nullable for f in fields)
    assert is_closed(node)
    schema = RecordSchema("derived", text, fields, record=True, kind="JSON", closed=True)
    assert check_output("json", COLUMNS, HERE, schema=schema) == ()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("binary", "no type for binary"),
        ("timestamp_ntz", "no type for timestamp_ntz"),
        ("variant", "no type for variant"),
        ("map<int,string>", "the keys of JSON are strings"),
        ("struct<at:timestamp_ntz>", "column 'c': JSON Schema has no type"),
        ("no type", "column 'c'"),
    ],
)
def test_what_has_no_type_is_told(kind: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        json_schema("totals", [("c", kind)])


def test_a_table_without_columns_has_no_schema() -> None:
    with pytest.raises(SchemaError, match="there are no columns"):
        json_schema("totals", [])


def test_the_next_version_keeps_what_has_not_changed() -> None:
    """A column more or less breaks nobody who is asked, which is what closed schemas are for."""
    price = {"type": "number", "minimum": 0}
    first = {
        "title": "Totals",
        "type": "object",
        "properties": {"id": {"type": "integer"}, "price": price, "old": {"type": "string"}},
        "required": ["id", "old"],
        "additionalProperties": False,
    }
    columns = [("id", "bigint"), ("price", "double"), ("new", "string")]
    second = json.loads(next_json_schema(json.dumps(first), columns))
    added = {"oneOf": [{"type": "null"}, {"type": "string"}]}
    assert second == {
        **first,
        "properties": {"id": {"type": "integer"}, "price": price, "new": added},
        "required": ["id"],
    }
    more = json.loads(json_schema("totals", COLUMNS))
    less = json.loads(json_schema("totals", COLUMNS[1:]))
    assert (clashes(more, less), [c.field for c in clashes(less, more)]) == ((), ["c0"])
