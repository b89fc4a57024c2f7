from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, adjustable=True)
def throwing_event_time(model: ResolvedModel) -> Iterator[Fault]:
    """An event time is parsed from text by an expression that fails on malformed text.

    Spark runs with ANSI mode on. A window or a watermark over `to_timestamp(…)` or a cast of text
    takes whatever a record holds, and the first malformed text ends the query in the middle of
    its batch, at every restart again. No dead letters are kept of it, for the record itself was
    well formed. The `try_` form gives NULL, which no window takes and no watermark is moved by.
    Where the text is known to be sound, the project may lower this error.

    Bad:

        -- models/hourly.sql
        {{ config(materialized='sink', connector='console', output_mode='update') }}
        SELECT window(to_timestamp(currency), '1 hour').start AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(to_timestamp(currency), '1 hour')

    Good:

        -- models/hourly.sql
        {{ config(materialized='sink', connector='console', output_mode='update') }}
        SELECT window(try_to_timestamp(currency), '1 hour').start AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(try_to_timestamp(currency), '1 hour')
    """
    for hazard in model.hazards:
        if hazard.kind == "throws" and hazard.dates:
            cure = f"write {hazard.cure}, which gives NULL; or " if hazard.cure else ""
            yield Fault(
                f"'{hazard.text}' makes the event time, and fails on {hazard.reason}",
                hazard.location,
                hint=f"{cure}declare the source's column as timestamp, so that bad records are"
                " kept as dead letters",
            )
