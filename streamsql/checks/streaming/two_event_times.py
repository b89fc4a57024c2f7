from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def two_event_times(model: ResolvedModel) -> Iterator[Fault]:
    """Two columns with a watermark reach one stateful operator.

    State is dropped by one event time, and Spark does not choose: it starts the query, and ends it
    in its first batch. A join of two streams has both of theirs, and `window(ts, …)` beside `ts` is
    a second one. A cast takes a column's watermark away.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT ordered_at, window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY ordered_at, window(ordered_at, '1 hour')

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')
    """
    yield from objections(model, "two-event-times")
