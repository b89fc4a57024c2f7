"""JSON Schemas (draft 7, as registries keep them), and the Spark types of what they describe.

===================================  ========================================================
JSON Schema                          Spark
===================================  ========================================================
``string``; with ``format``          string; ``date``: date, ``date-time``: timestamp
``integer``, ``number``, ``boolean`` bigint, double, boolean
``connect.type`` beside them         ``int8`` to ``int64``, ``float32``, ``float64``
``enum`` or ``const`` of strings     string
``array`` of one kind of items       array
``object`` with ``properties``       struct
``object`` with nothing but          map with string keys
``additionalProperties``
a type, ``oneOf``, ``anyOf`` with    the other type
``null`` and one more
``$ref`` into the same file          what is there
===================================  ========================================================

Everything else has no type in Spark that would always be right, and is refused. What else a
schema demands (``pattern``, ``minimum``, …) is not looked at when records are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from streamsql.datatypes import Array, DataType, Field, Map, Primitive, Struct
from streamsql.formats.avro_schema import SchemaError, SchemaField, Shape

_PLAIN = {"integer": "bigint", "number": "double", "boolean": "boolean"}
FORMATS = {"date": "date", "date-time": "timestamp"}
_CONNECT = {
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "float32": "float",
    "float64": "double",
}
_HINT = "Spark has no one type for it: declare the columns, one of type variant, without a schema"
_SHAPE = Shape("plain")


class _Reader(NamedTuple):
    """A walk over a schema; ``$ref`` counts from its root."""

    root: Mapping[str, Any]

    def type(self, given: Any, where: str, above: tuple[str, ...] = ()) -> DataType:
        node, above = self.followed(given, where, above)
        kind = _kind(node, where)
        if kind == "string":
            return Primitive(FORMATS.get(str(node.get("format")), "string"))
        if kind == "array":
            return Array(self.type(node.get("items"), f"the items of {where}", above))
        if kind == "object":
            return self.object(node, where, above)
        return Primitive(_CONNECT.get(str(node.get("connect.type")), _PLAIN[kind]))

    def object(self, node: Mapping[str, Any], where: str, above: tuple[str, ...]) -> DataType:
        properties, others = node.get("properties"), node.get("additionalProperties")
        if isinstance(properties, dict) and properties:
            return Struct(
                tuple(
                    Field(name, self.type(kind, f"{where}.{name}", above))
                    for name, kind in properties.items()
                )
            )
        if isinstance(others, dict):
            value = self.type(others, f"the values of {where}", above)
            return Map(Primitive("string"), value)
        raise SchemaError(f"{where} is an object that may have any fields", _HINT)

    def followed(
        self, node: Any, where: str, above: tuple[str, ...] = ()
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """Return what a node means: ``$ref`` looked up, the one choice that is not null taken."""
        while True:
            if not isinstance(node, dict):
                raise SchemaError(f"{where} has no type", _HINT)
            if "$ref" in node:
                target = str(node["$ref"])
                if target in above:
                    hint = "read it as a variant, or unnest it in the schema"
                    raise SchemaError(f"{where} holds {target} inside itself", hint)
                above, node = (*above, target), referred(self.root, target, where)
                continue
            choices = node.get("oneOf", node.get("anyOf"))
            if not isinstance(choices, list):
                return node, above
            others = [c for c in choices if not _is_null(c)]
            if len(others) != 1:
                raise SchemaError(f"{where} may be one of {len(others)} kinds", _HINT)
            node = others[0]

    def nullable(self, node: Any) -> bool:
        """Whether null is a value of a node."""
        if not isinstance(node, dict):
            return True
        if "$ref" in node:
            return self.nullable(referred(self.root, str(node["$ref"]), "the schema"))
        choices = node.get("oneOf", node.get("anyOf"))
        if isinstance(choices, list):
            return any(_is_null(c) for c in choices)
        kind = node.get("type")
        return "null" in kind if isinstance(kind, list) else kind == "null"


def referred(root: Any, target: str, where: str) -> Any:
    """Return what a ``$ref`` of a schema means.

    Raises:
        SchemaError: it is in another file, or not there.
    """
    if not target.startswith("#"):
        hint = "put what it refers to under 'definitions' of the same file"
        raise SchemaError(f"{where} refers to {target}, outside of its file", hint)
    node = root
    for step in filter(None, target.removeprefix("#").split("/")):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or name not in node:
            raise SchemaError(f"{where} refers to {target}, which is not there")
        node = node[name]
    return node


def _kind(node: Mapping[str, Any], where: str) -> str:
    """Return the one type of a node that is not null."""
    given = node.get("type")
    kinds = [k for k in (given if isinstance(given, list) else [given]) if k not in (None, "null")]
    values = node.get("enum", [node["const"]] if "const" in node else None)
    if not kinds and isinstance(values, list) and all(isinstance(v, str) for v in values):
        return "string"
    if not kinds and "properties" in node:
        return "object"
    if len(kinds) == 1 and kinds[0] in ("string", "array", "object", *_PLAIN):
        return str(kinds[0])
    what = f"may be {' or '.join(map(str, kinds))}" if kinds else "has no type"
    raise SchemaError(f"{where} {what}", _HINT)


def _is_null(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") in ("null", ["null"])


def json_schema_fields(root: Any) -> tuple[SchemaField, ...]:
    """Return the columns of a JSON Schema of objects: its properties.

    Raises:
        SchemaError: it describes no objects, or Spark has no type for a property.
    """
    if not isinstance(root, dict):
        raise SchemaError("it is no JSON Schema")
    reader = _Reader(root)
    node, above = reader.followed(root, "the schema")
    properties = node.get("properties")
    if _kind(node, "the schema") != "object" or not isinstance(properties, dict) or not properties:
        raise SchemaError("the schema has no properties", "columns are the properties of an object")
    needed = node.get("required", [])
    fields = []
    seen: set[str] = set()
    for name, kind in properties.items():
        if name.lower() in seen:
            hint = "Spark does not tell upper from lower case"
            raise SchemaError(f"the schema has the property '{name}' twice", hint)
        seen.add(name.lower())
        about = kind.get("description") if isinstance(kind, dict) else None
        fields.append(
            SchemaField(
                name,
                reader.type(kind, f"the property {name}", above),
                _SHAPE,
                nullable=name not in needed or reader.nullable(kind),
                has_default=name not in needed,
                about=about if isinstance(about, str) else "",
            )
        )
    return tuple(fields)


def is_closed(root: Any) -> bool:
    """Whether a JSON Schema lists all the fields that an object may have."""
    node = _Reader(root).followed(root, "the schema")[0]
    return node.get("additionalProperties") is False
