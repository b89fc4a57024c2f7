from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_STATE = ("aggregate", "distinct", "except")


@model_rule(Severity.WARNING)
def update_without_key(model: ResolvedModel) -> Iterator[Fault]:
    """A topic gets many versions of each row, and has no key to tell them apart by.

    In update mode a row is written again whenever it changes, in complete mode the whole result
    with each batch. Readers can keep the last version only if the record's key says which row
    it is; without a key the versions also spread over partitions and lose their order.

    Bad:

        -- models/revenue.sql
        {{ config(materialized='topic', topic='revenue', output_mode='update') }}
        SELECT window(ordered_at, '1 hour').start AS hour, sum(amount) AS revenue
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')

    Good:

        -- models/revenue.sql
        {{ config(materialized='topic', topic='revenue', output_mode='update', key=['hour']) }}
        SELECT window(ordered_at, '1 hour').start AS hour, sum(amount) AS revenue
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')
    """
    rendered = model.parsed.rendered
    config = rendered.config
    changes = any(operator.kind in _STATE for operator in model.facts.stateful)
    if config.materialized != "topic" or config.key or not changes:
        return
    if model.output_mode in ("update", "complete"):
        yield Fault(
            f"{model.output_mode} mode writes each row many times, and this topic has no key by"
            " which readers could keep the last",
            rendered.place("output_mode"),
            hint="set key=[…] to the columns that it is grouped by",
        )
