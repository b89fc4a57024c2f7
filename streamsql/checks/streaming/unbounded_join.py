from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel, StatefulOperator

_OUTER = ("left_outer", "right_outer", "full_outer")


@model_rule(Severity.WARNING)
def unbounded_join(model: ResolvedModel) -> Iterator[Fault]:
    """A join of two streams keeps rows of at least one side for ever.

    Spark keeps the rows of both sides, because a match may still come. It drops them only when
    the watermarks of both and a bound on time in the ON clause say that none can come: event
    times that are equal, or no further apart than an interval in both directions. Without that
    the state grows with every row.

    Bad:

        -- models/pairs.sql
        SELECT a.order_id, b.amount
        FROM {{ source('shop', 'orders') }} AS a
        JOIN {{ source('shop', 'orders') }} AS b ON a.order_id = b.order_id

    Good:

        -- models/pairs.sql
        SELECT a.order_id, b.amount
        FROM {{ source('shop', 'orders') }} AS a
        JOIN {{ source('shop', 'orders') }} AS b
          ON a.order_id = b.order_id
          AND b.ordered_at BETWEEN a.ordered_at - INTERVAL 1 HOUR AND a.ordered_at + INTERVAL 1 HOUR
    """
    if model.parsed.rendered.config.materialized != "view" and model.output_mode is None:
        return  # the query is refused as it stands
    for operator in model.facts.stateful:
        if operator.kind != "join" or operator.model != model.name or not operator.sides:
            continue
        kept = [s for s in operator.sides if not s.bound.bounded]
        if kept and not (operator.join_type in _OUTER and waits_for_ever(operator)):
            names = " and ".join(s.relation or f"the {s.name} side" for s in kept)
            reason = next((s.bound.reason for s in kept if s.bound.reason), None)
            yield Fault(
                f"this join keeps every row of {names} for ever"
                + (f": {reason}" if reason else ""),
                operator.location,
                hint="give both streams a watermark, and bound their event times in ON:"
                " b.ts BETWEEN a.ts AND a.ts + INTERVAL 1 HOUR",
            )


def waits_for_ever(operator: StatefulOperator) -> bool:
    """Whether an outer join never learns that a row has no match."""
    preserved = {
        "left_outer": ("left",),
        "right_outer": ("right",),
        "full_outer": ("left", "right"),
    }.get(operator.join_type or "", ())
    return any(s.name in preserved and not s.bound.bounded for s in operator.sides)
