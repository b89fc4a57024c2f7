"""The columns of a select list: what each item is called, its type, and what it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map, Struct
from streamsql.dialect import function_name
from streamsql.pipes import is_made_up
from streamsql.resolve.expressions import type_of
from streamsql.resolve.foreign import check_star
from streamsql.resolve.generators import Generated, generated, is_generator
from streamsql.resolve.limits import check_count
from streamsql.resolve.lineage import (
    NO_INFLUENCES,
    Origins,
    influences_in,
    inside,
    struct_of,
    take,
    united,
    used_by,
)
from streamsql.resolve.liveness import is_timed, taken
from streamsql.resolve.naming import has_name, output_name
from streamsql.resolve.nullability import Nulls
from streamsql.resolve.pipes import hides_later
from streamsql.resolve.scope import Attribute, Scope, look_up
from streamsql.resolve.shape import event_time_of
from streamsql.resolve.sources import Sources
from streamsql.resolve.stillness import said
from streamsql.resolve.walk import Walk, hidden_in


def outputs(node: exp.Select, scope: Scope, source: Sources, walk: Walk) -> Iterator[Attribute]:
    """Yield the columns of a SELECT over ``source``, in their order."""
    seen: set[str] = set()
    names = dict(scope.fallback)  # grows, so that no expression needs a scope of its own
    inside = scope.falling_back_on(names)
    nulls = Nulls(node, inside)
    count = 0
    for expression in node.expressions:
        for attribute in _output(expression, nulls, source, walk):
            # An alias counts for the expressions after it, where no column has its name.
            name = attribute.name.lower()
            if name not in seen:
                seen.add(name)
                names[name] = attribute
            count += 1
            yield attribute
        check_count(count)


def _output(expression: exp.Expr, nulls: Nulls, source: Sources, walk: Walk) -> Iterable[Attribute]:
    inner, scope = expression.unalias(), nulls.scope
    if inner.is_star:
        return _star(inner, nulls, source, walk)
    if isinstance(inner, exp.Column):
        same = _handed_on(inner, expression, nulls)
        if same is not None:
            return (same,)
    if isinstance(inner, exp.Aliases) or is_generator(inner):
        return _generated_columns(expression, scope, walk)
    first = len(walk.used)
    found, origins = traced(inner, scope, walk)
    made = Attribute(
        output_name(expression),
        found,
        event_time_of(inner, scope),
        expression,
        named=has_name(expression),
        keeps=taken(walk.used, first),
        origins=origins,
        never_null=nulls.never(inner),
        said=said(inner, source.flow.marks),
    )
    return (made,)


def _handed_on(column: exp.Column, expression: exp.Expr, nulls: Nulls) -> Attribute | None:
    """Return a column of FROM under the name that it gets: most of what is selected is no more.

    None where there is more to it: fields, parts, event time, or a name that means something else.
    """
    scope = nulls.scope
    found = look_up([part.name for part in column.parts], scope)
    same = found.attribute
    if same is None or found.fields or scope.lambdas or same.origin or is_timed(same):
        return None
    if isinstance(same.type, _NESTED) or same.origins.members:
        return None
    return Attribute(
        output_name(expression),
        same.type,
        None,
        expression,
        origins=same.origins,
        never_null=nulls.gives(found),
        said=same.said,
    )


_NESTED = (Array, Map, Struct)


def traced(node: exp.Expr, scope: Scope, walk: Walk) -> tuple[DataType | None, Origins]:
    """Return the type of an expression and what it is made of.

    Of what it reads, only what its subqueries do to rows stays on the trail.
    """
    since = len(walk.read)
    found = type_of(node, scope, walk)
    taken = take(walk.read, since)
    around = influences_in(taken)
    if around is not NO_INFLUENCES:
        walk.read.append(around)
    inner = base = node.unnest()
    while isinstance(base, (exp.Dot, exp.Bracket, exp.Paren)):
        base = base.this
    if isinstance(base, exp.Column):
        whole = [o for o in taken[:1] if isinstance(o, Origins)]
        if whole and len(taken) == 1 and not whole[0].members:
            return found, whole[0]
        return found, united((*whole, used_by(taken[1:])))
    if function_name(inner) in _STRUCTS:
        return found, struct_of(_members(inner, scope, walk))
    return found, used_by(taken)


_STRUCTS = frozenset({"struct", "named_struct"})


def _members(node: exp.Expr, scope: Scope, walk: Walk) -> Iterator[tuple[str, Origins]]:
    """Yield the fields of ``struct(a, b AS c)`` or ``named_struct('c', b)`` with their origins."""
    arguments = node.expressions
    if function_name(node) == "named_struct":
        pairs = [(n.name, a) for n, a in zip(arguments[::2], arguments[1::2], strict=False)]
    else:
        pairs = [(output_name(a), a.unalias()) for a in arguments]
    if any(a.is_star for a in arguments):
        yield from ((v.attribute.name, v.attribute.origins) for v in scope.visible if v.in_star)
        return
    since = len(walk.read)
    for name, argument in pairs:
        yield name, traced(argument, scope, walk)[1]
        del walk.read[since:]


def _generated_columns(expression: exp.Expr, scope: Scope, walk: Walk) -> Iterator[Attribute]:
    inner = expression.unalias()
    names: list[str] = [expression.alias] if expression.alias else []
    if isinstance(inner, exp.Aliases):
        names = [n.name for n in inner.expressions]
        inner = inner.this
    since = len(walk.read)
    columns = generated(inner, scope, walk)
    taken = take(walk.read, since)
    walk.read.append(influences_in(taken))
    if columns is None:
        origins = used_by(taken)
        columns = [Generated(n, None, origins) for n in names or [output_name(inner)]]
    if len(names) == len(columns):
        columns = [o._replace(name=n) for n, o in zip(names, columns, strict=True)]
    for one in columns:
        yield Attribute(one.name, one.type, None, expression, origins=one.origins)


def _star(node: exp.Expr, nulls: Nulls, source: Sources, walk: Walk) -> Iterator[Attribute]:
    scope = nulls.scope
    star = node.this if isinstance(node, exp.Column) else node
    if not is_made_up(star):
        check_star(star, walk)
    excluded = _left_out(star, walk)
    replaced = dict(_replaced(star, walk))
    every = tuple(_star_columns(node, scope, source, walk))
    for attribute in every:
        name = attribute.name.lower() if excluded or replaced else ""
        if name in replaced:
            yield from _output(replaced[name], nulls, source, walk)
        elif name not in excluded or not name:
            keeps = (attribute,) if is_timed(attribute) else ()
            yield attribute.through(node, keeps, never_null=nulls.keeps(attribute))
    if source.open_qualifiers or not every or not (excluded or replaced):
        return
    named = {**excluded, **{name: e.args["alias"] for name, e in replaced.items()}}
    _check_named(named, every, source, walk)


def _left_out(star: exp.Expr, walk: Walk) -> dict[str, exp.Expr]:
    named: dict[str, exp.Expr] = {}
    for node in star.args.get("except_") or ():
        if node.name.lower() in named:
            walk.report("sql-syntax", f"'{node.name}' is left out twice", node, "name it once")
        named[node.name.lower()] = node
    return named


def _replaced(star: exp.Expr, walk: Walk) -> Iterator[tuple[str, exp.Expr]]:
    for node in star.args.get("replace") or ():
        if isinstance(node, exp.Alias):
            yield node.alias.lower(), node
        elif is_made_up(star):
            walk.report(
                "sql-syntax", "|> SET needs an assignment", node, "write column = expression"
            )


def _check_named(
    named: Mapping[str, exp.Expr], every: Iterable[Attribute], source: Sources, walk: Walk
) -> None:
    """Check that each name after a ``*`` is that of one of its columns."""
    count = Counter(attribute.name.lower() for attribute in every)
    for name, node in named.items():
        if count[name] != 1:
            type_of(exp.column(node.copy()), Scope(source.visible), walk)


def _star_columns(node: exp.Expr, scope: Scope, source: Sources, walk: Walk) -> Iterator[Attribute]:
    if not isinstance(node, exp.Column):
        if not hides_later(node):
            walk.stars.append((node, hidden_in(source.visible)))
        yield from (v.attribute for v in source.visible if v.in_star)
        return
    parts = [p.name for p in node.parts[:-1]]
    qualifier = parts[-1].lower()
    own = [
        v.attribute for v in scope.visible if v.qualifier == qualifier and not v.attribute.origin
    ]
    if own or qualifier in source.open_qualifiers:
        walk.stars.append((node.this, hidden_in(source.visible, qualifier)))
        yield from own
        return
    looked = look_up(parts, scope)
    target = exp.Column(
        **{k: p.copy() for k, p in zip(_COLUMN_PARTS, reversed(node.parts[:-1]), strict=False)}
    )
    found = type_of(target, scope, walk)
    if looked.attribute is not None and isinstance(found, Struct):
        whole = inside(looked.attribute.origins, looked.attribute.type, looked.fields)
        yield from (
            Attribute(f.name, f.type, origins=inside(whole, found, (f.name,))) for f in found.fields
        )


_COLUMN_PARTS = ("this", "table", "db", "catalog")
