"""FROM: the relations of a SELECT, joined, each with its watermark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import DataType, Struct, ddl
from streamsql.dialect import WATERMARK, function_name
from streamsql.pipes import PIPE
from streamsql.resolve.coercion import TIMESTAMP
from streamsql.resolve.conditions import check_condition
from streamsql.resolve.correlation import correlated_aggregate
from streamsql.resolve.expressions import type_of
from streamsql.resolve.foreign import check_join, check_relation
from streamsql.resolve.generators import Generated, generated
from streamsql.resolve.join_bounds import JoinInput, compared_columns, read_condition
from streamsql.resolve.joins import Joined, join
from streamsql.resolve.lineage import (
    NO_INFLUENCES,
    Influences,
    Origins,
    joined_by,
    take,
    united,
    used_by,
)
from streamsql.resolve.liveness import Meeting, event_times, kept, met_again, read_again
from streamsql.resolve.naming import output_name
from streamsql.resolve.operations import ASOF_JOIN, operation
from streamsql.resolve.pivots import pivoted
from streamsql.resolve.relations import (
    EventTime,
    Operation,
    Standstill,
    StateBound,
    StatefulOperator,
    mark_of,
)
from streamsql.resolve.scope import (
    STATIC,
    UNKNOWN,
    Attribute,
    Flow,
    Rowset,
    Scope,
    Visible,
    look_up,
)
from streamsql.resolve.stillness import matched
from streamsql.resolve.walk import Walk, visit


class Last(NamedTuple):
    """The last join of what FROM gives: its kind, and what it joined."""

    kind: str
    node: exp.Expr
    left: Sources
    right: Sources


class Sources(NamedTuple):
    """What FROM and its joins give so far.

    ``unique`` are columns that are alike in no two rows of a relation; ``last`` is the last join.
    """

    visible: tuple[Visible, ...] = ()
    open_qualifiers: frozenset[str | None] = frozenset()
    flow: Flow = STATIC
    influences: Influences = NO_INFLUENCES
    unlisted: Mapping[str | None, Origins] = MappingProxyType({})
    unique: frozenset[str] = frozenset()
    last: Last | None = None

    @classmethod
    def of(cls, rowset: Rowset, qualifier: str | None) -> Sources:
        """Return one relation under a name."""
        visible = [Visible(qualifier, c) for c in rowset.columns]
        visible += [Visible(qualifier, c, in_star=False) for c in rowset.hidden]
        unknown = frozenset() if rowset.complete else frozenset({qualifier})
        unlisted = dict.fromkeys(unknown, rowset.unlisted)
        return cls(tuple(visible), unknown, rowset.flow, rowset.influences, unlisted, rowset.unique)

    @property
    def streaming(self) -> bool:
        """Whether rows go on coming."""
        return self.flow.streaming

    @property
    def first(self) -> Sources:
        """The first of the relations that are joined."""
        return self if self.last is None else self.last.left.first

    def rowset(self) -> Rowset:
        """Return the columns of ``*``."""
        columns = tuple(v.attribute for v in self.visible if v.in_star)
        complete = not self.open_qualifiers
        unlisted = united(self.unlisted.values())
        return Rowset(columns, (), self.flow, complete, self.influences, unlisted)

    def scope(self, outer: Scope) -> Scope:
        """Return what expressions over these relations see."""
        around = outer.outer if not outer.visible and not outer.open_qualifiers else outer
        return Scope(
            self.visible,
            self.open_qualifiers,
            ctes=outer.ctes,
            outer=around,
            lambdas=outer.lambdas,
            passed=outer.passed,
            unlisted=self.unlisted,
        )


def read_sources(node: exp.Select, scope: Scope, walk: Walk) -> Sources:
    """Return what a SELECT reads: its relations, joins and lateral views."""
    clause = node.args.get("from_")
    source = Sources() if clause is None else read_relation(clause.this, scope, walk)
    if clause is not None:
        for joined in clause.this.args.get("joins") or ():
            source = joined_with(source, joined, scope, walk)
    for joined in node.args.get("joins") or ():
        source = joined_with(source, joined, scope, walk)
    for lateral in node.args.get("laterals") or ():
        source = _lateral_view(source, lateral, scope, walk)
    return source


def read_relation(node: exp.Expr, scope: Scope, walk: Walk) -> Sources:
    """Return one relation under its alias, with the watermark declared on it."""
    check_relation(node, walk)
    rowset = _rowset_of(node, scope, walk)
    qualifier = _qualifier(node)
    rowset = _with_watermark(node, rowset, qualifier, scope, walk)
    sample = node.args.get("sample")
    if sample is not None and rowset.streaming:
        rowset = rowset._replace(flow=sampled(sample, rowset.flow, walk))
    source = Sources.of(rowset, qualifier) if PIPE not in node.meta else _before_pipe(rowset)
    return _pivoted(node, source, walk) if node.args.get("pivots") else source


def _before_pipe(rowset: Rowset) -> Sources:
    """Return what a pipe operator sees: columns by the names of the relations they are from."""
    seen = rowset.seen or Sources.of(rowset, None).visible
    unknown: frozenset[str | None] = frozenset()
    if not rowset.complete:
        unknown = frozenset((None, *(v.qualifier for v in seen)))
    unlisted = dict.fromkeys(unknown, rowset.unlisted)
    return Sources(seen, unknown, rowset.flow, rowset.influences, unlisted)


def _pivoted(node: exp.Expr, source: Sources, walk: Walk) -> Sources:
    """Return what is left of relations after the PIVOT and UNPIVOT clauses that ``node`` has."""
    rowset, visible = pivoted(node, source.rowset(), source.visible, walk)
    unknown: frozenset[str | None] = frozenset() if rowset.complete else frozenset({None})
    unlisted = dict.fromkeys(unknown, rowset.unlisted)
    return Sources(visible, unknown, rowset.flow, rowset.influences, unlisted)


def sampled(node: exp.Expr, flow: Flow, walk: Walk) -> Flow:
    """Return the flow after TABLESAMPLE: so many rows of it are a LIMIT."""
    if node.args.get("size") is None:
        return flow.past(operation("sample", node, walk))
    bound = StateBound("count")
    return flow.through(walk.operator("limit", node, bound=bound, below=flow))


def _qualifier(node: exp.Expr) -> str | None:
    name = node.alias_or_name
    if isinstance(node, exp.Table) and not node.alias and not isinstance(node.this, exp.Identifier):
        return None
    return name.lower() or None


def _rowset_of(node: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return renamed(node, _named_relation(node.name, scope, walk))
    if isinstance(node, exp.TableAlias):
        return _named_relation(node.name, scope, walk)
    if isinstance(node, exp.Table):
        return renamed(node, _table_function(node.this, scope, walk))
    if isinstance(node, exp.Lateral):
        return renamed(node, _lateral(node, scope, walk))
    if isinstance(node, (exp.Query, exp.Values)):
        return walk.resolve_query(node, scope, walk)
    return UNKNOWN


def _named_relation(name: str, scope: Scope, walk: Walk) -> Rowset:
    found = scope.ctes.get(name.lower())
    if found is None:
        found = walk.relations.get(name.lower(), UNKNOWN)
    if id(found) in walk.met:
        found = read_again(found)
    walk.met[id(found)] = found
    if found.pending:
        found, meetings = met_again(found, len(walk.used))
        walk.meetings.extend(meetings)
    return found


def _table_function(node: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    since = len(walk.read)
    outputs = generated(node, scope, walk)
    if outputs is None:
        visit([node], scope, walk)
        return UNKNOWN._replace(unlisted=used_by(take(walk.read, since)))
    del walk.read[since:]
    return Rowset(tuple(Attribute(o.name, o.type, origins=o.origins) for o in outputs))


def _lateral(node: exp.Expr, scope: Scope, walk: Walk) -> Rowset:
    if isinstance(node.this, exp.Subquery):
        rows = walk.resolve_query(node.this, scope, walk)
        if rows.streaming:
            walk.report(
                "streaming-subquery",
                "a LATERAL subquery cannot read a stream",
                node.this,
                "join the stream with ON, and a time bound",
            )
        return rows
    return _table_function(node.this, scope, walk)


def _with_watermark(
    node: exp.Expr, rowset: Rowset, qualifier: str | None, scope: Scope, walk: Walk
) -> Rowset:
    index = node.meta.get(WATERMARK)
    if index is None:
        return rowset
    clause = walk.parsed.watermarks[index]
    names = (qualifier, None) if qualifier else (None,)
    own = tuple(Visible(names[0], c) for c in (*rowset.columns, *rowset.hidden))
    unknown = frozenset() if rowset.complete else frozenset(names)
    inside = Scope(own, unknown, ctes=scope.ctes, unlisted=dict.fromkeys(unknown, rowset.unlisted))
    since = len(walk.read)
    found = type_of(clause.expression, inside, walk)
    origins = used_by(take(walk.read, since))
    if found is not None and not _carries_time(found):
        walk.report(
            "watermark-not-timestamp",
            f"a watermark needs a timestamp, and this is {ddl(found)}",
            clause.expression,
            "cast it to TIMESTAMP in a subquery or a view, and set the watermark on that",
        )
    if rowset.flow.marks:
        _report_second(rowset, clause.expression, walk)
    name = clause.name
    target = clause.expression
    if clause.delay.lstrip("'\" ").startswith("-"):
        walk.report("negative-delay", "the delay of a watermark is not negative", target)
    if name is None and not isinstance(target, (exp.Column, exp.Dot)):
        walk.report(
            "unnamed-watermark",
            "a watermark on an expression needs a name for the column that it adds",
            target,
            "write WATERMARK expression AS event_time DELAY OF …",
        )
    if name is None and isinstance(target, exp.Column) and not target.is_star:
        looked = look_up([p.name for p in target.parts], inside)
        if looked.attribute is not None and not looked.fields:
            made = looked.attribute.name
            place = walk.location(target)
            return _marked(rowset, EventTime(made, clause.delay, walk.declared(made), place), walk)
        name = target.name
    made = name or output_name(target)
    event_time = EventTime(made, clause.delay, walk.declared(made), walk.location(target))
    added = Attribute(made, found, event_time, target, origins=origins)
    return _with_mark(rowset, event_time, walk)._replace(columns=(*rowset.columns, added))


def _with_mark(rowset: Rowset, event_time: EventTime, walk: Walk) -> Rowset:
    made = mark_of(event_time, rowset.flow.reads)
    marks = (*rowset.flow.marks, made) if rowset.streaming else ()
    still = rowset.flow.still
    if rowset.flow.empty and event_time.location is not None:
        still = (*still, Standstill(made, event_time.location, walk.parsed.name))
    return rowset._replace(flow=rowset.flow._replace(marks=marks, still=still))


def _report_second(rowset: Rowset, node: exp.Expr, walk: Walk) -> None:
    already = next((c.name for c in rowset.columns if c.delay), None)
    which = "this relation" if already else "what this relation is made of"
    on = f", on '{already}'" if already else ""
    walk.report(
        "watermark-twice",
        f"{which} has a watermark already{on}, and Spark refuses a second",
        node,
        "leave this clause out, or read the stream before its watermark is set",
    )


def _carries_time(found: DataType) -> bool:
    if isinstance(found, Struct):
        return [f.name for f in found.fields] == ["start", "end"]
    return found == TIMESTAMP


def _marked(rowset: Rowset, event_time: EventTime, walk: Walk) -> Rowset:
    name = event_time.column.lower()

    def mark(columns: Iterable[Attribute]) -> tuple[Attribute, ...]:
        return tuple(
            c._replace(event_time=event_time) if c.name.lower() == name else c for c in columns
        )

    rowset = _with_mark(rowset, event_time, walk)
    return rowset._replace(columns=mark(rowset.columns), hidden=mark(rowset.hidden))


def joined_with(left: Sources, node: exp.Expr, scope: Scope, walk: Walk) -> Sources:
    """Return ``left`` after the join that ``node`` is, its condition checked."""
    around = left.scope(scope) if isinstance(node.this, exp.Lateral) else scope
    right = read_relation(node.this, around, walk)
    for inner in node.this.args.get("joins") or ():
        right = joined_with(right, inner, scope, walk)
    check_join(node, walk)
    found = join(node, left.visible, right.visible, walk)
    both = left.streaming and right.streaming
    flow = left.flow.beside(right.flow)
    if found.kind == "asof":
        walk.needs("ASOF JOIN", (4, 3), node.this)
        if str(walk.spark.conf.get(ASOF_JOIN, "")).lower() != "true":
            flow = flow.past(operation("switched_off", node.this, walk, text=ASOF_JOIN))
    if both and found.kind != "asof":
        flow = flow.through(_stream_join(node, found, left, right, flow, walk))
    elif flow.streaming:
        flow = flow.past(_static_join(node, found.kind, left, right, walk))
    if left.streaming and isinstance(node.this, exp.Lateral):
        flow = flow.past(*_lateral_aggregates(node, found.kind, around, walk))
    every = (*found.left, *found.right_seen)
    joined = Sources(
        tuple(every),
        left.open_qualifiers | right.open_qualifiers,
        flow,
        left.influences | right.influences | Influences(joined=found.keys),
        {**left.unlisted, **right.unlisted},
        last=Last(found.kind, node, left, right),
    )
    condition = node.args.get("on")
    if condition is not None:
        joined = _with_condition(node, joined, found, scope, walk)
        if joined.flow.marks:
            seen = joined.scope(scope).seeing((*found.left, *found.right_all))
            sides = (left.flow, right.flow)
            first = left.first.flow
            flow = matched(condition, found.kind, sides, first, seen, joined.flow, walk)
            joined = joined._replace(flow=flow)
    return _pivoted(node, joined, walk) if node.args.get("pivots") else joined


def _lateral_aggregates(node: exp.Expr, kind: str, scope: Scope, walk: Walk) -> Iterator[Operation]:
    around, query = node.find_ancestor(exp.Select), node.this.this
    if around is None or not isinstance(query, exp.Subquery):
        return
    text = correlated_aggregate(query, around, "lateral", scope, outer=kind == "left_outer")
    if text is not None:
        yield operation("correlated_aggregate", query, walk, text=text)


def _with_condition(
    node: exp.Expr, joined: Sources, found: Joined, scope: Scope, walk: Walk
) -> Sources:
    """Check the condition of a join, and say what it does to rows."""
    condition, matched = node.args["on"], node.args.get("match_condition")
    inside = joined.scope(scope)
    if found.right_all is not found.right_seen:
        inside = inside.seeing((*found.left, *found.right_all))
    since, first = len(walk.read), len(walk.used)
    found_type = type_of(condition, inside, walk)
    check_condition(condition, "ON", found_type, walk)
    visit([matched] if matched else [], inside, walk)
    del walk.used[first:]
    _check_deterministic(condition, walk)
    compared = joined_by(take(walk.read, since))
    return joined._replace(influences=joined.influences | compared)


def _check_deterministic(condition: exp.Expr, walk: Walk) -> None:
    for call in condition.find_all(exp.Anonymous):
        if function_name(call) in _RANDOM:
            walk.report(
                "random-join-condition",
                f"a join cannot depend on {function_name(call)}(…), which differs at each call",
                call,
                "compute it in a subquery, and join on its column; or filter in WHERE",
            )


_RANDOM = frozenset(
    {"rand", "randn", "random", "randstr", "uniform", "uuid", "shuffle", "spark_partition_id"}
)


def _stream_join(
    node: exp.Expr, found: Joined, left: Sources, right: Sources, flow: Flow, walk: Walk
) -> StatefulOperator:
    one = JoinInput("left", left.visible, left.open_qualifiers)
    other = JoinInput("right", right.visible, right.open_qualifiers)
    condition = read_condition(node, found.kind, one, other, found.shared)
    operator = walk.operator("join", node.this, condition.keys, below=flow)
    operator = replace(
        operator,
        join_type=found.kind,
        sides=(condition.left, condition.right),
        event_times=(*one.event_times(), *other.event_times()),
        equal=condition.equal,
        timed=condition.timed,
        late=condition.too_late,
    )
    sides = (event_times(one.visible), event_times(other.visible))
    if any(len(side) > 1 for side in sides):
        needed = tuple(compared_columns(node, one, other, found.shared))
        walk.meetings.append(Meeting(operator, sides, needed, len(walk.used)))
    return operator


def _static_join(node: exp.Expr, kind: str, left: Sources, right: Sources, walk: Walk) -> Operation:
    return Operation(
        "join",
        walk.location(node.this),
        walk.parsed.name,
        left=left.streaming,
        right=right.streaming,
        join_type=kind,
    )


def _lateral_view(source: Sources, node: exp.Expr, scope: Scope, walk: Walk) -> Sources:
    since = len(walk.read)
    outputs = generated(node.this, source.scope(scope), walk)
    origins = used_by(take(walk.read, since))
    alias = node.args.get("alias")
    qualifier = alias.name.lower() if alias is not None and alias.this is not None else None
    names = [c.name for c in alias.args.get("columns") or ()] if alias is not None else []
    if outputs is None:
        outputs = [Generated(name, None, origins) for name in names]
        unknown = frozenset() if names else frozenset({qualifier})
    else:
        unknown = frozenset()
    if len(names) == len(outputs):
        outputs = [o._replace(name=n) for n, o in zip(names, outputs, strict=True)]
    added = tuple(Visible(qualifier, Attribute(o.name, o.type, origins=o.origins)) for o in outputs)
    return source._replace(
        visible=(*source.visible, *added),
        open_qualifiers=source.open_qualifiers | unknown,
        unlisted={**source.unlisted, **dict.fromkeys(unknown, origins)},
    )


def renamed(node: exp.Expr, rowset: Rowset) -> Rowset:
    """Apply the column names of an alias: ``AS t(a, b)``."""
    alias = node.args.get("alias")
    names = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    if not names or len(names) != len(rowset.columns):
        return rowset
    columns = (
        c._replace(name=n.name, keeps=kept(c)) for c, n in zip(rowset.columns, names, strict=True)
    )
    return rowset._replace(columns=tuple(columns), hidden=(), unique=frozenset())
