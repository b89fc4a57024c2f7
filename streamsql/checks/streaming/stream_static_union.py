from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_static_union(model: ResolvedModel) -> Iterator[Fault]:
    """A UNION puts a stream and static rows together.

    Static rows would have to be emitted once, and a streaming query has no beginning that it
    remembers: Spark refuses such a union. `VALUES` and seeds are static.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} UNION ALL VALUES (0L)

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
        UNION ALL
        SELECT -order_id FROM {{ source('shop', 'orders') }}
    """
    yield from objections(model, "stream-static-union")
