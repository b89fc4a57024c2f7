from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def throwing_expression(model: ResolvedModel) -> Iterator[Fault]:
    """An expression fails on some values, and one such record ends the query.

    Spark runs with ANSI mode on: a cast of text that is no number, a division by zero or an
    index past the end of an array is an error, not NULL. In a stream that error ends the query,
    and after each restart the same record ends it again. The `try_` form of the function gives
    NULL instead; a condition on the same column (CASE, WHERE) is taken for a guard. Overflow of
    numbers is not looked at.

    Bad:

        -- models/numbered.sql
        SELECT order_id, CAST(currency AS INT) AS number FROM {{ source('shop', 'orders') }}

    Good:

        -- models/numbered.sql
        SELECT order_id, try_cast(currency AS INT) AS number FROM {{ source('shop', 'orders') }}
    """
    for hazard in model.hazards:
        if hazard.kind == "throws" and not hazard.dates:
            cure = f"write {hazard.cure}, which gives NULL" if hazard.cure else None
            yield Fault(
                f"'{hazard.text}' fails on {hazard.reason}, and ends the query",
                hazard.location,
                hint=cure or "check the value in a CASE or WHERE before, or use a try_ function",
            )
