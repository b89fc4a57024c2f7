from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_offset(model: ResolvedModel) -> Iterator[Fault]:
    """A streaming query has an OFFSET.

    Spark refuses `OFFSET` anywhere in a streaming query: on the stream, and on static rows that it
    is joined with, where it would make sense.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} OFFSET 10

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    yield from objections(model, "stream-offset")
