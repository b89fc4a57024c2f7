"""The columns of functions that make rows: explode, inline, stack and their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, ddl
from streamsql.dialect import function_name
from streamsql.resolve.argument_types import check_arguments
from streamsql.resolve.arguments import Argument, whole_number
from streamsql.resolve.coercion import BIGINT, INT, STRING, widest
from streamsql.resolve.expressions import type_of
from streamsql.resolve.lineage import NOWHERE, How, Origins, inside, united, used_by
from streamsql.resolve.scope import Scope
from streamsql.resolve.signatures import GENERATORS, check_count
from streamsql.resolve.walk import Walk


class Generated(NamedTuple):
    """A column that a generator makes, and what it is made of."""

    name: str
    type: DataType | None
    origins: Origins = NOWHERE


Outputs = list[Generated]
_Typed = list[tuple[str, DataType | None]]


def is_generator(node: exp.Expr) -> bool:
    """Whether an expression makes rows, and so may make several columns."""
    return isinstance(node, exp.Anonymous) and function_name(node) in GENERATORS


def generated(node: exp.Expr, scope: Scope, walk: Walk) -> Outputs | None:
    """Return the columns that a generator or table function makes, None if not known.

    What it reads is left on the walk's trail, too.
    """
    name = function_name(node)
    if name is None:
        return None
    types: list[DataType | None] = []
    read: list[Origins] = []
    for argument in node.expressions:
        since = len(walk.read)
        types.append(type_of(argument, scope, walk))
        taken = walk.read[since:]
        alone = isinstance(argument, exp.Column)
        read.append(used_by(taken, How.IDENTITY if alone else How.TRANSFORMATION))
    kind = name.removesuffix("_outer")
    check_count(name, len(node.expressions), node, walk)
    _check_input(kind, node, types, walk)
    given = [Argument(t, n) for t, n in zip(types, node.expressions, strict=True)]
    check_arguments(kind, node, given, walk)
    outputs = _outputs(kind, node, types)
    if outputs is None:
        return None
    origins = _origins(kind, outputs, types, read)
    return [Generated(n, t, o) for (n, t), o in zip(outputs, origins, strict=True)]


def _check_input(kind: str, node: exp.Expr, types: Sequence[DataType | None], walk: Walk) -> None:
    found = types[0] if types else None
    if kind in ("explode", "posexplode", "inline") and (
        isinstance(found, (Primitive, Decimal, Struct))
        and found not in (Primitive("void"), Primitive("variant"))
    ):
        walk.report(
            "bad-generator",
            f"{kind}(…) makes rows of an array, and this is {ddl(found)}",
            node,
            "split(…) makes an array of text",
        )


def check_generators(node: exp.Select, walk: Walk) -> None:
    """Report a second generator in one select list."""
    count = 0
    for item in node.expressions:
        inner = item.unalias()
        inner = inner.this if isinstance(inner, exp.Aliases) else inner
        top = is_generator(inner)
        count += top
        if count > 1:
            walk.report(
                "bad-generator",
                "a select list makes rows of one array only, and this is a second one",
                inner,
                "use LATERAL VIEW for each, or arrays_zip(…) for one beside the other",
            )


def _outputs(kind: str, node: exp.Expr, types: list[DataType | None]) -> _Typed | None:
    first = types[0] if types else None
    match kind:
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


def _origins(
    kind: str, outputs: _Typed, types: Sequence[DataType | None], read: Sequence[Origins]
) -> list[Origins]:
    """Return what each column is made of: an element of an array is a part of the array."""
    whole = united(read, How.TRANSFORMATION)
    match kind:
        case "explode" if isinstance(types[0], Array):
            return [read[0]]
        case "posexplode" if isinstance(types[0], Array):
            return [whole, read[0]]
        case "inline":
            return [inside(read[0], types[0], (name,)) for name, _ in outputs]
        case "stack":
            cells, width = read[1:], len(outputs)
            return [united(cells[n::width], How.TRANSFORMATION) for n in range(width)]
    return [whole] * len(outputs)


def _exploded(found: DataType | None) -> _Typed | None:
    match found:
        case Array(element):
            return [("col", element)]
        case Map(key, value):
            return [("key", key), ("value", value)]
    return None


def _inlined(found: DataType | None) -> _Typed | None:
    match found:
        case Array(Struct(fields)):
            return [(f.name, f.type) for f in fields]
    return None


def _stacked(node: exp.Expr, types: list[DataType | None]) -> _Typed | None:
    rows = whole_number(node.expressions[0]) if node.expressions else None
    if not rows:
        return None
    cells = types[1:]
    width = -(-len(cells) // rows)
    return [(f"col{n}", widest(cells[n::width])) for n in range(width)]
