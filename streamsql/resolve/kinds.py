"""Whether two types can meet at all: in a comparison, an arithmetic, a UNION.

Only what Spark 4.1 to 4.3 refuse for certain, with ANSI mode on (``AnsiTypeCoercion``): text
is cast to what it meets, NULL is of every type, and what is not known is let pass.
"""

from __future__ import annotations

from functools import lru_cache

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, ddl
from streamsql.resolve.coercion import BOOLEAN, STRING, VOID, is_numeric

_PLAIN = {
    "boolean": "boolean",
    "binary": "binary",
    "date": "time",
    "timestamp": "time",
    "timestamp_ntz": "time",
}


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


def is_nested(found: DataType | None) -> bool:
    """Whether a value is made of others."""
    return _is_nested(kind_of(found))


def _is_nested(kind: str | None) -> bool:
    return kind in ("array", "map", "struct")


def _is_text(found: DataType | None) -> bool:
    return found == STRING


def incomparable(one: DataType | None, other: DataType | None) -> bool:
    """Whether values of two types surely cannot be compared; maps and variants never can."""
    families = (_family(one), _family(other))
    return "map" in families or "variant" in families or unmixable(one, other)


def unmixable(one: DataType | None, other: DataType | None, *, texts: bool = True) -> bool:
    """Whether values of two types surely have no type in common, as in COALESCE or CASE.

    With ``texts`` text is read as what it meets. GREATEST and LEAST do not, and compare.
    """
    first, second = _family(one), _family(other)
    if not texts and {"map", "variant"} & {first, second}:
        return True
    if isinstance(one, Array) and isinstance(other, Array):
        return unmixable(one.element, other.element)
    if first is None or second is None or first == second:
        return False
    return not texts or "text" not in (first, second) or not {first, second} <= _MET_BY_TEXT


_MET_BY_TEXT = frozenset({"text", "number", "time", "boolean", "binary", "variant"})


def _family(found: DataType | None) -> str | None:
    """Return the family of a type whose own values mix; None of what is not known, and NULL."""
    return _family_of(found.name) if isinstance(found, Primitive) else kind_of(found)


@lru_cache(maxsize=256)
def _family_of(name: str) -> str | None:
    if name == "string":
        return "text"
    if name == "variant":
        return "variant"
    if name.startswith("interval "):
        return "months" if name.split()[1] in ("year", "month") else "days"
    return kind_of(Primitive(name))


def not_boolean(found: DataType | None) -> bool:
    """Whether a condition is surely none: text is not cast to one."""
    return found is not None and found not in (BOOLEAN, VOID) and _family(found) is not None


def differ_in_kind(one: DataType | None, other: DataType | None) -> bool:
    """Whether ``||`` of two types is surely refused: it joins texts, or arrays."""
    kinds = {kind_of(t) for t in (one, other) if is_nested(t)}
    plain = any(t == VOID or (_family(t) is not None and not is_nested(t)) for t in (one, other))
    return bool(kinds) and (plain or kinds != {"array"})


def not_joined(one: DataType | None, other: DataType | None) -> bool:
    """Whether AND or OR of two types is surely refused: text is only cast to what it meets."""
    texts = [_is_text(t) for t in (one, other)]
    if any(not_boolean(t) and not text for t, text in zip((one, other), texts, strict=True)):
        return True
    return all(texts) or (any(texts) and VOID in (one, other))


def both(one: DataType | None, other: DataType | None) -> str:
    """Name two known types for a message."""
    return " and ".join(ddl(t) for t in (one, other) if t is not None)
