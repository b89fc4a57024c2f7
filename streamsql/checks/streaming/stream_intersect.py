from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_intersect(model: ResolvedModel) -> Iterator[Fault]:
    """INTERSECT has a stream on one of its sides.

    Spark refuses `INTERSECT` with a stream, even if the other side is static. A left semi join
    keeps the rows that have a partner, which is the same but for duplicates.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT currency FROM {{ source('shop', 'orders') }}
        INTERSECT
        SELECT * FROM VALUES ('EUR'), ('USD')

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.currency FROM {{ source('shop', 'orders') }} AS o
        LEFT SEMI JOIN (SELECT * FROM VALUES ('EUR'), ('USD') AS t(code)) AS c
          ON c.code = o.currency
    """
    yield from objections(model, "stream-intersect")
