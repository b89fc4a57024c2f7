"""What Spark asks of the arguments of a call together: elements of the array, keys of the map.

As in ``argument_types``, what is not known is let pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map
from streamsql.resolve.arguments import Arguments
from streamsql.resolve.arithmetic import is_refused
from streamsql.resolve.coercion import INT, SMALLINT, STRING, TINYINT, VOID
from streamsql.resolve.kinds import both, differ_in_kind, incomparable, unmixable
from streamsql.resolve.naming import written
from streamsql.resolve.walk import Walk

_LONGEST = 60


class Call(NamedTuple):
    """A call of a function by name, whose arguments each have a type that it takes."""

    name: str
    node: exp.Expr
    arguments: Arguments


Relation = Callable[[Call, Walk], None]


def named(found: DataType | None) -> str:
    """Name a type for a message, without its parts if they are many."""
    text = both(found, None)
    return text if len(text) <= _LONGEST else text.partition("<")[0]


def check_together(call: Call, walk: Walk) -> None:
    """Report arguments that Spark refuses beside each other."""
    relation = _RELATIONS.get(call.name)
    if relation is not None:
        relation(call, walk)


def _of_one_kind(call: Call, walk: Walk) -> None:
    """Report two arrays whose elements have no type in common."""
    if len(call.arguments) == 2 and unmixable(*map(_element, _pair(call))):
        walk.report(
            "bad-operand",
            f"{call.name}(…) takes arrays of one type, and these are {_both(call)}",
            call.node,
            "cast the elements of one of them: transform(…, x -> CAST(x AS …))",
        )


def _with_element(call: Call, walk: Walk) -> None:
    """Report a value that is no element of the array it is looked for in, or added to."""
    if len(call.arguments) < 2:
        return
    inner, value = _element(call.arguments[0].type), call.arguments[-1]
    if unmixable(inner, value.type):
        walk.report(
            "bad-operand",
            f"{call.name}(…) is given an array of {named(inner)}, and this is {named(value.type)}",
            value.node,
            "give it a value of the array's own type",
        )


def _computed(operator: str) -> Relation:
    def relation(call: Call, walk: Walk) -> None:
        if len(call.arguments) == 2 and is_refused(operator, *_pair(call)):
            message = f"{call.name}(…) cannot be applied to {_both(call)}"
            walk.report("bad-operand", message, call.node, "cast what is no number")

    return relation


def _compared(call: Call, walk: Walk) -> None:
    if len(call.arguments) == 2 and incomparable(*_pair(call)):
        message = f"{_both(call)} cannot be compared"
        walk.report("incomparable-types", message, call.node, _CAST)


def _in_order(call: Call, walk: Walk) -> None:
    """Report ends of a range that have no type in common; with a step Spark asks for less."""
    if len(call.arguments) != (2 if call.name == "sequence" else 4):
        return
    if unmixable(*_pair(call)):
        message = f"{call.name}(…) takes values of one type, and these are {_both(call)}"
        walk.report("bad-operand", message, call.node, _CAST)


_CAST = "cast one of them to the other's type"


def _by_key(call: Call, walk: Walk) -> None:
    """Report a key that a map cannot have, and a place in an array that is no int."""
    if len(call.arguments) != 2:
        return
    held, key = call.arguments
    if isinstance(held.type, Array):
        if key.type is not None and key.type not in _PLACES:
            message = f"a place in an array is an int, and this is {named(key.type)}"
            walk.report("bad-operand", message, key.node, f"CAST({written(key.node)} AS INT)")
    elif isinstance(held.type, Map) and unmixable(held.type.key, key.type):
        walk.report(
            "bad-operand",
            f"the keys of this map are {named(held.type.key)}, and this is {named(key.type)}",
            key.node,
            "look for a key of the map's own type",
        )


_PLACES = frozenset({TINYINT, SMALLINT, INT, VOID})


def _made_of_pairs(call: Call, walk: Walk) -> None:
    for key in call.arguments[::2]:
        if isinstance(key.type, Map):
            message = f"the key of a map is no map, and this is {named(key.type)}"
            walk.report("bad-operand", message, key.node, "take another key, or to_json(…) of it")


def _with_default(call: Call, walk: Walk) -> None:
    """Report a value for rows that are not there, of another type than those of rows."""
    if len(call.arguments) < 3:
        return
    first, _, default = call.arguments[:3]
    if STRING not in (first.type, default.type) and unmixable(first.type, default.type):
        walk.report(
            "bad-operand",
            f"{call.name}(…) gives {named(first.type)}, and this is {named(default.type)}",
            default.node,
            "cast it to the type of the first argument",
        )


def _decoded(call: Call, walk: Walk) -> None:
    """Report values that the first is compared with, and cannot be."""
    first, *rest = call.arguments
    for value in rest[: len(rest) // 2 * 2 : 2] if len(rest) > 1 else ():
        if incomparable(first.type, value.type):
            walk.report(
                "incomparable-types",
                f"{named(first.type)} and {named(value.type)} cannot be compared",
                value.node,
                _CAST,
            )


def _joined(call: Call, walk: Walk) -> None:
    first = call.arguments[0].type if call.arguments else None
    other = next((a for a in call.arguments if differ_in_kind(first, a.type)), None)
    if other is not None:
        walk.report(
            "bad-operand",
            f"{call.name}(…) joins texts, or arrays, and these are {both(first, other.type)}",
            other.node,
            "join an element of it, or write to_json(…)",
        )


def _element(found: DataType | None) -> DataType | None:
    return found.element if isinstance(found, Array) else None


def _pair(call: Call) -> tuple[DataType | None, DataType | None]:
    return call.arguments[0].type, call.arguments[1].type


def _both(call: Call) -> str:
    return " and ".join(named(found) for found in _pair(call))


_RELATIONS: Mapping[str, Relation] = {
    **dict.fromkeys(
        ("array_except", "array_intersect", "array_union", "arrays_overlap"), _of_one_kind
    ),
    **dict.fromkeys(
        ("array_append", "array_contains", "array_insert", "array_position", "array_prepend"),
        _with_element,
    ),
    "array_remove": _with_element,
    "concat": _joined,
    "decode": _decoded,
    "element_at": _by_key,
    "equal_null": _compared,
    "lag": _with_default,
    "lead": _with_default,
    "map": _made_of_pairs,
    "map_contains_key": _by_key,
    "nullif": _compared,
    "sequence": _in_order,
    "try_element_at": _by_key,
    "width_bucket": _in_order,
    "div": _computed("DIV"),
    "mod": _computed("%"),
    "pmod": _computed("%"),
    "try_add": _computed("+"),
    "try_divide": _computed("/"),
    "try_mod": _computed("%"),
    "try_multiply": _computed("*"),
    "try_subtract": _computed("-"),
}
