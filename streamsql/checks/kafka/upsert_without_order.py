from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_ONE_ROW_A_KEY = ("aggregate", "session_window", "distinct")


@model_rule(Severity.WARNING)
def upsert_without_order(model: ResolvedModel) -> Iterator[Fault]:
    """Rows replace each other in a database's table, and nothing says which of them is newer.

    Without `order_by` the row of the newest batch wins, and of several rows of one key in one
    batch an arbitrary one, if always the same. A stream that brings each key more than once needs
    a column that orders its rows. Aggregates have one row a key in each batch, and need none.

    Bad:

        -- models/latest.sql
        {{ config(materialized='sink', connector='jdbc', connection='warehouse',
                  unique_key='currency') }}
        SELECT currency, amount, ordered_at FROM {{ source('shop', 'orders') }}

    Good:

        -- models/latest.sql
        {{ config(materialized='sink', connector='jdbc', connection='warehouse',
                  unique_key='currency', order_by='ordered_at') }}
        SELECT currency, amount, ordered_at FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    config = rendered.config
    if config.format != "jdbc" or not config.unique_key or config.order_by:
        return
    if any(operator.kind in _ONE_ROW_A_KEY for operator in model.facts.stateful):
        return
    yield Fault(
        f"of rows with the same {', '.join(config.unique_key)} in one batch an arbitrary one stays",
        rendered.place("unique_key"),
        hint="say order_by=[…]: of rows with one key the greatest stays",
    )
