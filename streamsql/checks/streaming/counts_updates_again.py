from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_AGGREGATES = ("aggregate", "session_window", "distinct")


@model_rule(Severity.WARNING)
def counts_updates_again(model: ResolvedModel) -> Iterator[Fault]:
    """An aggregation over a view takes each update of the view's rows for a new row.

    In update and complete mode an aggregation gives a row again whenever it changes. What is
    above it does not know that it is the same row: it counts it, or sums it, once more. Spark
    refuses that within one SELECT, and does not see it where the inner aggregation is in a view
    or a common table expression. In append mode each row comes once, when it is final.

    Bad:

        -- models/per_hour.sql
        SELECT currency, window(ordered_at, '1 hour') AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY currency, window(ordered_at, '1 hour')

        -- models/busiest.sql
        {{ config(materialized='topic', key='currency', output_mode='update') }}
        SELECT currency, sum(orders) AS orders FROM {{ ref('per_hour') }} GROUP BY currency

    Good:

        -- models/per_hour.sql
        SELECT currency, window(ordered_at, '1 hour') AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY currency, window(ordered_at, '1 hour')

        -- models/per_day.sql
        {{ config(materialized='topic', key='currency') }}
        SELECT currency, window(hour, '1 day').start AS day, sum(orders) AS orders
        FROM {{ ref('per_hour') }}
        GROUP BY currency, window(hour, '1 day')
    """
    if model.output_mode not in ("update", "complete"):
        return
    for operator in model.facts.stateful:
        inner = next((o for o in operator.below if o.kind in _AGGREGATES), None)
        if inner is None or operator.kind not in (*_AGGREGATES, "join", "except"):
            continue
        own = operator.model == model.name
        yield Fault(
            f"in {model.output_mode} mode this takes each update of the aggregation in"
            f" '{inner.model}' for a new row",
            operator.location if own else model.parsed.rendered.model.location,
            hint="aggregate once, or run it in append mode, over windows of event time",
        )
