from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def lost_watermark(model: ResolvedModel) -> Iterator[Fault]:
    """A view has event time in an expression only, and with that no watermark any more.

    Any expression over the column loses the watermark, a cast that changes nothing included;
    only the column itself, under any name, and window() keep it. Whoever groups or joins by
    what this view gives is refused in append mode, and keeps its state for ever in update mode.

    Bad:

        -- models/timed.sql
        SELECT order_id, date_trunc('second', ordered_at) AS ordered_at
        FROM {{ source('shop', 'orders') }}

    Good:

        -- models/timed.sql
        SELECT order_id, ordered_at, date_trunc('second', ordered_at) AS ordered_second
        FROM {{ source('shop', 'orders') }}
    """
    config = model.parsed.rendered.config
    if config.materialized != "view" or model.facts.watermarks or model.facts.stateful:
        return
    names = {column.name.lower() for column in model.columns}
    for loss in model.facts.losses:
        if loss.model == model.name and loss.cause == "expression" and loss.column.lower() in names:
            yield Fault(
                f"'{loss.expression}' loses the watermark of {loss.event_time.declared},"
                " and no other column of this view carries it",
                loss.location,
                hint=f"select {loss.event_time.column} itself as well",
            )
