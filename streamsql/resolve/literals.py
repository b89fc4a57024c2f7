"""The types of what is written out: numbers, texts, intervals, and what a cast makes of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal as Number
from functools import lru_cache

from sqlglot import exp

from streamsql.datatypes import DataType, DataTypeError, Decimal, Primitive, parse_type
from streamsql.resolve import foreign
from streamsql.resolve.casts import check_cast
from streamsql.resolve.coercion import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    VOID,
    interval_of,
)
from streamsql.resolve.hazards import cast_risk, now_risk
from streamsql.resolve.scope import Scope
from streamsql.resolve.walk import Rule, Walk


def _literal(node: exp.Expr, _scope: Scope, _walk: Walk) -> DataType | None:
    return STRING if node.is_string else number_type(str(node.this))


_MOST_DIGITS = 1_000  # a decimal has 38; zeros may stand before them


def number_type(text: str) -> DataType | None:
    """Return the type of a number as written: the smallest of int, bigint and decimal."""
    if re.fullmatch(r"-?\d+", text):
        if len(text) > _MOST_DIGITS:
            return None
        value = int(text)
        if -(2**31) <= value < 2**31:
            return INT
        if -(2**63) <= value < 2**63:
            return BIGINT
        return Decimal(len(str(abs(value))), 0) if len(str(abs(value))) <= 38 else None
    if "e" in text.lower():
        return DOUBLE
    _, digits, exponent = Number(text).as_tuple()
    assert isinstance(exponent, int)
    scale = -exponent
    precision = max(len("".join(map(str, digits)).lstrip("0")), 1, scale)
    return Decimal(precision, scale) if precision <= 38 else None


def _negative(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        return number_type(f"-{node.this.this}")
    found = walk.type_of(node.this, scope, walk)
    return found if found != STRING else DOUBLE


def _interval(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if isinstance(node.this, exp.Expr) and not isinstance(node.this, exp.Literal):
        walk.type_of(node.this, scope, walk)
    unit = node.args.get("unit")
    if unit is None:
        return interval_of(_UNITS[u] for u in _units_in(str(node.this.this)))
    if isinstance(unit, exp.IntervalSpan):
        ends = [_UNITS.get(e.name.lower().removesuffix("s")) for e in (unit.this, unit.expression)]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            foreign.report("such interval", node, walk, "write DAY TO SECOND, or YEAR TO MONTH")
            return None
        return interval_of(known)
    found = _UNITS.get(unit.name.lower().removesuffix("s"))
    if found is None:
        foreign.report(f"intervals in {unit.name}", node, walk, "write it in months, days or hours")
        return None
    return interval_of([found])


_UNITS = {
    "year": "year",
    "month": "month",
    "week": "day",
    "day": "day",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
    "millisecond": "second",
    "microsecond": "second",
    "nanosecond": "second",
}


def _units_in(text: str) -> Iterator[str]:
    for word in re.findall(r"[A-Za-z]+", text):
        unit = word.lower().removesuffix("s")
        if unit in _UNITS:
            yield unit


def _cast(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    found = walk.type_of(node.this, scope, walk)
    to = node.args["to"]
    if node.args.get("format"):
        foreign.report("FORMAT in a cast", node, walk, "write to_date(…) or to_number(…)")
    if any(part.this == exp.DataType.Type.TIME for part in to.find_all(exp.DataType)):
        foreign.report("TIME in what is run", node, walk, "keep a time of day as text or seconds")
    if isinstance(to, exp.DataType) and isinstance(to.this, exp.Interval):
        target = _interval_type(to.this)
    else:
        target = _written_type(_EMPTY_STRUCT.sub("STRUCT<>", to.sql("databricks")))
    check_cast(node, found, target, walk)
    walk.risk(cast_risk(node, found, target))
    return target


_EMPTY_STRUCT = re.compile(r"\bSTRUCT(?=[,>]|$)")  # sqlglot leaves its brackets out


def _interval_type(node: exp.Interval) -> DataType | None:
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        return interval_of((unit.this.name.lower(), unit.expression.name.lower()))
    return interval_of([unit.name.lower()]) if unit is not None else Primitive("interval")


@lru_cache(maxsize=1024)
def _written_type(text: str) -> DataType | None:
    """Read a type of a CAST, where Spark makes strings of char and varchar."""
    try:
        found = parse_type(text)
    except DataTypeError:
        return None
    if isinstance(found, Primitive) and found.name.startswith(("char(", "varchar(")):
        return STRING
    return found


def _collated(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    walk.type_of(node.this, scope, walk)
    name = node.expression.name
    return STRING if name.upper() == "UTF8_BINARY" else Primitive(f"string collate {name}")


def _constant(data_type: DataType) -> Rule:
    def rule(_node: exp.Expr, _scope: Scope, _walk: Walk) -> DataType | None:
        return data_type

    return rule


def _now(data_type: DataType) -> Rule:
    def rule(node: exp.Expr, _scope: Scope, walk: Walk) -> DataType | None:
        walk.risk(now_risk(node))
        return data_type

    return rule


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.Cast: _cast,
    exp.Collate: _collated,
    exp.Interval: _interval,
    exp.Literal: _literal,
    exp.Neg: _negative,
    exp.TryCast: _cast,
    exp.Boolean: _constant(BOOLEAN),
    exp.CurrentDate: _now(DATE),
    exp.CurrentTimestamp: _now(TIMESTAMP),
    exp.CurrentUser: _constant(STRING),
    exp.HexString: _constant(BINARY),
    exp.Null: _constant(VOID),
    exp.RawString: _constant(STRING),
    exp.SessionUser: _constant(STRING),
}
