"""What Spark's analyzer asks of aggregates: where they may stand, and what must be grouped.

Follows ``CheckAnalysis`` of Spark 4.1. A column counts as grouped wherever it is part of a
grouping key, so that two ways to write one expression are never told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlglot import exp

from streamsql.dialect import function_name
from streamsql.resolve.grouping import GroupingKey, ordinal
from streamsql.resolve.naming import written
from streamsql.resolve.scope import Attribute, Scope, look_up
from streamsql.resolve.shape import aggregates_in, is_aggregate_call
from streamsql.resolve.signatures import is_function
from streamsql.resolve.walk import Walk


class _Grouped(NamedTuple):
    """The columns of a SELECT's grouping keys: those that are a key, and those inside of one."""

    plain: frozenset[int]
    within: frozenset[int]


def check_aggregation(
    node: exp.Select,
    keys: Sequence[GroupingKey] | None,
    aggregates: Sequence[exp.Expr],
    scope: Scope,
    walk: Walk,
) -> None:
    """Report aggregates where none may be, inside another, and columns that are not grouped.

    ``aggregates`` are those of the select list and of HAVING; ``scope`` is what FROM gives,
    without aliases.
    """
    _check_places(node, walk)
    _check_ordinals(node, walk)
    having = node.args.get("having")
    _check_nesting(aggregates, walk)
    group = node.args.get("group")
    if group is not None and group.args.get("all"):
        return
    if keys is None and not aggregates:
        return
    if scope.open_qualifiers or (node.args.get("distinct") is not None and not aggregates):
        return
    here = Scope(scope.visible, scope.open_qualifiers)  # and nothing of a query around this one
    if any(_means_nothing(k.node, node, here) for k in keys or ()):
        return
    grouped = _grouped(node, keys or (), here)
    for part in node.expressions:
        _check_output(part.unalias(), grouped, here, bool(keys), walk)
    if having is not None:
        _check_parts(having.this, grouped, here, bool(keys), walk)


def _check_places(node: exp.Select, walk: Walk) -> None:
    where = node.args.get("where")
    places = [("WHERE", where.this)] if where is not None else []
    conditions = (j.args.get("on") for j in node.args.get("joins") or ())
    places += [("ON", c) for c in conditions if c is not None]
    group = node.args.get("group")
    places += [("GROUP BY", e) for e in (group.expressions if group is not None else ())]
    for clause, part in places:
        for found in aggregates_in(part):
            hint = "filter groups in HAVING" if clause == "WHERE" else "aggregate in a subquery"
            text = function_name(found) or "an aggregate"
            walk.report("misplaced-aggregate", f"{text}(…) cannot stand in {clause}", found, hint)


def _check_ordinals(node: exp.Select, walk: Walk) -> None:
    group, order = node.args.get("group"), node.args.get("order")
    if group is None and order is None:
        return
    starred = any(e.is_star for e in node.expressions)
    places = [("GROUP BY", e) for e in (group.expressions if group is not None else ())]
    places += [("ORDER BY", o.this) for o in (order.expressions if order is not None else ())]
    for clause, part in places:
        number = ordinal(part)
        if number is None or starred:
            continue
        if not 0 < number <= len(node.expressions):
            walk.report(
                "ordinal-out-of-range",
                f"there is no column {number} to {clause}; there are {len(node.expressions)}",
                part,
            )
        elif clause == "GROUP BY" and aggregates_in(node.expressions[number - 1]):
            walk.report(
                "misplaced-aggregate",
                f"column {number} of GROUP BY is an aggregate, and groups come before it",
                part,
                "group by the other columns",
            )


def _check_nesting(aggregates: Sequence[exp.Expr], walk: Walk) -> None:
    for outer in aggregates:
        call = outer.this if isinstance(outer, exp.WithinGroup) else outer
        inner = next((a for p in call.iter_expressions() for a in aggregates_in(p)), None)
        if inner is not None:
            walk.report(
                "nested-aggregate",
                "an aggregate stands inside another",
                inner,
                "compute the inner one in a subquery",
            )


def _grouped(node: exp.Select, keys: Sequence[GroupingKey], scope: Scope) -> _Grouped:
    plain: set[int] = set()
    within: set[int] = set()
    for key in keys:
        for part in _behind(key.node, node, scope):
            found = _attribute(part, scope)
            if found is not None:
                plain.add(id(found))
            within |= {id(a) for c in _columns(part) if (a := _attribute(c, scope, True))}
    return _Grouped(frozenset(plain), frozenset(within | plain))


def _means_nothing(key: exp.Expr, node: exp.Select, scope: Scope) -> bool:
    """Whether a key is a name that is unknown: then nobody knows what it groups."""
    named = isinstance(key, exp.Column) and _attribute(key, scope, True) is None
    return named and len(list(_behind(key, node, scope))) == 1


def _behind(key: exp.Expr, node: exp.Select, scope: Scope) -> Iterator[exp.Expr]:
    """Yield a key, or the expression of the select list whose alias it is."""
    yield key
    if isinstance(key, (exp.Column, exp.Identifier)) and _attribute(key, scope, True) is None:
        name = key.name.lower()
        yield from (e.unalias() for e in node.expressions if e.alias.lower() == name)


def _attribute(node: exp.Expr, scope: Scope, with_fields: bool = False) -> Attribute | None:
    """Return the column of FROM that a name means."""
    if not isinstance(node, exp.Column) or node.is_star:
        return None
    found = look_up([p.name for p in node.parts], scope)
    return found.attribute if with_fields or not found.fields else None


def _columns(node: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns of this query level that are not inside an aggregate or a lambda."""
    if isinstance(node, (exp.Query, exp.Lambda, exp.Filter)) or is_aggregate_call(node):
        return
    name = function_name(node)
    if name is not None and not is_function(name):
        return  # an aggregate of a later Spark, for all that is known
    if isinstance(node, exp.Column):
        yield node
        return
    for part in node.iter_expressions():
        yield from _columns(part)


def _check_output(
    part: exp.Expr, grouped: _Grouped, scope: Scope, has_keys: bool, walk: Walk
) -> None:
    if isinstance(part, exp.Star):
        seen = [v.attribute for v in scope.visible if v.in_star]
        loose = next((a for a in seen if id(a) not in grouped.plain), None)
        if loose is not None:
            _report(part, loose.name, has_keys, walk)
        return
    bare = part.unnest()
    found = _attribute(bare, scope)
    if found is not None:
        if id(found) not in grouped.plain:
            _report(bare, written(bare), has_keys, walk)
        return
    _check_parts(part, grouped, scope, has_keys, walk)


def _check_parts(
    part: exp.Expr, grouped: _Grouped, scope: Scope, has_keys: bool, walk: Walk
) -> None:
    for column in _columns(part):
        found = _attribute(column, scope, True)
        if found is not None and id(found) not in grouped.within:
            _report(column, written(column), has_keys, walk)


def _report(node: exp.Expr, name: str, has_keys: bool, walk: Walk) -> None:
    keys = (
        "is no grouping key" if has_keys else "stands beside an aggregate, and nothing is grouped"
    )
    walk.report(
        "ungrouped-column",
        f"'{name}' {keys}",
        node,
        "add it to GROUP BY, or take one of its values: any_value(…), max(…)",
    )
