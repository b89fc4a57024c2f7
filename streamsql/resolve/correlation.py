"""Correlated subqueries that make Spark aggregate the stream around them.

To compute a subquery once for each value that it is asked with, Spark collects these values first:
an aggregation of the stream, which no watermark bounds. So it does with LATERAL subqueries that
aggregate all of their rows, and with scalar ones that compare by more than equality. Tried on
Spark 4.1 and 4.2.
"""

from __future__ import annotations

from sqlglot import exp

from streamsql.resolve.shape import aggregates_in

UNEQUAL = "unequal"
"""What marks the ones that Spark 4.2 joins by more than equality, or as an outer join."""


def correlated_aggregate(
    query: exp.Expr, around: exp.Select, *, lateral: bool, outer: bool = False
) -> str | None:
    """Return ``""`` or ``UNEQUAL`` of a subquery that Spark computes so, None of another."""
    inner = query.unnest()
    if not isinstance(inner, exp.Select) or inner.args.get("group") is not None:
        return None
    where = inner.args.get("where")
    if where is None or not any(aggregates_in(e) for e in inner.expressions):
        return None
    names = _names(around) - _names(inner)
    conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    asked = [c for c in conditions if _names_one(c, names)] if names else []
    equal = all(isinstance(c, exp.EQ) for c in asked)
    if not asked or (equal and not lateral):
        return None
    return "" if equal and not outer else UNEQUAL


def is_scalar(query: exp.Expr, around: exp.Select) -> bool:
    """Whether a subquery stands for one value in an expression of ``around``."""
    place = query.parent if isinstance(query.parent, exp.Subquery) else query
    asks = isinstance(place.parent, exp.In) and place.arg_key == "query"
    if asks or isinstance(place.parent, exp.Exists):
        return False
    return place.find_ancestor(exp.Select) is around


def _names(select: exp.Select) -> set[str]:
    clause = select.args.get("from_")
    parts = [clause.this] if clause is not None else []
    parts += [j.this for j in select.args.get("joins") or ()]
    return {p.alias_or_name.lower() for p in parts}


def _names_one(condition: exp.Expr, names: set[str]) -> bool:
    return any(c.table.lower() in names for c in condition.find_all(exp.Column))
