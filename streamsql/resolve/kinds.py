"""Whether two types can meet at all: in a comparison, an arithmetic, a UNION.

Only what Spark 4.1 to 4.3 refuse for certain, with ANSI mode on (``AnsiTypeCoercion``): text
is cast to what it meets, NULL is of every type, and what is not known is let pass.
"""

from __future__ import annotations

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, ddl
from streamsql.resolve.coercion import is_numeric

_PLAIN = {
    "boolean": "boolean",
    "binary": "binary",
    "date": "time",
    "timestamp": "time",
    "timestamp_ntz": "time",
}
_NO_SUMMANDS = frozenset({"boolean", "binary", "array", "map", "struct"})
_NOT_SUMMED = _NO_SUMMANDS | {"time"}
_SUMS = frozenset({"sum", "avg", "mean", "try_sum", "try_avg"})


def kind_of(found: DataType | None) -> str | None:
    """Return the family of a type that takes part in no implicit cast to another, if it is one."""
    match found:
        case Array():
            return "array"
        case Map():
            return "map"
        case Struct():
            return "struct"
        case Decimal():
            return "number"
        case Primitive(name):
            return "number" if is_numeric(found) else _PLAIN.get(name)
    return None


def differ(one: DataType | None, other: DataType | None) -> bool:
    """Whether there is surely no type that both can be cast to."""
    first, second = kind_of(one), kind_of(other)
    if first is None or second is None:
        return _is_nested(first or second) and _is_text(one if first is None else other)
    return first != second


def _is_nested(kind: str | None) -> bool:
    return kind in ("array", "map", "struct")


def _is_text(found: DataType | None) -> bool:
    return found == Primitive("string")


def no_summand(found: DataType | None) -> bool:
    """Whether a value surely cannot be part of an arithmetic."""
    return kind_of(found) in _NO_SUMMANDS


def cannot_be_added(one: DataType | None, other: DataType | None) -> bool:
    """Whether an arithmetic of two types is surely refused."""
    if no_summand(one) or no_summand(other):
        return True
    times = (Primitive("timestamp"), Primitive("timestamp_ntz"))
    return any(a in times and kind_of(b) == "number" for a, b in ((one, other), (other, one)))


def cannot_be_summed(name: str, found: DataType | None) -> bool:
    """Whether an aggregate of numbers is given something else."""
    return name in _SUMS and kind_of(found) in _NOT_SUMMED


def not_boolean(found: DataType | None) -> bool:
    """Whether a condition is surely none: text is not cast to one."""
    return (
        found is not None
        and found not in (Primitive("boolean"), Primitive("void"))
        and (kind_of(found) is not None or _is_text(found))
    )


def both(one: DataType | None, other: DataType | None) -> str:
    """Name two known types for a message."""
    return " and ".join(ddl(t) for t in (one, other) if t is not None)
