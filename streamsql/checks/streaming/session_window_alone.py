from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def session_window_alone(model: ResolvedModel) -> Iterator[Fault]:
    """A session window is the only key of an aggregation.

    One session for all rows would have to be kept in one place. Spark starts the query, and ends it
    in its first batch. A session is somebody's: group by whose it is too.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT session_window(ordered_at, '5 minutes').start AS began, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY session_window(ordered_at, '5 minutes')

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT session_window(ordered_at, '5 minutes').start AS began, currency, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY session_window(ordered_at, '5 minutes'), currency
    """
    yield from objections(model, "session-window-alone")
