from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from streamsql.checks.rule import Fault, model_rule
from streamsql.datatypes import quote_name
from streamsql.dialect import span_of
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_KEPT = ("topic", "table")
_FEW = 20


@model_rule(Severity.WARNING)
def star_into_topic(model: ResolvedModel) -> Iterator[Fault]:
    """A topic or table gets whatever columns come from above.

    What a topic or table holds is a promise to its readers. With `*`, a column that is added to
    or taken from a model above changes the promise without a word here. A `*` over columns that
    are listed in this model, or declared for it in YAML, is no fault.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT * FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    if rendered.config.materialized not in _KEPT or rendered.model.columns:
        return
    for star in _open_stars(model.parsed.tree, frozenset()):
        yield Fault(
            f"this {rendered.config.materialized} gets whatever columns come from above",
            rendered.source_map.locate(*(span_of(star) or (0,))),
            hint=_mended(model),
        )


def _mended(model: ResolvedModel) -> str:
    names = ", ".join(quote_name(column.name) for column in model.columns)
    few = 0 < len(model.columns) <= _FEW
    return f"list the columns, or declare them in YAML{f': {names}' if few else ''}"


def _open_stars(query: exp.Expr, seen: frozenset[str]) -> Iterator[exp.Expr]:
    """Yield the ``*`` of a query's result that stand for columns of other models."""
    if isinstance(query, exp.Subquery):
        yield from _open_stars(query.this, seen)
    elif isinstance(query, exp.SetOperation):
        yield from _open_stars(query.this, seen)  # it gives the names
    elif isinstance(query, exp.Select):
        stars = [item for item in query.expressions if item.is_star]
        reaching = [r for r in _relations(query) if _is_open(r, seen)] if stars else []
        for star in stars:
            qualifier = star.table.lower() if isinstance(star, exp.Column) else ""
            if any(not qualifier or r.alias_or_name.lower() == qualifier for r in reaching):
                yield star


def _relations(select: exp.Select) -> Iterator[exp.Expr]:
    clause = select.args.get("from_")
    if clause is not None:
        yield clause.this
    yield from (join.this for join in select.args.get("joins") or ())


def _is_open(relation: exp.Expr, seen: frozenset[str]) -> bool:
    """Tell whether the columns of a relation are those of another model."""
    if isinstance(relation, exp.Subquery):
        return any(True for _ in _open_stars(relation, seen))
    if not isinstance(relation, exp.Table) or not isinstance(relation.this, exp.Identifier):
        return False
    name = relation.name.lower()
    if name in seen:  # of a recursive query
        return False
    query = _cte(relation, name)
    return query is None or any(True for _ in _open_stars(query, seen | {name}))


def _cte(node: exp.Expr, name: str) -> exp.Expr | None:
    """Return the query of the common table expression that a name means, if it means one."""
    parent = node.parent
    while parent is not None:
        clause = parent.args.get("with_")
        for cte in clause.expressions if isinstance(clause, exp.With) else ():
            if cte.alias.lower() == name:
                found: exp.Expr = cte.this
                return found
        parent = parent.parent
    return None
