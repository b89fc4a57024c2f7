"""Correlated subqueries that make Spark aggregate the stream around them.

To compute a subquery once for each value that it is asked with, Spark collects these values first:
an aggregation of the stream, which no watermark bounds. So it does with subqueries that compare by
more than equality and group, aggregate, limit or leave out equal rows; and where they aggregate
all of their rows also by equality, unless they are scalar. Tried on Spark 4.1 and 4.2.
"""

from __future__ import annotations

from sqlglot import exp

from streamsql.resolve.scope import Scope, look_up
from streamsql.resolve.shape import aggregates_in

UNEQUAL = "unequal"
"""What marks the ones that Spark 4.2 joins by more than equality, or as an outer join."""

NEGATED = "negated"
"""What marks NOT EXISTS and NOT IN, which become an anti join that no stream can have."""

TIMED = "timed"
"""What marks the ones that are asked with a column that has a watermark, which bounds them."""


def correlated_aggregate(
    query: exp.Expr, around: exp.Select, kind: str, scope: Scope, *, outer: bool = False
) -> str | None:
    """Return a mark (or ``""``) of a subquery that Spark computes so, None of another.

    ``kind`` is ``lateral``, ``scalar`` or ``asks`` (of EXISTS and IN); ``scope`` is around it.
    """
    inner = query.unnest()
    where = inner.args.get("where") if isinstance(inner, exp.Select) else None
    if not isinstance(inner, exp.Select) or where is None:
        return None
    names = _names(around) - _names(inner)
    conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    asked = [c for c in conditions if _names_one(c, names)] if names else []
    equal = all(isinstance(c, exp.EQ) for c in asked)
    whole = inner.args.get("group") is None and any(aggregates_in(e) for e in inner.expressions)
    if not asked:
        return None
    whole = whole and (not equal or kind != "scalar" or inner.args.get("having") is not None)
    if not whole and (equal or not any(inner.args.get(key) for key in _MAKING)):
        return None
    if whole and kind == "asks" and _is_negated(query):
        return NEGATED
    if any(_is_time(c, scope) for part in asked for c in part.find_all(exp.Column)):
        return TIMED
    return "" if not whole or kind == "asks" or (equal and not outer) else UNEQUAL


_MAKING = ("group", "distinct", "limit")
"""What makes rows of several: only of equal ones can Spark make them without asking first."""


def kind_in(query: exp.Expr, around: exp.Select) -> str | None:
    """Return what a subquery is in an expression of ``around``, None of one further inside."""
    place = query.parent if isinstance(query.parent, exp.Subquery) else query
    if place.find_ancestor(exp.Select) is not around:
        return None
    asks = isinstance(place.parent, exp.In) and place.arg_key == "query"
    return "asks" if asks or isinstance(place.parent, exp.Exists) else "scalar"


def _is_time(column: exp.Column, scope: Scope) -> bool:
    found = look_up([p.name for p in column.parts], scope)
    return found.attribute is not None and found.attribute.event_time is not None


def _is_negated(query: exp.Expr) -> bool:
    asking = query.find_ancestor(exp.In, exp.Exists)
    around = asking.parent if asking is not None else None
    while isinstance(around, exp.Paren):
        around = around.parent
    return isinstance(around, exp.Not)


def _names(select: exp.Select) -> set[str]:
    clause = select.args.get("from_")
    parts = [clause.this] if clause is not None else []
    parts += [j.this for j in select.args.get("joins") or ()]
    return {p.alias_or_name.lower() for p in parts}


def _names_one(condition: exp.Expr, names: set[str]) -> bool:
    return any(c.table.lower() in names for c in condition.find_all(exp.Column))
