from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_static_join(model: ResolvedModel) -> Iterator[Fault]:
    """A join keeps the rows of its static side.

    In a join of a stream and a static side only the stream can be the side whose unmatched rows are
    kept: a static row without a partner may get one with the next batch. Spark refuses the other
    way round, and a full join in either.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id, c.code
        FROM {{ source('shop', 'orders') }} AS o
        RIGHT JOIN (SELECT * FROM VALUES ('EUR') AS t(code)) AS c ON c.code = o.currency

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id, c.code
        FROM {{ source('shop', 'orders') }} AS o
        LEFT JOIN (SELECT * FROM VALUES ('EUR') AS t(code)) AS c ON c.code = o.currency
    """
    yield from objections(model, "stream-static-join")
