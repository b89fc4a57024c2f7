"""The columns and streaming facts of a query: one walk from its relations to its select list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from streamsql.datatypes import DataType, Primitive, Struct
from streamsql.dialect import function_name
from streamsql.pipes import PIPED, pipe_operator
from streamsql.resolve.aggregation import check_aggregation
from streamsql.resolve.coercion import widest
from streamsql.resolve.conditions import check_condition
from streamsql.resolve.expressions import type_of
from streamsql.resolve.foreign import check_clauses
from streamsql.resolve.generators import check_generators
from streamsql.resolve.grouping import (
    GroupingKey,
    bound_by,
    check_distinct,
    check_keys,
    collated,
    distinct_keys,
    grouping_items,
    grouping_keys,
    mixed,
    one_row,
)
from streamsql.resolve.lineage import (
    Origins,
    filtered_by,
    grouped_by,
    influences_in,
    take,
    united,
    used_by,
)
from streamsql.resolve.liveness import kept, taken
from streamsql.resolve.losses import width_of
from streamsql.resolve.operations import closing_operations, expression_operations
from streamsql.resolve.pipes import check_step, name_places, seen_after
from streamsql.resolve.relations import StateBound, StatefulOperator, Unread, WatermarkLoss
from streamsql.resolve.removed_joins import past_joins, unique_columns
from streamsql.resolve.scope import UNKNOWN, Attribute, Flow, Rowset, Scope, Visible
from streamsql.resolve.select_list import outputs, traced
from streamsql.resolve.set_operations import set_operation
from streamsql.resolve.shape import aggregates_in, event_time_of, event_times_under
from streamsql.resolve.sources import Sources, joined_with, read_relation, read_sources, renamed
from streamsql.resolve.stillness import filtered, grouped, limited
from streamsql.resolve.time_windows import check_one_window, window_calls
from streamsql.resolve.walk import Walk, visit


def resolve_query(node: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    """Return what a query gives; ``scope`` is what is around it (CTEs, outer columns)."""
    since = len(walk.read)
    found = _query(node, scope, walk)
    del walk.read[since:]  # what a query reads is in its columns and influences
    return found


def _query(node: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    inside = _with_ctes(node, scope, walk)
    found = _without_ctes(node, inside, walk)
    if inside is scope:
        return found
    flow = found.flow.leaving(*_unread(node, inside, walk))
    _forgive_second_watermarks(node, inside, walk)
    if flow.streaming and _is_alone_in_a_subquery(node):
        flow = flow._replace(plain=flow.stateful)
    return found if flow is found.flow else found._replace(flow=flow)


def _unread(node: exp.Expr, scope: Scope, walk: Walk) -> Iterator[Unread]:
    """Yield the expressions of a WITH that were read by none of those after it."""
    if any(f.rule == "unknown-relation" for f in walk.parsed.findings):
        return  # one of them may be meant
    for cte in node.args["with_"].expressions:
        rowset = scope.ctes[cte.alias.lower()]
        flow = rowset.flow
        if id(rowset) in walk.met or not (flow.streaming or flow.operations):
            continue
        yield Unread(
            cte.alias,
            walk.location(cte.args["alias"]),
            walk.parsed.name,
            flow.stateful,
            flow.operations,
            flow.reads,
            flow.marks,
        )
        yield from flow.unread


def _forgive_second_watermarks(node: exp.Expr, scope: Scope, walk: Walk) -> None:
    """Drop what only a first batch would refuse in expressions that the query does not come to.

    Spark has left these out by then; it objects to a second watermark no earlier.
    """
    ctes = {cte.alias.lower(): cte for cte in node.args["with_"].expressions}
    twice = {name: scope.twice[name] for name in ctes if name in scope.twice}
    if not twice:
        return
    body = [part for part in node.iter_expressions() if part is not node.args["with_"]]
    reached: set[str] = set()
    while body:
        named = {t.name.lower() for part in body for t in part.find_all(exp.Table, exp.TableAlias)}
        new = (named & ctes.keys()) - reached
        reached |= new
        body = [ctes[name].this for name in new]
    gone = {id(f) for name, found in twice.items() if name not in reached for f in found}
    walk.findings[:] = [f for f in walk.findings if id(f) not in gone]


def _is_alone_in_a_subquery(node: exp.Expr) -> bool:
    """Whether WITH stands in a subquery, and none around it: Spark looks into such a one."""
    around = node.parent
    if not isinstance(around, exp.Subquery):
        return False
    while around is not None and not around.args.get("with_"):
        around = around.parent
    return around is None


def _without_ctes(node: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    if isinstance(node, exp.Select):
        return _select(node, scope, walk)
    if isinstance(node, exp.SetOperation):
        return _ordered(node, set_operation(node, scope, walk), walk)
    if isinstance(node, exp.Subquery):
        return _ordered(node, renamed(node, _subquery(node, scope, walk)), walk)
    if isinstance(node, exp.Values):
        return renamed(node, _values(node, scope, walk))
    visit(node.iter_expressions(), scope, walk)
    return UNKNOWN


def _with_ctes(node: exp.Expr, scope: Scope, walk: Walk) -> Scope:
    clause = node.args.get("with_")
    if not isinstance(clause, exp.With):
        return scope
    ctes = dict(scope.ctes)  # grows: each expression sees those before it
    inside = replace(scope, ctes=ctes, twice={})
    for cte in clause.expressions:
        name = cte.alias.lower()
        if clause.args.get("recursive"):
            ctes[name] = _anchor(cte, inside, walk)
        since = len(walk.findings)
        rowset = renamed(cte, resolve_query(cte.this, inside, walk))
        twice = tuple(f for f in walk.findings[since:] if f.rule == "watermark-twice")
        if twice:
            inside.twice[name] = twice
        flow = rowset.flow.named()
        ctes[name] = rowset if flow is rowset.flow else rowset._replace(flow=flow)
    return inside


def _anchor(cte: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    """Return what a recursive expression sees of itself: its first branch."""
    if not isinstance(cte.this, exp.SetOperation):
        return UNKNOWN
    return renamed(cte, resolve_query(cte.this.this, scope, walk))


def _subquery(node: exp.Subquery, scope: Scope, walk: Walk) -> Rowset:
    if isinstance(node.this, exp.Query):
        return resolve_query(node.this, scope, walk)
    # Brackets around relations: FROM (a JOIN b ON …).
    inner = read_relation(node.this, scope, walk)
    for joined in node.this.args.get("joins") or ():
        inner = joined_with(inner, joined, scope, walk)
    return inner.rowset()


# SELECT


def _select(node: exp.Select, scope: Scope, walk: Walk) -> Rowset:
    check_clauses(node, walk)
    source = read_sources(node, scope, walk)
    since = len(walk.read)
    plain = source.scope(scope)
    windows: list[tuple[exp.Expr, exp.Expr]] = []
    if walk.has_windows:
        windows = window_calls([*node.expressions, *grouping_items(node)])
    inside = _with_window_names(windows, plain, walk) if windows else plain
    del walk.read[since:]
    first = len(walk.used)
    _visit_clause(node, "where", inside, walk)
    del walk.used[first:]
    influences = source.influences | filtered_by(take(walk.read, since))
    operator = pipe_operator(node)
    if operator is not None:
        name_places(node, source, walk)
    columns = tuple(outputs(node, inside, source, walk))
    influences |= influences_in(take(walk.read, since))
    groups: list[GroupingKey] | None = None
    if _goes_on(node):
        after = inside.with_fallback({c.name.lower(): c for c in columns})
        groups = grouping_keys(node, after, columns, walk)
        influences |= grouped_by(take(walk.read, since))
        check_keys(groups or (), walk)
        _visit_after(node, after, walk)
        influences |= filtered_by(take(walk.read, since))
    if node.args.get("distinct") is not None:
        influences |= grouped_by([c.origins for c in columns])
        walk.used.extend(kept(*columns))
    aggregates = _aggregates(node)
    check_aggregation(node, groups, aggregates, plain, walk)
    if operator is not None:
        check_step(node, operator, walk)
    if operator != "EXTEND" and walk.has_generators:  # Spark makes rows of each in turn
        check_generators(node, walk)
    if node.args.get("distinct") is not None:
        check_distinct(columns, node, walk)
    check_one_window(windows, inside, walk)
    flow = source.flow
    if flow.streaming:
        flow = _filtered(node, inside, source, walk)
        flow = past_joins(node, source, flow, inside, aggregates, walk)
        flow = flow.losing(*_losses(columns, groups or (), inside, walk))
        for made in _operators(node, groups, aggregates, columns, walk):
            flow = flow.through(replace(made, below=flow.stateful, plain=flow.plain))
        flow = flow.past(*expression_operations(node, flow, inside, walk))
    flow = _closed(node, flow, walk)
    complete = not (source.open_qualifiers and _has_star(node))
    unique: frozenset[str] = frozenset()
    if flow.streaming and (groups or node.args.get("distinct") is not None):
        unique = unique_columns(columns, groups, distinct=node.args.get("distinct") is not None)
    unlisted = united(source.unlisted.values())
    found = Rowset(columns, (), flow, complete, influences, unlisted, unique=unique)
    return seen_after(node, found, source) if PIPED in node.meta else found


def _losses(
    columns: Sequence[Attribute], groups: Sequence[GroupingKey], scope: Scope, walk: Walk
) -> Iterator[WatermarkLoss]:
    """Yield where an expression that could be an event time is not one any more."""
    made = [
        (c.node.unalias(), c.name)
        for c in columns
        if c.event_time is None and c.node is not None and _may_be_time(c.type)
    ]
    seen = {id(node) for node, _ in made}
    made += [
        (group.node, group.key.text)
        for group in groups
        if group.key.event_time is None and _may_be_time(group.type) and id(group.node) not in seen
    ]
    for node, name in made:
        if isinstance(node, (exp.Column, exp.Literal)) or node.is_star:
            continue
        if aggregates_in(node) or node.find(exp.Query):
            continue
        marked = next(event_times_under(node, scope), None)
        if marked is not None:
            yield walk.lost(marked, name, node, width=width_of(node))


def _may_be_time(found: DataType | None) -> bool:
    """Whether a value may be an event time: a time, or a window with its two ends."""
    if isinstance(found, Primitive):
        return found.name in _TIMES
    return isinstance(found, Struct)


_TIMES = frozenset({"timestamp", "timestamp_ntz", "date"})


def _visit_clause(node: exp.Expr, key: str, scope: Scope, walk: Walk) -> None:
    clause = node.args.get(key)
    if clause is not None:
        check_condition(clause.this, key.upper(), type_of(clause.this, scope, walk), walk)


def _with_window_names(
    windows: Iterable[tuple[exp.Expr, exp.Expr]], scope: Scope, walk: Walk
) -> Scope:
    """Let ``window.start`` mean the time window of this query, as Spark does."""
    made: dict[str, Attribute] = {}
    for call, _ in windows:
        name = function_name(call) or ""
        if call.expressions and name not in made:
            marked = event_time_of(call, scope)
            since, first = len(walk.read), len(walk.used)
            found = type_of(call, scope, walk)
            keeps = taken(walk.used, first)
            origins = used_by(take(walk.read, since))
            made[name] = Attribute(
                name, found, marked, call, keeps=keeps, origins=origins, never_null=True
            )
    return scope.with_fallback(made) if made else scope


# GROUP BY and what comes after it


def _has_star(node: exp.Select) -> bool:
    return any(e.is_star for e in node.expressions)


def _filtered(node: exp.Select, scope: Scope, source: Sources, walk: Walk) -> Flow:
    """Return the flow of a SELECT before it aggregates: past WHERE, and HAVING as far as it is."""
    flow = source.flow
    where, having = node.args.get("where"), node.args.get("having")
    if where is not None:
        first = source.first.flow if source.last is not None else None
        apart = node.args.get("laterals") is not None
        flow = filtered(where.this, scope, flow, walk, first=first, apart=apart)
    if having is not None and flow.marks:
        flow = grouped(having.this, scope, flow, walk)
    return flow


def _goes_on(node: exp.Select) -> bool:
    """Whether anything comes after the select list and WHERE, where aliases count."""
    given = node.args.get
    for key in _AFTER:  # noqa: SIM110 - a generator for each SELECT is slow
        if given(key) is not None:
            return True
    return False


_SORTS = ("order", "sort", "cluster", "distribute")


_AFTER = ("group", "having", "qualify", "windows", *_SORTS)


def _visit_after(node: exp.Select, inside: Scope, walk: Walk) -> None:
    """Check what comes after the select list, and may use its aliases."""
    _visit_clause(node, "having", inside, walk)
    _visit_clause(node, "qualify", inside, walk)
    if node.args.get("qualify") is not None:
        walk.needs("QUALIFY", (4, 2), node.args["qualify"])
    since = len(walk.read)
    for key in _SORTS:
        clause = node.args.get(key)
        if clause is not None:
            sorted_by = [e.this if isinstance(e, exp.Ordered) else e for e in clause.expressions]
            visit([e for e in sorted_by if not isinstance(e, exp.Var)], inside, walk)
    for window in node.args.get("windows") or ():
        visit(window.args.get("partition_by") or (), inside, walk)
        order = window.args.get("order")
        visit([o.this for o in order.expressions] if order else (), inside, walk)
    if node.args.get("limit") is None:
        del walk.read[since:]  # an order alone leaves all rows


def _aggregates(node: exp.Select) -> list[exp.Expr]:
    """Return the aggregates of the select list and of HAVING."""
    having = node.args.get("having")
    counted = [*node.expressions, *([having.this] if having is not None else ())]
    return [aggregate for part in counted for aggregate in aggregates_in(part)]


def _operators(
    node: exp.Select,
    groups: Sequence[GroupingKey] | None,
    aggregates: Sequence[exp.Expr],
    columns: Sequence[Attribute],
    walk: Walk,
) -> Iterator[StatefulOperator]:
    if groups is not None or aggregates:
        group = node.args.get("group")
        place = aggregates[0] if aggregates else node
        if group is not None and group.expressions:
            place = group
        keys = tuple(g.key for g in groups or ())
        kind = "aggregate"
        if any(k.kind == "session_window" for k in keys):
            kind = "session_window"
        bound = one_row(aggregates) if groups is None else bound_by(keys)
        operator = walk.operator(kind, place, keys, bound)
        unlike = collated(g.type for g in groups or ())
        yield replace(operator, mixed=mixed(keys), collated=unlike)
    if node.args.get("distinct") is not None:
        keys = distinct_keys(columns)
        operator = walk.operator("distinct", node, keys, bound_by(keys))
        yield replace(operator, mixed=mixed(keys), collated=collated(c.type for c in columns))


def _closed(node: exp.Expr, flow: Flow, walk: Walk) -> Flow:
    """Return the flow after ORDER BY, LIMIT and OFFSET."""
    flow = flow.past(*closing_operations(node, flow, walk))
    if flow.streaming and _limits(node):
        limit = node.args["limit"]
        flow = limited(limit, flow, walk)
        flow = flow.through(walk.operator("limit", limit, bound=StateBound("count"), below=flow))
    return flow


def _limits(node: exp.Expr) -> bool:
    limit = node.args.get("limit")
    return limit is not None and not getattr(limit, "is_limit_all", False)


def _ordered(node: exp.Expr, rowset: Rowset, walk: Walk) -> Rowset:
    """Check ORDER BY and LIMIT of a query in brackets or of a set operation."""
    scope = Scope(
        tuple(Visible(None, c) for c in rowset.columns),
        frozenset() if rowset.complete else frozenset({None}),
    )
    since = len(walk.read)
    order = node.args.get("order")
    if order is not None:
        keys = [o.this for o in order.expressions]
        visit([k for k in keys if not isinstance(k, exp.Var)], scope, walk)
        if _limits(node):
            filtered = filtered_by(take(walk.read, since))
            rowset = rowset._replace(influences=rowset.influences | filtered)
    flow = _closed(node, rowset.flow, walk)
    return rowset if flow is rowset.flow else rowset._replace(flow=flow)


# VALUES


def _values(node: exp.Values, scope: Scope, walk: Walk) -> Rowset:
    rows: list[list[DataType | None]] = []
    read: list[list[Origins]] = []
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        made = [traced(c, scope, walk) for c in cells]
        rows.append([found for found, _ in made])
        read.append([origins for _, origins in made])
    width = len(rows[0]) if rows else 0
    if any(len(r) != width for r in rows):
        return UNKNOWN
    columns = (
        Attribute(f"col{n + 1}", widest(r[n] for r in rows), origins=united(r[n] for r in read))
        for n in range(width)
    )
    return Rowset(tuple(columns))
