"""Which types the arguments of Spark's functions may have: what Spark refuses before a run.

The table in ``taken_types`` was read off Spark itself, see ``tests/oracle/arguments.txt``. A type
that is not known is let pass, and so is a function that is not in the table.
"""

from __future__ import annotations

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct
from streamsql.resolve.argument_relations import Call, check_together, named
from streamsql.resolve.arguments import Argument, Arguments
from streamsql.resolve.coercion import STRING, VOID
from streamsql.resolve.naming import written
from streamsql.resolve.taken_types import Taken, taken_by
from streamsql.resolve.walk import Walk

_CLASSES = {
    "smallint": "tinyint",
    "timestamp_ntz": "ntz",
    **{
        name: name
        for name in (
            *("boolean", "tinyint", "int", "bigint", "float", "double", "string", "binary"),
            *("date", "timestamp", "void", "variant", "interval"),
        )
    },
}
_ELEMENTS = {
    **dict.fromkeys(("tinyint", "int", "bigint"), "[int]"),
    **dict.fromkeys(("float", "double", "decimal"), "[double]"),
    **dict.fromkeys(("date", "timestamp", "ntz"), "[date]"),
    **dict.fromkeys(("days", "months"), "[days]"),
    **{name: f"[{name}]" for name in ("boolean", "string", "binary", "void", "variant", "struct")},
    **dict.fromkeys(("map", "textmap"), "[map]"),
    "unordered": "[unordered]",
}
_UNORDERED = frozenset({"map", "textmap", "variant", "interval", "unordered"})


def class_of(found: DataType | None) -> str | None:
    """Return which of the classes that Spark was asked about a type is in; None if in none."""
    match found:
        case Primitive(name):
            if name.startswith("interval "):
                return "months" if name.split()[1] in ("year", "month") else "days"
            return _CLASSES.get(name)
        case Decimal():
            return "decimal"
        case Map(key, value):
            texts = key == value == STRING
            return "textmap" if texts else "map"
        case Struct(fields):
            return _struct_class([class_of(f.type) for f in fields])
        case Array(element):
            inner = class_of(element)
            if inner is not None and inner.startswith("["):
                return "[array]" if _is_ordered(inner) else None
            return _ELEMENTS.get(inner or "")
    return None


def _struct_class(parts: list[str | None]) -> str | None:
    if not parts or None in parts:
        return None
    return "struct" if all(_is_ordered(part) for part in parts) else "unordered"


def _is_ordered(inner: str | None) -> bool:
    return (inner or "").strip("[]") not in _UNORDERED


def check_arguments(name: str, node: exp.Expr, arguments: Arguments, walk: Walk) -> None:
    """Report the arguments of a call whose types Spark refuses."""
    taken = taken_by(name, len(arguments))
    if name in _NOTHING_OF_NULL and arguments and arguments[0].type == VOID:
        return
    if name in _WIDER_SINCE and walk.release >= _WIDER_SINCE[name]:
        return
    fits = True
    for place, argument in enumerate(arguments):
        if argument.type is None or taken is None:
            continue
        wanted = taken[place] if place < len(taken) else taken[-1].for_the_rest
        if wanted is not None:
            fits = _fits(name, place, argument, wanted, len(arguments), walk) and fits
    if fits:
        check_together(Call(name, node, arguments), walk)


def _fits(name: str, place: int, argument: Argument, wanted: Taken, count: int, walk: Walk) -> bool:
    found = class_of(argument.type)
    if found is None:
        return True
    where = "" if count == 1 else f" as argument {place + 1}"
    if found not in wanted.classes:
        message = f"{name}(…) takes {wanted.phrase}{where}, and this is {named(argument.type)}"
        walk.report("bad-operand", message, argument.node, _cure(found, argument, wanted))
        return False
    if wanted.constant and found != "void" and _varies(argument.node):
        message = f"{name}(…) takes one value for all rows{where}, and this is another in each"
        walk.report("bad-operand", message, argument.node, "write the value itself")
        return False
    return True


_NOTHING_OF_NULL = frozenset({"date_part", "datepart"})
"""Functions that take anything beside a first NULL."""
_WIDER_SINCE = dict.fromkeys(("unix_micros", "unix_millis", "unix_seconds"), (4, 3))
"""Versions of Spark that take more of a function's arguments than the table says."""


def _varies(node: exp.Expr) -> bool:
    """Whether a value surely is read from a row: a column, or arithmetic of columns."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Neg)):
        node = node.this
    if isinstance(node, exp.Binary):
        return _varies(node.this) or _varies(node.expression)
    return isinstance(node, exp.Column) and node.name.lower() not in _WITHOUT_BRACKETS


_WITHOUT_BRACKETS = frozenset(
    {"current_catalog", "current_database", "current_date", "current_timestamp", "current_user"}
) | {"session_user", "user", "current_schema", "current_time", "localtimestamp"}
_MADE_BY_CAST = {
    "tinyint": "INT",
    "int": "INT",
    "bigint": "BIGINT",
    "string": "STRING",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "binary": "BINARY",
}
_COUNTED = frozenset({"tinyint", "int", "bigint", "float", "double", "decimal"})
_NESTED_ITEMS = frozenset({"[struct]", "[unordered]", "[array]", "[map]"})
_TIMED = frozenset({"date", "timestamp", "ntz"})


def _cure(found: str, argument: Argument, wanted: Taken) -> str | None:
    """Return what to write instead, where that is sure."""
    text, classes = written(argument.node), wanted.classes
    arrays = any(c.startswith("[") for c in classes)
    if found in _NESTED_ITEMS and not arrays:
        return f"make rows of it with LATERAL VIEW explode({text}), and take a field of those"
    if found.startswith("[") and not arrays:
        return f"take one element of it, get({text}, 0), or make rows of it with LATERAL VIEW"
    if found in ("struct", "unordered", "map", "textmap") or found.startswith("["):
        return "take one field of it, or write to_json(…)" if "string" in classes else None
    if found == "variant":
        return f"take what is in it: variant_get({text}, '$.…', 'STRING')"
    if "[string]" in classes and found == "string":
        return f"make an array of it: split({text}, ',')"
    if found in _COUNTED and "timestamp" in classes and not classes & _COUNTED:
        return (
            f"make a timestamp of it first: timestamp_seconds({text}) or timestamp_millis({text})"
        )
    if found == "timestamp" and "bigint" in classes and not classes & _TIMED:
        return f"make a number of it: unix_seconds({text})"
    target = _castable(found, classes)
    return None if target is None else f"CAST({text} AS {target})"


def _castable(found: str, classes: frozenset[str]) -> str | None:
    """Return a type that a plain value can be cast to, among those taken."""
    if found in _COUNTED or found == "boolean":
        ways = "int bigint string"
    elif found in _TIMED:
        numbers = classes & _COUNTED and not classes & _TIMED
        ways = "" if numbers else "timestamp date string" if classes & _TIMED else "string"
    elif found == "string":
        ways = "int bigint timestamp date binary"
    else:
        ways = "" if classes & _COUNTED and "boolean" not in classes else "string"
    return next((_MADE_BY_CAST[way] for way in ways.split() if way in classes), None)


def check_source(argument: Argument, walk: Walk) -> None:
    """Report what is no time in ``EXTRACT(field FROM argument)``."""
    wanted = taken_by("date_part", 2)
    if wanted is not None:
        _fits("extract", 0, argument, wanted[1], 1, walk)
