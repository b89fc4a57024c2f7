from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def join_without_time_bound(model: ResolvedModel) -> Iterator[Fault]:
    """An outer or semi join of two streams has no time bound.

    A row without a partner can be emitted only when none can come any more. For that Spark asks for
    a column with a watermark among the equal keys, or, in `ON`, for a lower bound to the time of
    the side that is kept, in terms of the other side's column with a watermark: `p.ts <= o.ts +
    INTERVAL 1 HOUR` for a left join. A bound in `WHERE`, in months, or through a function is of no
    use to it.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id, p.amount FROM {{ source('shop', 'orders') }} AS o
        LEFT JOIN {{ source('shop', 'orders') }} AS p ON p.order_id = o.order_id

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id, p.amount FROM {{ source('shop', 'orders') }} AS o
        LEFT JOIN {{ source('shop', 'orders') }} AS p
          ON p.order_id = o.order_id
          AND p.ordered_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR
    """
    yield from objections(model, "join-without-time-bound")
