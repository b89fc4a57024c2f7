"""PIVOT and UNPIVOT: the columns they give, and the state that PIVOT keeps.

Follows ``ResolvePivot``, ``PivotFirst`` and ``ResolveUnpivot`` of Spark 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import DataType, Decimal, Primitive
from streamsql.resolve.coercion import STRING, widest
from streamsql.resolve.expressions import type_of
from streamsql.resolve.grouping import bound_by, collated, distinct_keys, mixed
from streamsql.resolve.kinds import both, kind_of
from streamsql.resolve.lineage import How, Origins, grouped_by, take, united, used_by
from streamsql.resolve.liveness import kept, taken
from streamsql.resolve.naming import output_name, written
from streamsql.resolve.operations import distinct_aggregates
from streamsql.resolve.relations import StateBound, StateKey
from streamsql.resolve.scope import UNKNOWN, Attribute, Flow, Rowset, Scope, Visible, look_up
from streamsql.resolve.shape import aggregates_in
from streamsql.resolve.walk import Walk

_PIVOTED_APART = frozenset(
    {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double"}
)  # and decimals: PivotFirst.supportsDataType


class _Aggregate(NamedTuple):
    """An aggregate of a PIVOT, and the suffix of its columns; none where it is alone."""

    suffix: str | None
    type: DataType | None
    origins: Origins
    keeps: tuple[Attribute, ...]


def pivoted(
    node: exp.Expr, rowset: Rowset, visible: Sequence[Visible], walk: Walk
) -> tuple[Rowset, tuple[Visible, ...]]:
    """Return a relation after the PIVOT and UNPIVOT clauses of ``node``, and as it is seen then.

    ``visible`` are its columns before; those that are left keep their qualifiers.
    """
    qualifiers = {id(v.attribute): v.qualifier for v in visible}
    names: frozenset[str | None] = frozenset()
    if not rowset.complete:
        names = frozenset({None, *qualifiers.values()})
    inside = Scope(tuple(visible), names, unlisted=dict.fromkeys(names, rowset.unlisted))
    for pivot in node.args["pivots"]:
        since = len(walk.read)
        turn = _unpivot if pivot.args.get("unpivot") else _pivot
        rowset = turn(pivot, rowset, inside, walk)
        del walk.read[since:]
        alias = pivot.args.get("alias")
        made = None if alias is None else alias.name.lower()
        left = {} if made else qualifiers
        seen = tuple(Visible(left.get(id(c), made), c) for c in rowset.columns)
        inside = inside.seeing(seen)
    return rowset, seen


def _pivot(node: exp.Expr, rowset: Rowset, inside: Scope, walk: Walk) -> Rowset:
    _check_pivot(node, walk)
    taking, since = list(_aggregates(node, inside, walk)), len(walk.read)
    by = [f.this for f in node.args.get("fields") or ()]
    types = [type_of(column, inside, walk) for column in by]
    influences = rowset.influences | grouped_by(take(walk.read, since))
    spoken = {id(a) for part in (*node.expressions, *by) for a in _named(part, inside)}
    rest = tuple(c for c in rowset.columns if id(c) not in spoken)
    influences |= grouped_by([c.origins for c in rest])
    flow = rowset.flow
    if flow.streaming:
        keys = distinct_keys(rest)
        pivot_keys = tuple(StateKey(written(column), "column") for column in by)
        flow = _counted(node, flow, taking, (keys, pivot_keys), walk)
        flow = flow.past(*distinct_aggregates(node.expressions, walk))
        unlike = collated([*(c.type for c in rest), *types])
        last = replace(flow.stateful[-1], mixed=mixed(keys), collated=unlike)
        flow = flow._replace(stateful=(*flow.stateful[:-1], last), plain=(*flow.plain[:-1], last))
        walk.used.extend(kept(*rest))
    made = _made(node, taking)
    if made is None or not rowset.complete:
        every = united((*(c.origins for c in rowset.columns), rowset.unlisted), How.TRANSFORMATION)
        return UNKNOWN._replace(flow=flow, influences=influences, unlisted=every)
    return Rowset((*rest, *made), (), flow, True, influences)


def _check_pivot(node: exp.Expr, walk: Walk) -> None:
    for expression in node.expressions:
        if not aggregates_in(expression):
            walk.report(
                "bad-pivot",
                "a PIVOT computes aggregates, and this is none",
                expression,
                "write max(…), sum(…) or any_value(…) of it",
            )
    for value in (v for f in node.args.get("fields") or () for v in f.expressions):
        if value.find(exp.Column) is not None:
            walk.report(
                "bad-pivot",
                "the values of a PIVOT are literals: each becomes a column",
                value,
                "list the values that you want columns for",
            )


def _aggregates(node: exp.Expr, inside: Scope, walk: Walk) -> Iterator[_Aggregate]:
    for expression in node.expressions:
        since, first = len(walk.read), len(walk.used)
        found = type_of(expression.unalias(), inside, walk)
        origins = used_by(take(walk.read, since))
        suffix = output_name(expression) if len(node.expressions) > 1 else None
        yield _Aggregate(suffix, found, origins, taken(walk.used, first))


def _named(node: exp.Expr, inside: Scope) -> Iterator[Attribute]:
    """Yield the columns that an expression speaks of: all others are what is grouped by."""
    for column in node.find_all(exp.Column):
        found = look_up([p.name for p in column.parts], inside).attribute
        if found is not None:
            yield found


def _counted(
    node: exp.Expr,
    flow: Flow,
    taking: Sequence[_Aggregate],
    keys: tuple[tuple[StateKey, ...], tuple[StateKey, ...]],
    walk: Walk,
) -> Flow:
    """Return the flow after a PIVOT: one aggregation, or two where numbers alone are made."""
    rest, by = keys
    if all(_is_apart(a.type) for a in taking):
        every = (*rest, *by)
        flow = flow.through(walk.operator("aggregate", node, every, bound_by(every), flow))
    bound = bound_by(rest) if rest else StateBound("count")
    return flow.through(walk.operator("aggregate", node, rest, bound, flow))


def _is_apart(found: DataType | None) -> bool:
    return isinstance(found, Decimal) or (
        isinstance(found, Primitive) and found.name in _PIVOTED_APART
    )


def _made(node: exp.Expr, taking: Sequence[_Aggregate]) -> list[Attribute] | None:
    """Return a column for each value and aggregate, if every value's name is known."""
    columns: list[Attribute] = []
    for value in (v for f in node.args.get("fields") or () for v in f.expressions):
        name = _value_name(value)
        if name is None:
            return None
        for one in taking:
            called = name if one.suffix is None else f"{name}_{one.suffix}"
            columns.append(
                Attribute(called, one.type, keeps=one.keeps, origins=one.origins, node=node)
            )
    return columns


