from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def monotonic_id_on_stream(model: ResolvedModel) -> Iterator[Fault]:
    """A streaming query calls monotonically_increasing_id().

    Its numbers begin anew in each batch, so that they identify nothing. Spark refuses it anywhere
    in a streaming query. A record's place in Kafka is an identity that stays the same when the
    record is read again.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT monotonically_increasing_id() AS id, amount
        FROM {{ source('shop', 'orders') }}

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT concat_ws('-', _topic, _partition, _offset) AS id, amount
        FROM {{ source('shop', 'orders') }}
    """
    yield from objections(model, "monotonic-id-on-stream")
