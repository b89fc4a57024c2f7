from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_except(model: ResolvedModel) -> Iterator[Fault]:
    """EXCEPT has a stream on its right side.

    A row may be emitted if it is not on the right, and of a stream that is never known: the row may
    come yet. Spark refuses it. A left join with a time bound says how long to wait.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
        EXCEPT
        SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > 10

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id FROM {{ source('shop', 'orders') }} AS o
        LEFT JOIN {{ source('shop', 'orders') }} AS p
          ON p.order_id = o.order_id AND p.amount > 10
          AND p.ordered_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR
        WHERE p.order_id IS NULL
    """
    yield from objections(model, "stream-except")