def _value_name(node: exp.Expr) -> str | None:
    """Return what Spark calls the column of a value; None where only Spark can tell."""
    match node:
        case exp.PivotAlias():
            return str(node.args["alias"].name)
        case exp.Literal():
            return str(node.this)
        case exp.Neg() if isinstance(node.this, exp.Literal):
            return f"-{node.this.this}"
        case exp.Null():
            return "null"
        case exp.Boolean():
            return "true" if node.this else "false"
    return None


def _unpivot(node: exp.Expr, rowset: Rowset, inside: Scope, walk: Walk) -> Rowset:
    fields = node.args.get("fields") or ()
    values = [
        v for e in node.expressions for v in (e.expressions if isinstance(e, exp.Tuple) else [e])
    ]
    names = [v.name for v in values]
    types: list[list[DataType | None]] = [[] for _ in names]
    origins: list[list[Origins]] = [[] for _ in names]
    spoken: set[int] = set()
    for item in (v for f in fields for v in f.expressions):
        turned = item.this if isinstance(item, exp.PivotAlias) else item
        parts = turned.expressions if isinstance(turned, exp.Tuple) else [turned]
        spoken |= {id(a) for a in _named(turned, inside)}
        for number, part in enumerate(parts[: len(names)]):
            since = len(walk.read)
            types[number].append(type_of(part, inside, walk))
            origins[number].append(used_by(take(walk.read, since)))
    _check_unpivot(node, types, walk)
    if not rowset.complete:
        every = united((*(c.origins for c in rowset.columns), rowset.unlisted), How.TRANSFORMATION)
        return UNKNOWN._replace(flow=rowset.flow, influences=rowset.influences, unlisted=every)
    rest = tuple(c for c in rowset.columns if id(c) not in spoken)
    told = tuple(Attribute(f.this.name, STRING, node=node) for f in fields)
    made = tuple(
        Attribute(name, widest(types[n]), node=node, origins=united(origins[n]))
        for n, name in enumerate(names)
    )
    return Rowset((*rest, *told, *made), (), rowset.flow, True, rowset.influences)


def _check_unpivot(node: exp.Expr, types: Sequence[Sequence[DataType | None]], walk: Walk) -> None:
    """Report columns that cannot become one: text is not widened to anything, nor from it."""
    for together in types:
        kinds = {"text" if t == STRING else kind_of(t): t for t in together}
        known = {kind: t for kind, t in kinds.items() if kind is not None}
        if len(known) > 1:
            one, other = list(known.values())[:2]
            walk.report(
                "bad-pivot",
                f"{both(one, other)} cannot become one column",
                node,
                "cast them to one type in a subquery first",
            )
