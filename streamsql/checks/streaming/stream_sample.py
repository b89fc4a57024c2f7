from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def stream_sample(model: ResolvedModel) -> Iterator[Fault]:
    """A stream is sampled with TABLESAMPLE.

    Spark refuses to sample a stream by percent or by bucket, because the sample would differ each
    time a batch is run again. A filter on a hash of the key takes the same rows every time.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} TABLESAMPLE (10 PERCENT)

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} WHERE pmod(hash(order_id), 10) = 0
    """
    yield from objections(model, "stream-sample")
