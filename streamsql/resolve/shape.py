"""What an expression is to a stream: an aggregate, a carrier of event time, or neither."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from streamsql.dialect import function_name
from streamsql.resolve.functions import is_aggregate
from streamsql.resolve.relations import EventTime
from streamsql.resolve.scope import Scope, look_up

_AGGREGATE_NODES = (
    exp.Any,
    exp.ApproxQuantile,
    exp.ArgMax,
    exp.ArgMin,
    exp.GroupConcat,
    exp.Quantile,
    exp.WithinGroup,
)
_KEEPS_EVENT_TIME = frozenset({"window", "session_window", "window_time"})


def is_aggregate_call(node: exp.Expr) -> bool:
    """Whether a node itself makes one value of many rows."""
    name = function_name(node)
    if name is not None:
        return is_aggregate(name)
    if isinstance(node, exp.Any):
        # LIKE ANY (…) compares with several; any(x) asks of all rows.
        return not isinstance(node.parent, (exp.Like, exp.ILike))
    return isinstance(node, _AGGREGATE_NODES)


def aggregates_in(node: exp.Expr) -> list[exp.Expr]:
    """Return the aggregates of this query level; window functions and subqueries have none."""
    if isinstance(node, exp.Alias):
        node = node.this
    if isinstance(node, _HAS_NONE):
        return []
    found: list[exp.Expr] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _HAS_NONE):
            continue
        if isinstance(part, exp.Window):
            call = part.this
            while isinstance(call, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)):
                call = call.this
            waiting += reversed(list(call.iter_expressions()))
        elif is_aggregate_call(part):
            found.append(part)
        else:
            waiting += reversed(list(part.iter_expressions()))
    return found


_HAS_NONE = (exp.Column, exp.Literal, exp.Identifier, exp.Query)


def event_time_of(node: exp.Expr, scope: Scope) -> EventTime | None:
    """Return the watermark that ``node`` carries on, if it does.

    A column, and a window over one, keep it; any other expression loses it, a cast that
    changes nothing included (Spark 4.1, ``EventTimeWatermark`` metadata).
    """
    if isinstance(node, (exp.Paren, exp.Alias)):
        return event_time_of(node.this, scope)
    if isinstance(node, exp.Column) and not node.is_star:
        found = look_up([p.name for p in node.parts], scope)
        return found.attribute.event_time if found.attribute and not found.fields else None
    if function_name(node) in _KEEPS_EVENT_TIME and node.expressions:
        return event_time_of(node.expressions[0], scope)
    return None


def event_times_under(node: exp.Expr, scope: Scope) -> Iterator[EventTime]:
    """Yield the watermarks of the columns that an expression is made of."""
    for column in node.find_all(exp.Column):
        if not column.is_star:
            found = look_up([p.name for p in column.parts], scope).attribute
            if found is not None and found.event_time is not None:
                yield found.event_time
