"""Which types Spark casts to which: ``Cast.canAnsiCast`` and ``Cast.canTryCast`` of Spark 4.1.

``tests/oracle/casts.txt`` has what Spark said of each pair. A type that is not known is let pass,
and so is a field that must not be null: what may be null is not known for certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, ddl
from streamsql.resolve.argument_relations import named
from streamsql.resolve.coercion import as_decimal
from streamsql.resolve.naming import written
from streamsql.resolve.walk import Walk

_PLAIN = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), "whole"),
    **dict.fromkeys(("float", "double"), "float"),
    **{name: name for name in ("void", "boolean", "binary", "date", "timestamp", "variant")},
    "string": "text",
    "timestamp_ntz": "ntz",
    "interval": "interval",
}
_NUMBERS = "boolean whole float decimal"
_MADE_OF: Mapping[str, str] = {
    "boolean": f"{_NUMBERS} text variant",
    "whole": f"{_NUMBERS} text timestamp months days variant",
    "decimal": f"{_NUMBERS} text timestamp months days variant",
    "float": f"{_NUMBERS} text timestamp variant",
    "text": f"{_NUMBERS} text binary date timestamp ntz interval months days variant",
    "binary": "text binary variant",
    "date": "text date timestamp ntz variant",
    "timestamp": "whole float decimal text date timestamp ntz variant",
    "ntz": "text date timestamp ntz variant",
    "interval": "text interval",
    "months": "whole decimal text months",
    "days": "whole decimal text days",
    "variant": f"{_NUMBERS} text binary date timestamp ntz variant",
}
_WITHOUT_ANSI: Mapping[str, str] = {
    "boolean": "timestamp",
    "whole": "binary",
    "date": _NUMBERS,
    "timestamp": "boolean",
}
"""What is cast too where ANSI mode is off, and inside of an array, map or struct by TRY_CAST."""
_CASTS = {source: frozenset(made.split()) for source, made in _MADE_OF.items()}
_LENIENT = {
    source: made | set(_WITHOUT_ANSI.get(source, "").split()) for source, made in _CASTS.items()
}


class Pair(NamedTuple):
    """Two types of which Spark does not make the second of the first.

    ``lost`` is true of keys of a map that are NULL where they do not fit.
    """

    source: DataType
    target: DataType
    lost: bool = False


def family(found: DataType) -> str | None:
    """Return what a type is to a cast, None of one that is not known."""
    match found:
        case Primitive(name):
            if name.startswith("interval "):
                return "months" if name.split()[1] in ("year", "month") else "days"
            sized = name.startswith(("char(", "varchar(", "string collate "))
            return "text" if sized else _PLAIN.get(name)
        case Decimal():
            return "decimal"
        case Array():
            return "array"
        case Map():
            return "map"
    return "struct"


def not_cast(source: DataType, target: DataType, lenient: bool, trying: bool) -> Pair | None:
    """Return the parts of two types that Spark does not cast, None where it may.

    ``lenient`` is without ANSI mode; ``trying`` is by TRY_CAST, which has none inside of others.
    """
    one, other = family(source), family(target)
    if one is None or other is None or one == "void" or other == "text":
        return None
    inside = lenient or trying
    match source, target:
        case Array(a), Array(b):
            return not_cast(a, b, inside, trying)
        case Map(k1, v1), Map(k2, v2):
            lost = Pair(k1, k2, True) if inside and _may_be_lost(k1, k2) else None
            return not_cast(k1, k2, inside, trying) or lost or not_cast(v1, v2, inside, trying)
        case Struct(a), Struct(b) if len(a) == len(b):
            pairs = (not_cast(f.type, t.type, inside, trying) for f, t in zip(a, b, strict=True))
            return next((p for p in pairs if p is not None), None)
    if one == "variant":
        return None if _is_in_variants(target) else Pair(source, target)
    if other == "variant" and isinstance(source, Array):
        return None if _is_put_in_variants(source.element) else Pair(source, target)
    made = (_LENIENT if lenient else _CASTS).get(one, ())
    return None if other in made else Pair(source, target)


def _is_in_variants(target: DataType) -> bool:
    match target:
        case Array(element):
            return _is_in_variants(element)
        case Map(key, value):
            return family(key) in ("text", None) and _is_in_variants(value)
        case Struct(fields):
            return all(_is_in_variants(f.type) for f in fields)
    return family(target) in (*_CASTS["variant"], None)


def _is_put_in_variants(element: DataType) -> bool:
    if isinstance(element, Array):
        return _is_put_in_variants(element.element)
    return family(element) in (*_CASTS["variant"], None)


def _may_be_lost(source: DataType, target: DataType) -> bool:
    """Whether a cast of keys may give NULL (``Cast.forceNullable``), which is no key."""
    one, other = family(source), family(target)
    if source == target or None in (one, other) or one in ("void", "array", "map", "struct"):
        return False
    if one == "variant" or other in ("text", "binary"):
        return one == "variant"
    if one == "text" or other == "interval":
        return True
    if one == "timestamp" and other == "whole":
        return target != Primitive("bigint")
    if one == "float" and other == "timestamp":
        return True
    if other == "date" or one == "date":
        return (one, other) not in (("timestamp", "date"), ("date", "timestamp"))
    if isinstance(target, Decimal):
        held = Decimal(1, 0) if one == "boolean" else as_decimal(source)
        return held is None or not _holds(target, held)
    return one in ("float", "decimal") and other == "whole"


def _holds(one: Decimal, other: Decimal) -> bool:
    whole = one.precision - one.scale >= other.precision - other.scale
    return whole and one.scale >= other.scale


def check_cast(
    node: exp.Expr, source: DataType | None, target: DataType | None, walk: Walk
) -> None:
    """Report a cast that Spark refuses, whatever the value is."""
    if source is None or target is None or source == target:
        return
    lenient = walk.spark.conf.get("spark.sql.ansi.enabled", "true").lower() == "false"
    pair = not_cast(source, target, lenient, isinstance(node, exp.TryCast))
    if pair is not None:
        walk.report(
            "impossible-cast", _said(source, target, pair), node, _cure(node.this, source, pair)
        )


def _said(source: DataType, target: DataType, pair: Pair) -> str:
    one, other = named(pair.source), named(pair.target)
    if pair.lost:
        return f"try_cast would make NULL of keys that do not fit, {one} as {other}"
    whole = (pair.source, pair.target) == (source, target)
    inside = "" if whole else f", and so not {named(source)} to {named(target)}"
    return f"Spark does not cast {one} to {other}{inside}"


_BY_FAMILIES: Mapping[tuple[str, str], str] = {
    ("array", "map"): "map_from_entries({x}), where its elements are pairs",
    ("array", "plain"): "take one element of it: get({x}, 0)",
    ("array", "variant"): "write to_variant_object({x})",
    ("binary", "nested"): "read it: from_json(CAST({x} AS STRING), '{t}')",
    ("binary", "plain"): "make text of it first: CAST(CAST({x} AS STRING) AS {t})",
    ("boolean", "time"): "say what it stands for: CASE WHEN {x} THEN … END",
    ("date", "number"): "unix_date({x}) gives its days since 1970",
    ("interval", "number"): "cast it to DECIMAL(18, 6) first",
    ("map", "array"): "write map_entries({x})",
    ("map", "plain"): "take one value of it: {x}['…']",
    ("map", "variant"): "write to_variant_object({x})",
    ("ntz", "number"): "unix_seconds(CAST({x} AS TIMESTAMP)) gives its seconds since 1970",
    ("number", "array"): "write array({x})",
    ("number", "binary"): "unhex(hex({x})) gives its bytes, CAST({x} AS STRING) its digits",
    ("number", "date"): "date_from_unix_date({x}) takes days, timestamp_seconds({x}) seconds",
    ("number", "interval"): "cast it to DECIMAL(18, 6) first",
    ("number", "ntz"): "CAST(CAST({x} AS TIMESTAMP) AS TIMESTAMP_NTZ)",
    ("struct", "plain"): "take one field of it",
    ("struct", "struct"): "structs are cast field by field: write named_struct(…)",
    ("struct", "variant"): "write to_variant_object({x})",
    ("text", "array"): "make an array of it: split({x}, ',') or from_json({x}, '{t}')",
    ("text", "nested"): "read it: from_json({x}, '{t}')",
    ("time", "boolean"): "write {x} IS NOT NULL, or compare it with something",
    ("time", "interval"): "subtract a time from it",
    ("variant", "interval"): "make text of it first: CAST(CAST({x} AS STRING) AS {t})",
    ("variant", "map"): "the keys of a variant are text: cast it to a map with STRING keys",
}
"""What to write instead, by wider and wider families; Spark's own suggestions are among them."""
_WIDER = {
    **dict.fromkeys(("whole", "float", "decimal"), "number"),
    **dict.fromkeys(("date", "timestamp", "ntz"), "time"),
    **dict.fromkeys(("months", "days"), "interval"),
    **dict.fromkeys(("array", "map", "struct"), "nested"),
}
_LONGEST = 60


def _cure(node: exp.Expr, source: DataType, pair: Pair) -> str | None:
    """Return what Spark suggests, or another way that is sure."""
    if pair.lost:
        return "write CAST, or make another map of map_entries(…)"
    if pair.source is not source:
        return "cast its parts by themselves: transform(…), named_struct(…)"
    one, other = (_families(t) for t in (pair.source, pair.target))
    found = next((_BY_FAMILIES[a, b] for a in one for b in other if (a, b) in _BY_FAMILIES), None)
    text, wanted = written(node), ddl(pair.target).upper()
    if found is None or len(text) + len(wanted) > _LONGEST:
        return None
    return found.format(x=text, t=wanted)


def _families(found: DataType) -> tuple[str, ...]:
    name = family(found) or ""
    wider = _WIDER.get(name, "plain")
    return (name, wider) if wider in ("nested", "plain") else (name, wider, "plain")
