from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, needs_all_columns=True)
def dedup_without_watermark(model: ResolvedModel) -> Iterator[Fault]:
    """A model is deduplicated, and its rows carry no watermark.

    `dedup` forgets a key once the watermark has passed it. Without a watermark nothing could
    ever be forgotten, and Spark refuses to start the query. The column with the watermark has to be
    among the columns of the model, as it stands: an expression over it loses the watermark.

    Bad:

        -- models/deduplicated.sql
        {{ config(dedup={'keys': ['order_id']}) }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/deduplicated.sql
        {{ config(dedup={'keys': ['order_id']}) }}
        SELECT order_id, amount, ordered_at FROM {{ source('shop', 'orders') }}
    """
    for operator in model.facts.stateful:
        unmarked = operator.kind == "dedup" and not operator.watermarked
        if unmarked and operator.model == model.name:
            yield Fault(
                "dedup needs a watermark, by which it forgets keys, and no column of this model"
                " carries one",
                model.parsed.rendered.place("dedup"),
                hint="declare a watermark on the source, and select its column as it stands",
            )
