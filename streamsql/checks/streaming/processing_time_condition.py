from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def processing_time_condition(model: ResolvedModel) -> Iterator[Fault]:
    """Which rows pass depends on when the query runs, not on the data.

    `current_timestamp()` and its like are the time of the batch. In WHERE or ON they let the
    same records pass today and not tomorrow: a query that was down for an hour, or that reads
    a topic again from its beginning, gives another result. A watermark says how late rows may
    be, in event time.

    Bad:

        -- models/recent.sql
        SELECT order_id FROM {{ source('shop', 'orders') }}
        WHERE ordered_at > current_timestamp() - INTERVAL 1 HOUR

    Good:

        -- models/recent.sql
        SELECT order_id, current_timestamp() AS processed_at FROM {{ source('shop', 'orders') }}
    """
    for hazard in model.hazards:
        if hazard.kind == "processing-time" and hazard.decides:
            yield Fault(
                f"'{hazard.text}' in a condition is the time of the batch: run again over the"
                " same records, the query gives another result",
                hazard.location,
                hint="compare event times with each other, and leave late rows to the watermark",
            )
