"""The columns of functions that make rows: explode, inline, stack and their like."""

from __future__ import annotations

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map, Struct
from streamsql.dialect import function_name
from streamsql.resolve.coercion import BIGINT, INT, STRING, widest
from streamsql.resolve.expressions import type_of
from streamsql.resolve.scope import Scope
from streamsql.resolve.walk import Walk

Outputs = list[tuple[str, DataType | None]]

_GENERATORS = frozenset(
    {
        "explode",
        "explode_outer",
        "inline",
        "inline_outer",
        "json_tuple",
        "posexplode",
        "posexplode_outer",
        "stack",
        "variant_explode",
        "variant_explode_outer",
    }
)


def is_generator(node: exp.Expr) -> bool:
    """Whether an expression makes rows, and so may make several columns."""
    return function_name(node) in _GENERATORS


def generated(node: exp.Expr, scope: Scope, walk: Walk) -> Outputs | None:
    """Return the columns that a generator or table function makes, None if not known."""
    name = function_name(node)
    if name is None:
        return None
    types = [type_of(a, scope, walk) for a in node.expressions]
    first = types[0] if types else None
    match name.removesuffix("_outer"):
        case "explode":
            return _exploded(first)
        case "posexplode":
            inner = _exploded(first)
            return None if inner is None else [("pos", INT), *inner]
        case "inline":
            return _inlined(first)
        case "stack":
            return _stacked(node, types)
        case "json_tuple":
            return [(f"c{n}", STRING) for n in range(len(types) - 1)]
        case "range":
            return [("id", BIGINT)]
    return None


def _exploded(found: DataType | None) -> Outputs | None:
    match found:
        case Array(element):
            return [("col", element)]
        case Map(key, value):
            return [("key", key), ("value", value)]
    return None


def _inlined(found: DataType | None) -> Outputs | None:
    match found:
        case Array(Struct(fields)):
            return [(f.name, f.type) for f in fields]
    return None


def _stacked(node: exp.Expr, types: list[DataType | None]) -> Outputs | None:
    rows = node.expressions[0] if node.expressions else None
    if not isinstance(rows, exp.Literal) or not str(rows.this).isdigit() or int(rows.this) < 1:
        return None
    cells = types[1:]
    width = -(-len(cells) // int(rows.this))
    return [(f"col{n}", widest(cells[n::width])) for n in range(width)]
