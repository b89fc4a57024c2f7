"""What to write in place of an expression that took a watermark away."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from streamsql.dialect import function_name
from streamsql.resolve.relations import StatefulOperator, WatermarkLoss

_WIDTHS = {
    "second": "1 second",
    "minute": "1 minute",
    "hour": "1 hour",
    "day": "1 day",
    "dd": "1 day",
}


def width_of(node: exp.Expr) -> str | None:
    """Return the length of the windows that an expression cuts time into, None for others.

    Not for weeks: those of ``window`` begin on a Thursday, as 1970 did, elsewhere on a Monday.
    """
    if isinstance(node, exp.Cast):
        return "1 day" if node.to.this is exp.DType.DATE else None
    name = function_name(node)
    if name in ("date", "to_date") and len(node.expressions) == 1:
        return "1 day"
    if name == "date_trunc" and len(node.expressions) == 2:
        unit = node.expressions[0]
        return _WIDTHS.get(unit.name.lower()) if isinstance(unit, exp.Literal) else None
    return None


def loss_of(operator: StatefulOperator, losses: Iterable[WatermarkLoss]) -> WatermarkLoss | None:
    """Return the first loss that left an operator without event time among its keys."""
    names = {name for key in operator.keys for name in (key.text, key.text.rpartition(".")[2])}
    return next((loss for loss in losses if {loss.expression, loss.column} & names), None)


def window_instead(loss: WatermarkLoss) -> str:
    """Return what to group by in place of the expression that lost the watermark."""
    column, lost = loss.event_time.column, f"{loss.expression}, which loses the watermark"
    if loss.width is None:
        return f"group by window() over {column}, not by {lost}"
    return f"group by window({column}, '{loss.width}') in place of {lost}"
