"""UNION, EXCEPT and INTERSECT: their columns, and what they do to streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from streamsql.resolve.coercion import wider
from streamsql.resolve.foreign import check_set_operation
from streamsql.resolve.grouping import bound_by, check_distinct, collated, distinct_keys, mixed
from streamsql.resolve.kinds import both, differ
from streamsql.resolve.lineage import NO_INFLUENCES, Influences, fields_in, united
from streamsql.resolve.liveness import kept
from streamsql.resolve.pipes import renewed
from streamsql.resolve.relations import Operation, WatermarkLoss
from streamsql.resolve.scope import Attribute, Flow, Rowset, Scope
from streamsql.resolve.walk import Walk


def set_operation(node: exp.SetOperation, scope: Scope, walk: Walk) -> Rowset:
    """Return what a set operation gives."""
    left = walk.resolve_query(node.this, scope, walk)
    right = walk.resolve_query(node.expression, scope, walk)
    complete = left.complete and right.complete
    check_set_operation(node, walk)
    by_name = bool(node.args.get("by_name"))
    if complete and not by_name and len(left.columns) != len(right.columns):
        walk.report(
            "union-column-count",
            f"the first query has {_columns(left)}, the other one {_columns(right)}",
            node.expression,
            "give both the same columns, in the same order",
        )
        complete = False
    if not by_name:
        _check_types(node, left, right, walk)
    is_union = isinstance(node, exp.Union)
    columns = _by_position(left, right, is_union)
    if not is_union or node.args.get("distinct"):
        check_distinct(columns, node.expression, walk)
        walk.used.extend(kept(*columns))
    return Rowset(
        columns,
        (),
        _flow(node, left, right, columns, walk),
        complete,
        left.influences | right.influences | _compared(node, left, right),
        united((left.unlisted, right.unlisted)),
        seen=renewed(left.seen, columns),
    )


def _check_types(node: exp.SetOperation, left: Rowset, right: Rowset, walk: Walk) -> None:
    for one, other in zip(left.columns, right.columns, strict=False):
        if differ(one.type, other.type):
            walk.report(
                "union-column-type",
                f"'{one.name}' is {both(one.type, None)} in the first query, and"
                f" {both(other.type, None)} in the other",
                other.node if other.node is not None else node.expression,
                "cast one of them, or put the columns in the same order",
            )


def _compared(node: exp.SetOperation, left: Rowset, right: Rowset) -> Influences:
    """Return what a set operation does to rows: it may compare them whole."""
    if isinstance(node, exp.Union):
        if not node.args.get("distinct"):
            return NO_INFLUENCES
        every = (*left.columns, *right.columns)
        return Influences(grouped=fields_in(c.origins for c in every))
    compared = fields_in(c.origins for c in (*left.columns, *right.columns))
    return Influences(filtered=compared)


def _flow(
    node: exp.SetOperation,
    left: Rowset,
    right: Rowset,
    columns: tuple[Attribute, ...],
    walk: Walk,
) -> Flow:
    kind = _kind(node)
    flow = left.flow.beside(right.flow)
    if not flow.streaming:
        return flow
    operation = Operation(
        kind,
        walk.location(node.expression),
        walk.parsed.name,
        streaming=flow.streaming,
        left=left.streaming,
        right=right.streaming,
        unmarked=_unmarked(left, right) if kind == "union" else (),
        below=flow.stateful,
    )
    flow = flow.past(operation).losing(*_losses(node, left, columns, walk))
    refused = kind == "intersect" or (kind == "except" and right.streaming)
    if refused or (kind == "union" and not node.args.get("distinct")):
        return flow
    keys = distinct_keys(columns)
    made = "distinct" if kind == "union" else "except"
    operator = walk.operator(made, node.expression, keys, bound_by(keys), flow)
    unlike = collated(c.type for c in columns)
    return flow.through(replace(operator, mixed=mixed(keys), collated=unlike))


def _kind(node: exp.SetOperation) -> str:
    if isinstance(node, exp.Union):
        return "union"
    return "except" if isinstance(node, exp.Except) else "intersect"


def _unmarked(left: Rowset, right: Rowset) -> tuple[str, ...]:
    """Return the columns whose branches do not agree on carrying a watermark."""
    pairs = zip(left.columns, right.columns, strict=False)
    return tuple(a.name for a, b in pairs if (a.event_time is None) != (b.event_time is None))


def _losses(
    node: exp.SetOperation, left: Rowset, columns: tuple[Attribute, ...], walk: Walk
) -> Iterator[WatermarkLoss]:
    for before, after in zip(left.columns, columns, strict=False):
        if before.event_time is not None and after.event_time is None:
            yield walk.lost(before.event_time, after.name, node.expression, "union")


def _columns(rowset: Rowset) -> str:
    count = len(rowset.columns)
    return f"{count} column" + ("" if count == 1 else "s")


def _by_position(left: Rowset, right: Rowset, widened: bool) -> tuple[Attribute, ...]:
    columns: list[Attribute] = []
    for number, column in enumerate(left.columns):
        beside = right.columns[number] if number < len(right.columns) else None
        found = wider(column.type, beside.type if beside is not None else None)
        origins, keeps = column.origins, kept(column, *([beside] if beside else []))
        if beside is not None and widened:  # rows of the right come from a union alone
            origins = united((origins, beside.origins))
        # A cast to the wider type is an expression, and an expression loses the watermark.
        event_time = column.event_time if found == column.type or not widened else None
        columns.append(
            column._replace(
                type=found,
                event_time=event_time,
                origins=origins,
                keeps=keeps,
                never_null=column.never_null and (beside is None or beside.never_null),
                said=(*column.said, *(beside.said if beside is not None and widened else ())),
            )
        )
    return tuple(columns)
