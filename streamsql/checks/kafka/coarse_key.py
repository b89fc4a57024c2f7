from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.INFO)
def coarse_key(model: ResolvedModel) -> Iterator[Fault]:
    """Rows are grouped by a column that is no part of the key they are written under.

    In update and complete mode a group is written again whenever it changes, and who reads the
    topic or table keeps the last row of each key. Groups that differ only in a column that the key
    lacks replace each other there. It is well where the column follows from the key, as a name
    does from a number.

    Bad:

        -- models/revenue.sql
        {{ config(materialized='topic', topic='revenue', output_mode='update', key=['hour']) }}
        SELECT window(ordered_at, '1 hour').start AS hour, currency, sum(amount) AS revenue
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour'), currency

    Good:

        -- models/revenue.sql
        {{ config(materialized='topic', topic='revenue', output_mode='update',
            key=['hour', 'currency']) }}
        SELECT window(ordered_at, '1 hour').start AS hour, currency, sum(amount) AS revenue
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour'), currency
    """
    rendered, tree = model.parsed.rendered, model.parsed.tree
    setting = "key" if rendered.config.materialized == "topic" else "unique_key"
    columns = rendered.config.key if setting == "key" else rendered.config.unique_key
    rewrites = model.output_mode in ("update", "complete")
    if not columns or not rewrites or not isinstance(tree, exp.Select):
        return
    known = {column.lower() for column in columns}
    missing = [name for name in _grouped(tree) if name.lower() not in known]
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        yield Fault(
            f"groups that differ in {names} alone have one key here: the last that is written"
            " replaces the others",
            rendered.place(setting),
            hint=f"add {names} to {setting}, or do not group by it",
        )


def _grouped(tree: exp.Select) -> Iterator[str]:
    """Yield the columns of a result that its rows are grouped by as they are."""
    group = tree.args.get("group")
    keys = {k.name.lower() for k in group.expressions if isinstance(k, exp.Column)} if group else ()
    for expression in tree.expressions:
        inner = expression.unalias()
        if not isinstance(inner, exp.Column) or inner.is_star:
            continue
        if inner.name.lower() in keys or expression.alias_or_name.lower() in keys:
            yield expression.alias_or_name
