from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def distinct_aggregate(model: ResolvedModel) -> Iterator[Fault]:
    """An aggregate over a stream is told to count each value once.

    `count(DISTINCT x)` has to remember every value of a stream, and Spark refuses it, whatever the
    function. `approx_count_distinct` needs a few kilobytes a group, however many values there are.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT window(ordered_at, '1 hour').start AS hour, count(DISTINCT order_id) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT window(ordered_at, '1 hour').start AS hour, approx_count_distinct(order_id) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')
    """
    yield from objections(model, "distinct-aggregate")
