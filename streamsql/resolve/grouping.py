"""GROUP BY and DISTINCT: what state is kept by, and what drops it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map, Primitive, Struct, ddl
from streamsql.dialect import function_name
from streamsql.resolve.arguments import whole_number
from streamsql.resolve.coercion import VARIANT
from streamsql.resolve.expressions import type_of
from streamsql.resolve.naming import written
from streamsql.resolve.relations import EventTime, StateBound, StateKey
from streamsql.resolve.scope import Attribute, Scope
from streamsql.resolve.shape import aggregates_in, event_time_of
from streamsql.resolve.walk import Walk

_TIME_WINDOWS = ("window", "session_window")


class GroupingKey(NamedTuple):
    """One grouping key: its expression (an ordinal or alias is looked up), and its type."""

    node: exp.Expr
    key: StateKey
    type: DataType | None


def grouping_items(node: exp.Select) -> Iterator[exp.Expr]:
    """Yield what stands in GROUP BY, the parts of grouping sets one by one."""
    group = node.args.get("group")
    pending = list(group.expressions) if group is not None else []
    while pending:
        item = pending.pop(0)
        if isinstance(item, exp.Paren):
            pending = [item.this, *pending]
        elif isinstance(item, (exp.GroupingSets, exp.Rollup, exp.Cube, exp.Tuple)):
            pending = [*item.expressions, *pending]
        else:
            yield item


def grouping_keys(
    node: exp.Select, scope: Scope, columns: Sequence[Attribute], walk: Walk
) -> list[GroupingKey] | None:
    """Return the grouping keys of a SELECT; None without GROUP BY."""
    group = node.args.get("group")
    if group is None:
        return None
    if group.args.get("all"):
        return [
            _key(e.unalias(), scope, type_of(e.unalias(), scope, walk))
            for e in node.expressions
            if not aggregates_in(e)
        ]
    return [_grouping_key(item, node, scope, columns, walk) for item in grouping_items(node)]


def _grouping_key(
    item: exp.Expr, node: exp.Select, scope: Scope, columns: Sequence[Attribute], walk: Walk
) -> GroupingKey:
    number = ordinal(item)
    if number is not None and 0 < number <= len(columns):
        made = columns[number - 1]
        walk.read.append(made.origins)
        walk.used.append(made)
        chosen = made.node.unalias() if made.node is not None else item
        return GroupingKey(chosen, _state_key(chosen, made.event_time, made.type), made.type)
    found = type_of(item, scope, walk)
    return _key(item, scope, found, _aliased(item, node))


def _aliased(item: exp.Expr, node: exp.Select) -> exp.Expr | None:
    if isinstance(item, exp.Column) and len(item.parts) == 1:
        for made in node.expressions:
            if made.alias and made.alias.lower() == item.name.lower():
                return cast("exp.Expr", made.unalias())
    return None


def _key(
    node: exp.Expr,
    scope: Scope,
    found: DataType | None,
    alias_of: exp.Expr | None = None,
) -> GroupingKey:
    """Return a key; what stands behind an alias only shows what kind of key it is."""
    event_time = event_time_of(node, scope)
    shown = alias_of if alias_of is not None and function_name(alias_of) in _TIME_WINDOWS else node
    return GroupingKey(node, _state_key(shown, event_time, found), found)


def _state_key(node: exp.Expr, event_time: EventTime | None, found: DataType | None) -> StateKey:
    return StateKey(written(node), _kind(node, event_time, found), event_time, _span(node))


def _kind(node: exp.Expr, event_time: EventTime | None, found: DataType | None) -> str:
    name = function_name(node)
    if name in _TIME_WINDOWS:
        return name or ""
    if event_time is not None and isinstance(found, Struct):
        return "window"  # a window that was made further up
    return "column" if isinstance(node, exp.Column) else "expression"


def _span(node: exp.Expr) -> str | None:
    """Return the length of a window, or the gap of a session, that is written as text."""
    if function_name(node) not in _TIME_WINDOWS or len(node.expressions) < 2:
        return None
    length = node.expressions[1]
    return str(length.this) if isinstance(length, exp.Literal) and length.is_string else None


def ordinal(node: exp.Expr) -> int | None:
    """Return the number of ``GROUP BY 1``."""
    return whole_number(node)


def check_keys(keys: Sequence[GroupingKey], walk: Walk) -> None:
    """Report keys of a type that Spark cannot group by."""
    for key in keys:
        if key.type in _UNORDERED:
            walk.report(
                "ungroupable-key",
                f"rows cannot be grouped by a value of type {ddl(key.type)}",
                key.node,
                "group by a field of it, cast to a type of its own",
            )


_UNORDERED = (Primitive("variant"), Primitive("interval"))


def check_distinct(columns: Sequence[Attribute], node: exp.Expr, walk: Walk) -> None:
    """Report columns of a type that DISTINCT, UNION, EXCEPT and INTERSECT cannot compare."""
    for column in columns:
        if column.type is not None and _incomparable(column.type):
            walk.report(
                "incomparable-column",
                f"rows cannot be compared by '{column.name}', which is {ddl(column.type)}",
                column.node if column.node is not None else node,
                "leave the column out, or compare to_json(…) of it",
            )


def _incomparable(found: DataType) -> bool:
    match found:
        case Map():
            return True
        case Array(element):
            return _incomparable(element)
        case Struct(fields):
            return any(_incomparable(f.type) for f in fields)
    return found == VARIANT


def mixed(keys: Iterable[StateKey]) -> tuple[str, ...]:
    """Return the keys with a watermark where there is more than one."""
    marked = dict.fromkeys(k.text for k in keys if k.event_time is not None)
    return tuple(marked) if len(marked) > 1 else ()


def collated(types: Iterable[DataType | None]) -> bool:
    """Whether a text compares otherwise than by its bytes."""
    return any(
        isinstance(t, Primitive)
        and t.name.startswith("string collate ")
        and t.name.upper().endswith(_NOT_BY_BYTES)
        for t in types
    )


_NOT_BY_BYTES = ("_LCASE", "_CI", "_AI", "_RTRIM")


def distinct_keys(columns: Sequence[Attribute]) -> tuple[StateKey, ...]:
    """Return what DISTINCT keeps state by: every column."""
    return tuple(
        StateKey(
            c.name,
            "window" if c.event_time is not None and isinstance(c.type, Struct) else "column",
            c.event_time,
        )
        for c in columns
    )


_BOUNDS = {"window": "window", "session_window": "session"}


def one_row(aggregates: Iterable[exp.Expr]) -> StateBound:
    """Return what bounds an aggregation without GROUP BY: its one row may grow."""
    for aggregate in aggregates:
        name = function_name(aggregate)
        if name in _COLLECTING:
            return StateBound(reason=f"{name}(…) keeps every value")
    return StateBound("count")


_COLLECTING = frozenset(
    {
        *("collect_list", "collect_set", "array_agg", "listagg", "string_agg"),
        *("median", "mode", "percentile", "percentile_cont", "percentile_disc"),
    }
)


def bound_by(keys: Sequence[StateKey]) -> StateBound:
    """Return what drops state that is kept by these keys: event time among them."""
    for key in keys:
        if key.event_time is not None:
            return StateBound(_BOUNDS.get(key.kind, "event_time"), key.event_time, key.span)
    return StateBound(reason="no column with a watermark is among its keys")
