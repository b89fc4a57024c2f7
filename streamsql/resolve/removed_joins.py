"""Outer joins that Spark leaves out, because nothing that comes after them depends on them.

It does so where no column of the side that is looked up is used, and either whose rows are
counted more than once makes no difference (DISTINCT, or GROUP BY with aggregates like ``max``), or
there is at most one row to find. That side's watermark stays one of the query's, and no row moves
it. Tried on Spark 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from streamsql.dialect import function_name
from streamsql.resolve.grouping import GroupingKey
from streamsql.resolve.join_bounds import conjuncts
from streamsql.resolve.relations import Standstill
from streamsql.resolve.scope import Attribute, Flow, Scope, look_up
from streamsql.resolve.sources import Sources
from streamsql.resolve.walk import Walk

_AGNOSTIC = frozenset(
    {
        *("max", "min", "first", "first_value", "last", "last_value", "any_value"),
        *("collect_set", "bit_and", "bit_or"),
    }
)


def past_joins(
    node: exp.Select,
    source: Sources,
    flow: Flow,
    scope: Scope,
    aggregates: Sequence[exp.Expr],
    walk: Walk,
) -> Flow:
    """Return the flow of a SELECT with the watermarks of the joins that are left out."""
    last = source.last
    if last is None or node.args.get("laterals") or not _outer(last.kind):
        return flow
    counts = _counts_alike(node, aggregates)
    while last is not None and _outer(last.kind):
        kept, lost = (
            (last.left, last.right) if last.kind == "left_outer" else (last.right, last.left)
        )
        if not (counts or _is_unique(last.node, lost)) or not _uses_only(node, kept, scope):
            return flow
        if lost.streaming:
            flow = _without(last.node, lost, kept, flow, walk)
        last = kept.last
    return flow


def unique_columns(
    columns: Sequence[Attribute], groups: Sequence[GroupingKey] | None, *, distinct: bool
) -> frozenset[str]:
    """Return the columns by which no two rows of a query are alike, if it has them all."""
    if groups is None:
        return frozenset(c.name.lower() for c in columns) if distinct else frozenset()
    found = [_column_of(group, columns) for group in groups]
    return frozenset() if None in found else frozenset(name for name in found if name)


def _column_of(group: GroupingKey, columns: Sequence[Attribute]) -> str | None:
    wanted = group.node.unalias()
    for column in columns:
        made = column.node.unalias() if column.node is not None else None
        if made is wanted or (type(made) is type(wanted) and made == wanted):
            return column.name.lower()
    return None


def _outer(kind: str) -> bool:
    return kind in ("left_outer", "right_outer")


def _counts_alike(node: exp.Select, aggregates: Sequence[exp.Expr]) -> bool:
    grouped = node.args.get("group") is not None or bool(aggregates)
    if not grouped:
        return node.args.get("distinct") is not None
    return all(function_name(a) in _AGNOSTIC for a in aggregates)


def _is_unique(node: exp.Expr, lost: Sources) -> bool:
    if not lost.unique:
        return False
    scope = Scope(lost.visible)
    equal = {
        found.name.lower()
        for c in conjuncts(node.args.get("on"))
        if isinstance(c, exp.EQ)
        for side in (c.this, c.expression)
        if isinstance(side, exp.Column) and (found := _attribute(side, scope)) is not None
    }
    return lost.unique <= equal


def _uses_only(node: exp.Select, kept: Sources, scope: Scope) -> bool:
    own = {id(v.attribute) for v in kept.visible}
    others = {id(v.attribute) for v in scope.visible} - own
    qualifiers = {v.qualifier for v in kept.visible}
    for part in _parts(node):
        if isinstance(part.unalias(), exp.Star) or part.find(exp.Query):
            return False
        for column in part.find_all(exp.Column):
            if isinstance(column.this, exp.Star):
                if column.table.lower() not in qualifiers:
                    return False
                continue
            found = _attribute(column, scope)
            if found is None or id(found) in others:
                return False
    return True


def _parts(node: exp.Select) -> Iterator[exp.Expr]:
    yield from node.expressions
    for key in ("where", "group", "having"):
        clause = node.args.get(key)
        if clause is not None:
            yield clause


def _attribute(column: exp.Column, scope: Scope) -> Attribute | None:
    return look_up([p.name for p in column.parts], scope).attribute


def _without(node: exp.Expr, lost: Sources, kept: Sources, flow: Flow, walk: Walk) -> Flow:
    place = walk.location(node.this)
    # No rows meet there, so no more than one event time may reach it.
    walk.meetings[:] = [m for m in walk.meetings if m.operator.location != place]
    known = {s.mark for s in flow.still}
    moved = set(kept.flow.marks)
    gone = tuple(o for o in flow.stateful if o in lost.flow.stateful or o.location == place)
    found = tuple(
        Standstill(mark, place, walk.parsed.name, "join", gone)
        for mark in lost.flow.marks
        if mark not in known and mark not in moved
    )
    return flow._replace(still=(*flow.still, *found)) if found else flow
