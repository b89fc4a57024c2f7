"""The parts of a query that keep no state, and that Spark judges when the query starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from streamsql.dialect import function_name
from streamsql.resolve.correlation import correlated_aggregate, kind_in
from streamsql.resolve.relations import Operation, StatefulOperator
from streamsql.resolve.scope import Flow, Scope
from streamsql.resolve.shape import aggregates_in
from streamsql.resolve.walk import Walk

ASOF_JOIN = "spark.sql.join.asofJoin.enabled"
"""The setting without which Spark 4.3 refuses an ASOF JOIN."""

_SORTS = {"order": "ORDER BY", "sort": "SORT BY", "cluster": "CLUSTER BY"}


def operation(
    kind: str,
    node: exp.Expr,
    walk: Walk,
    *,
    text: str = "",
    streaming: bool = True,
    below: tuple[StatefulOperator, ...] = (),
) -> Operation:
    """Return an operation of this model that stands at ``node``."""
    place = walk.location(node)
    return Operation(kind, place, walk.parsed.name, text, streaming, below=below)


def expression_operations(
    node: exp.Select, flow: Flow, scope: Scope, walk: Walk
) -> Iterator[Operation]:
    """Yield what the expressions of a SELECT do that no stream allows."""
    if not flow.streaming:
        return
    distinct, over = "distinct" in walk.words, "over" in walk.words
    for part in _judged(node) if distinct or over else ():
        if distinct:
            yield from distinct_aggregates([part], walk)
        for window in _window_functions(part) if over else ():
            inner = window.this.this if isinstance(window.this, exp.Filter) else window.this
            name = function_name(inner) or "this function"
            yield operation("window_function", window, walk, text=name)
    for query in walk.subqueries:
        kind = kind_in(query, node)
        text = correlated_aggregate(query, node, kind, scope) if kind is not None else None
        if text is not None:
            yield operation("correlated_aggregate", query, walk, text=text)


def distinct_aggregates(parts: Iterable[exp.Expr], walk: Walk) -> Iterator[Operation]:
    """Yield the aggregates of a stream that are to count each value once."""
    for part in parts:
        for aggregate in aggregates_in(part):
            if _is_distinct(aggregate):
                name = function_name(aggregate) or "listagg"
                yield operation("distinct_aggregate", aggregate, walk, text=name)


def _judged(node: exp.Select) -> Iterator[exp.Expr]:
    yield from node.expressions
    for key in ("having", "qualify"):
        clause = node.args.get(key)
        if clause is not None:
            yield clause.this
    order = node.args.get("order")
    yield from (o.this for o in order.expressions) if order is not None else ()


def _is_distinct(aggregate: exp.Expr) -> bool:
    inner = aggregate.args.get("this")
    if isinstance(inner, exp.Order):
        inner = inner.this
    return isinstance(inner, exp.Distinct) or any(
        isinstance(e, exp.Distinct) for e in aggregate.expressions
    )


def _window_functions(node: exp.Expr) -> Iterator[exp.Window]:
    """Yield the window functions of this query level."""
    if isinstance(node, exp.Query):
        return
    if isinstance(node, exp.Window):
        yield node
        return
    for part in node.iter_expressions():
        yield from _window_functions(part)


def closing_operations(node: exp.Expr, flow: Flow, walk: Walk) -> Iterator[Operation]:
    """Yield what ORDER BY and OFFSET at the end of a query do; OFFSET counts on any rows."""
    for key, text in _SORTS.items():
        clause = node.args.get(key)
        if clause is not None and flow.streaming:
            yield operation("sort", clause, walk, text=text, below=flow.plain)
    offset = node.args.get("offset")
    if offset is not None:
        yield operation("offset", offset, walk, streaming=flow.streaming)
