"""Which watermarks no row ever moves, because what no row can meet stands before them.

Spark filters before it notes the time of a row, where the condition is not about that time; a
part of a query that gives no rows it leaves out altogether. The watermark of such a part stays
where it began, and the query's own is the least of all. Tried on Spark 4.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal as Number
from typing import NamedTuple

from sqlglot import exp

from streamsql.resolve.constants import UNKNOWN, contradict, never_true, value_of
from streamsql.resolve.relations import Mark, Said, Standstill
from streamsql.resolve.scope import Attribute, Flow, Scope, look_up
from streamsql.resolve.walk import Walk

_POLICY = "spark.sql.streaming.multipleWatermarkPolicy"
_KEEPING = frozenset({"aggregate", "session_window", "distinct", "except", "dedup"})
_BEFORE = frozenset({"dedup", "except"})
"""What Spark may do before it filters, whatever the condition is about."""
_FILTERED = {
    "inner": ("left", "right"),
    "cross": ("left", "right"),
    "left_semi": ("left", "right"),
    "left_outer": ("right",),
    "right_outer": ("left",),
}
"""Of which sides of a join a condition in ON filters the rows."""


def said(node: exp.Expr, marks: tuple[Mark, ...]) -> tuple[Said, ...]:
    """Return what a column is for the rows of these watermarks, if it is written out."""
    value = value_of(node) if marks and isinstance(node, _WRITTEN) else UNKNOWN
    if value is UNKNOWN:
        return ()
    if isinstance(value, Number):
        return (Said(marks, str(value), number=True),)
    return (Said(marks, value if isinstance(value, (str, bool)) else None),)


_WRITTEN = (exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Cast)


def filtered(
    condition: exp.Expr,
    scope: Scope,
    flow: Flow,
    walk: Walk,
    *,
    first: Flow | None = None,
    apart: bool = False,
) -> Flow:
    """Return the flow after WHERE.

    ``first`` is the first of several relations that are joined: Spark asks it alone what names
    no column. ``apart`` says that a column may come from somewhere else than its rows.
    """
    if not flow.marks:
        return _empty(condition, flow)
    parts = _parts(condition, scope)
    if first is not None and _never(parts, flow, apart=True):
        return _stopped(flow, _own(first, flow), condition, walk)
    if first is None and _never(parts, flow, apart=apart):
        return _stopped(flow, flow.marks, condition, walk, empty=True)
    return _stopped(flow, _left_out(parts, scope, flow), condition, walk)


def _own(first: Flow, flow: Flow) -> tuple[Mark, ...]:
    """Return the watermarks that no other relation has."""
    reads = Counter(flow.reads)
    own = Counter(first.reads)
    return tuple(m for m in first.marks if all(reads[r] == own[r] for r in m.reads))


def grouped(condition: exp.Expr, scope: Scope, flow: Flow, walk: Walk) -> Flow:
    """Return the flow before an aggregation whose groups have to meet HAVING.

    Spark filters rows by what it says of the keys, and by nothing else.
    """
    found = _left_out(_parts(condition, scope), scope, flow)
    return _stopped(flow, found, condition, walk)


def matched(
    condition: exp.Expr,
    kind: str,
    sides: tuple[Flow, Flow],
    first: Flow,
    scope: Scope,
    flow: Flow,
    walk: Walk,
) -> Flow:
    """Return the flow after the condition of a join of ``sides``, as it stands in ON."""
    filters = [f for f, name in zip(sides, ("left", "right"), strict=True) if _filters(kind, name)]
    marks = {mark for side in filters for mark in side.marks}
    if not marks:
        return flow
    parts = _parts(condition, scope)
    if _filters(kind, "left") and _never(parts, flow, apart=True):
        return _stopped(flow, _own(first, flow), condition, walk)
    found = _left_out(parts, scope, flow)
    return _stopped(flow, tuple(m for m in found if m in marks), condition, walk)


def limited(limit: exp.Expr, flow: Flow, walk: Walk) -> Flow:
    """Return the flow after LIMIT: none of no rows is left."""
    count = limit.args.get("expression")
    if isinstance(count, exp.Expr) and value_of(count) == 0:
        return _stopped(flow, flow.marks, limit, walk, empty=True)
    return flow


def _filters(kind: str, side: str) -> bool:
    return side in _FILTERED.get(kind, ())


def _conditions(condition: exp.Expr) -> list[exp.Expr]:
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        return [*_conditions(inner.this), *_conditions(inner.expression)]
    return [inner]


def _empty(condition: exp.Expr, flow: Flow) -> Flow:
    if flow.streaming and any(never_true(c) for c in _conditions(condition)):
        return flow._replace(empty=True)
    return flow


class _Part(NamedTuple):
    """One of the conditions that AND puts together, and the columns that it names.

    ``bare`` says that it names none, known or not.
    """

    node: exp.Expr
    columns: tuple[Attribute, ...]
    bare: bool


def _parts(condition: exp.Expr, scope: Scope) -> list[_Part]:
    """Return the parts of a condition that are not about event time."""
    parts: list[_Part] = []
    for node in _conditions(condition):
        named = list(node.find_all(exp.Column))
        found = tuple(a for c in named if (a := _attribute(c, scope)) is not None)
        if not any(a.event_time is not None or a.keeps for a in found):
            parts.append(_Part(node, found, not named))
    return parts


def _never(parts: Sequence[_Part], flow: Flow, *, apart: bool) -> bool:
    """Whether no row meets the conditions, and Spark filters before what keeps state."""
    kinds = {o.kind for o in flow.stateful}
    if "limit" in kinds or kinds & _KEEPING:
        return False  # Spark does not move a condition without columns below an aggregation
    if any(part.bare and never_true(part.node) for part in parts):
        return True
    return not apart and contradict([part.node for part in parts if not part.bare])


def _attribute(column: exp.Column, scope: Scope) -> Attribute | None:
    found = look_up([p.name for p in column.parts], scope)
    return None if found.fields else found.attribute


def _left_out(parts: Sequence[_Part], scope: Scope, flow: Flow) -> tuple[Mark, ...]:
    """Return the watermarks of the branches none of whose rows meets the conditions."""
    columns = {id(a): a for part in parts for a in part.columns if a.said}
    if not columns or any(o.bound.kind == "count" or o.kind in _BEFORE for o in flow.stateful):
        return ()
    gone: Counter[Mark] = Counter()
    for attribute in columns.values():
        own: Counter[Mark] = Counter()
        if not _fails(parts, attribute, None, scope):
            continue  # an outer join may have made up rows with NULL there, and keep them
        for one in attribute.said:
            if _fails(parts, attribute, _value(one), scope):
                own.update(one.marks)
        gone |= own
    reads = Counter(flow.reads)
    return tuple(m for m, times in gone.items() if all(reads[r] <= times for r in m.reads))


def _value(one: Said) -> object:
    return Number(one.value) if one.number and isinstance(one.value, str) else one.value


def _fails(parts: Iterable[_Part], attribute: Attribute, value: object, scope: Scope) -> bool:
    def read(column: exp.Column) -> object:
        return value if _attribute(column, scope) is attribute else UNKNOWN

    return any(never_true(part.node, read) for part in parts)


def _stopped(
    flow: Flow, marks: tuple[Mark, ...], node: exp.Expr, walk: Walk, *, empty: bool = False
) -> Flow:
    if not marks and not empty:
        return flow
    if str(walk.spark.conf.get(_POLICY, "")).strip().lower() == "max":
        return flow  # the others move the watermark of the query, too
    known = {s.mark for s in flow.still}
    place = walk.location(node)
    found = tuple(Standstill(m, place, walk.parsed.name) for m in marks if m not in known)
    if not found and not empty:
        return flow
    return flow._replace(still=(*flow.still, *found), empty=flow.empty or empty)
