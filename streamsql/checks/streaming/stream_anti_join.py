from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_anti_join(model: ResolvedModel) -> Iterator[Fault]:
    """Two streams are put together by an anti join.

    Spark refuses `LEFT ANTI JOIN` with a stream on the right, and `NOT IN` and `NOT EXISTS` as
    well. A left join that keeps the rows without a partner does the same, once a time bound says
    how long to wait for one.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id FROM {{ source('shop', 'orders') }} AS o
        LEFT ANTI JOIN {{ source('shop', 'orders') }} AS p
          ON p.order_id = o.order_id AND p.amount > 10

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id FROM {{ source('shop', 'orders') }} AS o
        LEFT JOIN {{ source('shop', 'orders') }} AS p
          ON p.order_id = o.order_id AND p.amount > 10
          AND p.ordered_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR
        WHERE p.order_id IS NULL
    """
    yield from objections(model, "stream-anti-join")
