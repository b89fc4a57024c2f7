"""The types of functions that take functions: transform, filter, aggregate and their like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map
from streamsql.dialect import function_name
from streamsql.resolve.coercion import BOOLEAN, INT, widest

Types = Sequence[DataType | None]
Body = Callable[[exp.Lambda, Types], DataType | None]
Shape = Callable[[Types, Sequence[exp.Lambda], Body], DataType | None]


def _element(found: DataType | None) -> DataType | None:
    return found.element if isinstance(found, Array) else None


def _entry(found: DataType | None) -> tuple[DataType | None, DataType | None]:
    return (found.key, found.value) if isinstance(found, Map) else (None, None)


def _transform_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    found = body(lambdas[0], (_element(types[0]), INT))
    return Array(found) if found else None


def _filter_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    body(lambdas[0], (_element(types[0]), INT))
    return types[0]


def _sort_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    body(lambdas[0], (_element(types[0]), _element(types[0])))
    return types[0]


def _test_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    body(lambdas[0], (_element(types[0]),))
    return BOOLEAN


def _aggregate_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    zero = types[1] if len(types) > 1 else None
    body(lambdas[0], (zero, _element(types[0])))
    return body(lambdas[1], (zero,)) if len(lambdas) > 1 else zero


def _zip_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    found = body(lambdas[0], tuple(_element(t) for t in types))
    return Array(found) if found else None


def _map_filter_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    body(lambdas[0], _entry(types[0]))
    return types[0]


def _keys_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    found, (_, value) = body(lambdas[0], _entry(types[0])), _entry(types[0])
    return Map(found, value) if found and value else None


def _values_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    found, (key, _) = body(lambdas[0], _entry(types[0])), _entry(types[0])
    return Map(key, found) if found and key else None


def _map_zip_shape(types: Types, lambdas: Sequence[exp.Lambda], body: Body) -> DataType | None:
    entries = [_entry(t) for t in types]
    key = widest(k for k, _ in entries)
    found = body(lambdas[0], (key, *(v for _, v in entries)))
    return Map(key, found) if found and key else None


LAMBDA_SHAPES: Mapping[str, Shape] = {
    "aggregate": _aggregate_shape,
    "array_sort": _sort_shape,
    "exists": _test_shape,
    "filter": _filter_shape,
    "forall": _test_shape,
    "map_filter": _map_filter_shape,
    "map_zip_with": _map_zip_shape,
    "reduce": _aggregate_shape,
    "transform": _transform_shape,
    "transform_keys": _keys_shape,
    "transform_values": _values_shape,
    "zip_with": _zip_shape,
}

_BOTH = ((0, 0),)
_PASSED: Mapping[str, tuple[tuple[int | None, ...], ...]] = {
    "aggregate": ((None, 0), (None,)),
    "array_sort": _BOTH,
    "exists": ((0,),),
    "filter": ((0, None),),
    "forall": ((0,),),
    "map_filter": _BOTH,
    "map_zip_with": ((None, 0, 1),),
    "reduce": ((None, 0), (None,)),
    "transform": ((0, None),),
    "transform_keys": _BOTH,
    "transform_values": _BOTH,
    "zip_with": ((0, 1),),
}
_MADE_OF_BODIES = frozenset({"aggregate", "exists", "forall", "reduce", "transform", "zip_with"})
_SAME_ELEMENTS = frozenset(
    {"array_distinct", "array_sort", "filter", "reverse", "shuffle", "slice", "sort_array"}
)


def passed_to(name: str, number: int) -> tuple[int | None, ...]:
    """Return which argument of a function the arguments of its lambda are elements of."""
    known = _PASSED.get(name, ())
    return known[number] if number < len(known) else ()


def keeps_elements(name: str) -> bool:
    """Whether elements come out whole, whatever the lambda reads of them."""
    return name not in _MADE_OF_BODIES


def is_collection(node: exp.Expr) -> bool:
    """Whether an argument is a column's own elements, perhaps fewer, or in another order."""
    while function_name(node) in _SAME_ELEMENTS and node.expressions:
        node = node.expressions[0]
    while isinstance(node, (exp.Dot, exp.Bracket, exp.Paren)):
        node = node.this
    return isinstance(node, (exp.Column, exp.Identifier))
