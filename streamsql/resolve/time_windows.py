"""``window(…)`` and ``session_window(…)``: what Spark asks of their arguments.

Follows ``TimeWindow`` and ``TimeWindowing`` of Spark 4.1 to 4.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, ddl
from streamsql.dialect import function_name
from streamsql.intervals import parse_interval
from streamsql.resolve.naming import written
from streamsql.resolve.scope import Scope, look_up
from streamsql.resolve.walk import Walk

WINDOWS = frozenset({"window", "session_window"})
_NO_TIMES = frozenset(
    {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "binary", "variant"}
)
_ZERO = timedelta()


def check_window(name: str, node: exp.Expr, types: Sequence[DataType | None], walk: Walk) -> None:
    """Report what is wrong with the arguments of a window function."""
    if not node.expressions:
        return
    time = types[0] if types else None
    if _is_no_time(time) and time is not None:
        walk.report(
            "window-not-timestamp",
            f"{name}(…) needs a timestamp, and this is {ddl(time)}",
            node.expressions[0],
            "make a timestamp of it first, for example with timestamp_millis(…)",
        )
    lengths = [_length(name, e, walk) for e in node.expressions[1:]]
    if name == "window":
        _check_lengths(node, lengths, walk)


def _is_no_time(found: DataType | None) -> bool:
    if isinstance(found, (Array, Map, Decimal)):
        return True
    return isinstance(found, Primitive) and found.name in _NO_TIMES


def _length(name: str, node: exp.Expr, walk: Walk) -> timedelta | None:
    """Read a literal length; report one that Spark cannot read, and a column for a length."""
    if isinstance(node, exp.Literal) and node.is_string:
        text = str(node.this)
        try:
            return parse_interval(text.lstrip("- ")) * (-1 if text.startswith("-") else 1)
        except ValueError as error:
            walk.report("bad-window", str(error), node, "write it as '10 minutes'")
            return None
    if name == "window" and isinstance(node, exp.Column):
        walk.report(
            "bad-window",
            "the length of a window is a literal, the same for every row",
            node,
            "write it as '10 minutes'",
        )
    return None


def _check_lengths(node: exp.Expr, lengths: Sequence[timedelta | None], walk: Walk) -> None:
    length, slide, start = (*lengths, None, None, None)[:3]
    for given, place in zip(lengths[:2], node.expressions[1:], strict=False):
        if given is not None and given <= _ZERO:
            walk.report("bad-window", "a window has a length above zero", place)
    step = slide if len(lengths) > 1 else length
    if length is not None and slide is not None and slide > length:
        walk.report(
            "bad-window",
            "this window slides further than it is long, and would leave gaps",
            node.expressions[2],
            "let the second length be at most the first",
        )
    if start is not None and step is not None and abs(start) >= step:
        walk.report(
            "bad-window", "a window's start is less than what it slides by", node.expressions[3]
        )


def window_calls(nodes: Iterable[exp.Expr]) -> list[tuple[exp.Expr, exp.Expr]]:
    """Return the calls of window functions in expressions, each with the expression it is in."""
    return [
        (call, node)
        for node in nodes
        for call in node.find_all(exp.Anonymous, bfs=False)
        if function_name(call) in WINDOWS
    ]


def check_one_window(calls: Iterable[tuple[exp.Expr, exp.Expr]], scope: Scope, walk: Walk) -> None:
    """Report a second, different window among the ``window_calls`` of one SELECT."""
    first: tuple[object, ...] | None = None
    for call, node in calls:
        # What stands inside of a window is no window of this SELECT.
        if not _is_window(call) or _is_inside(call, node):
            continue
        identity = _identity(call, scope)
        if first is None:
            first = identity
        elif identity != first:
            walk.report(
                "several-windows",
                "a SELECT has one time window, and this is a second one",
                call,
                "group by one of them here, and by the other in a query around this one",
            )
            return


def _is_window(node: exp.Expr) -> bool:
    return function_name(node) in WINDOWS and len(node.expressions) > 1


def _is_inside(call: exp.Expr, outermost: exp.Expr) -> bool:
    """Whether a query or another window stands around a call, up to ``outermost``."""
    around: exp.Expr | None = call
    while around is not None and around is not outermost:
        around = around.parent
        if isinstance(around, exp.Query) or (around is not None and _is_window(around)):
            return True
    return False


def _identity(call: exp.Expr, scope: Scope) -> tuple[object, ...]:
    """Return what makes two calls the same window: the column's own identity, and lengths."""
    time, *lengths = call.expressions
    what: object = written(time).lower()
    if isinstance(time, exp.Column):
        found = look_up([p.name for p in time.parts], scope)
        if found.attribute is not None:
            what = (id(found.attribute), found.fields)
    return (function_name(call), what, *(_comparable(n) for n in lengths))


def _comparable(node: exp.Expr) -> object:
    if isinstance(node, exp.Literal) and node.is_string:
        try:
            return parse_interval(str(node.this).lstrip("- "))
        except ValueError:
            return str(node.this)
    return written(node).lower()
