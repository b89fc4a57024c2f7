from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def limit_over_query_life(model: ResolvedModel) -> Iterator[Fault]:
    """LIMIT counts the rows of a stream over the whole life of its query.

    A batch query ends after LIMIT; a stream goes on. Spark remembers in its checkpoint how
    many rows have passed, and after the last of them the query runs for ever and writes nothing
    more, also after a restart. It is no limit for each batch.

    Bad:

        -- models/first_orders.sql
        SELECT order_id, amount FROM {{ source('shop', 'orders') }} LIMIT 100

    Good:

        -- models/first_orders.sql
        SELECT order_id, amount FROM {{ source('shop', 'orders') }} WHERE amount > 100
    """
    if model.parsed.rendered.config.output_mode == "complete":
        return  # there it limits what each batch writes of the whole result
    for operator in model.facts.stateful:
        if operator.kind == "limit" and operator.model == model.name:
            yield Fault(
                "after this many rows the query writes nothing more, ever: LIMIT counts over"
                " its whole life, restarts included",
                operator.location,
                hint="leave LIMIT out; to read less in one batch set maxOffsetsPerTrigger on the"
                " source",
            )
