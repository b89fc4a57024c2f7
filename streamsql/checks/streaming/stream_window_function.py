from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_window_function(model: ResolvedModel) -> Iterator[Fault]:
    """A window function is computed over a stream.

    `row_number() OVER (…)` and its like look at all rows of a partition at once, and those of a
    stream are never all there. Spark refuses them, in `QUALIFY` and over an aggregation too.
    Windows in time are another thing: `GROUP BY window(…)` or `session_window(…)`.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id, row_number() OVER (PARTITION BY currency ORDER BY ordered_at) AS place
        FROM {{ source('shop', 'orders') }}

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT currency, window(ordered_at, '1 hour').start AS hour,
          max_by(order_id, ordered_at) AS last
        FROM {{ source('shop', 'orders') }}
        GROUP BY currency, window(ordered_at, '1 hour')
    """
    yield from objections(model, "stream-window-function")
