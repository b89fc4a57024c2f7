from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_sort(model: ResolvedModel) -> Iterator[Fault]:
    """A stream is sorted.

    Rows of a stream go on coming, so there is no moment at which they could be put in order. Spark
    refuses `ORDER BY`, `SORT BY` and `CLUSTER BY` over a stream, in a subquery too. Only the rows
    of an aggregation can be sorted, and only in complete mode, which writes all of them anew in
    every batch; a `SELECT DISTINCT` is no aggregation here.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }} ORDER BY amount DESC

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}
    """
    yield from objections(model, "stream-sort")
