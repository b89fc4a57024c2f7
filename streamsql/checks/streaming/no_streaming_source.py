from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR)
def no_streaming_source(model: ResolvedModel) -> Iterator[Fault]:
    """A topic, table or sink is made from nothing that streams.

    Each of them is a streaming query, and Spark starts one only where at least one relation is
    a stream: a source, or a model that is a topic or a table. Seeds alone are static. A stream in a
    WITH that nothing reads does not count: with each of its batches Spark would write all static
    rows again.

    Bad:

        -- models/constants.sql
        {{ config(materialized='topic', topic='constants', connection='kafka') }}
        SELECT 1 AS one

    Good:

        -- models/constants.sql
        {{ config(materialized='topic', topic='constants', connection='kafka') }}
        SELECT order_id, 1 AS one FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    kind = rendered.config.materialized
    known = not any(f.is_error for f in model.parsed.findings)
    if known and kind in ("topic", "table", "sink") and not model.facts.streaming:
        yield Fault(
            f"a {kind} is written by a streaming query, but nothing that this model reads streams",
            rendered.place("materialized"),
            hint="read a source, or a model that is a topic or a table; or make it a view",
        )
