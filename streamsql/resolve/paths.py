"""What names in an expression mean: columns, and the fields and elements inside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct
from streamsql.findings import did_you_mean
from streamsql.resolve import foreign
from streamsql.resolve.coercion import DATE, STRING, TIMESTAMP, VARIANT, VOID
from streamsql.resolve.hazards import index_risk
from streamsql.resolve.kinds import both
from streamsql.resolve.lineage import Origins, inside
from streamsql.resolve.liveness import is_timed
from streamsql.resolve.relations import HIDDEN_COLUMNS
from streamsql.resolve.scope import Scope, field_type, has_no_field, look_up, unlisted
from streamsql.resolve.walk import Rule, Walk, visit


def _column(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    assert isinstance(node, exp.Column)
    if node.is_star:
        return None
    parts = [p.name for p in node.parts]
    if parts[0].lower() in scope.lambdas:
        name = parts[0].lower()
        if name in scope.passed:
            walk.read.append(inside(scope.passed[name], scope.lambdas[name], parts[1:]))
        return _fields(scope.lambdas[parts[0].lower()], parts[1:], node, walk)
    found = look_up(parts, scope)
    attribute = found.attribute
    if attribute is not None:
        if attribute.origin:
            used = walk.hidden_used.setdefault(attribute.origin, set())
            used.add(attribute.name)
        if is_timed(attribute):
            walk.used.append(attribute)
        if not found.fields:
            walk.read.append(attribute.origins)
            return attribute.type
        walk.read.append(inside(attribute.origins, attribute.type, found.fields))
        return _fields(attribute.type, found.fields, node, walk)
    if len(parts) == 1 and parts[0].lower() in _WITHOUT_PARENTHESES:
        return _WITHOUT_PARENTHESES[parts[0].lower()]
    if found.ambiguous:
        name = ".".join(parts)
        where = " and ".join(f"'{a}'" for a in dict.fromkeys(found.ambiguous))
        walk.report(
            "ambiguous-column",
            f"'{name}' could mean a column of {where}",
            node,
            f"say which: {found.ambiguous[0]}.{parts[-1]}",
        )
    elif found.certain:
        _report_unknown(node, parts, scope, walk)
    else:
        walk.read.append(unlisted(parts, scope))
    return None


_WITHOUT_PARENTHESES: Mapping[str, DataType] = {
    "current_catalog": STRING,
    "current_database": STRING,
    "current_date": DATE,
    "current_timestamp": TIMESTAMP,
    "current_user": STRING,
    "session_user": STRING,
    "user": STRING,
}


def _report_unknown(node: exp.Expr, parts: Sequence[str], scope: Scope, walk: Walk) -> None:
    if walk.has_enough:
        return
    name = ".".join(parts)
    around: Scope | None = scope
    names: list[str] = []
    while around is not None:
        names += around.names()
        around = around.outer
    hint = did_you_mean(parts[-1], names)
    plain = list(dict.fromkeys(n for n in names if n not in HIDDEN_COLUMNS))
    if hint is None and plain and len(plain) <= _FEW:
        hint = "there is " + ", ".join(plain)
    walk.report("unknown-column", f"there is no column '{name}' here", node, hint)


_FEW = 12


def _fields(
    found: DataType | None, names: Sequence[str], node: exp.Expr, walk: Walk
) -> DataType | None:
    for name in names:
        if isinstance(found, Struct) and has_no_field(found, name):
            hint = did_you_mean(name, (f.name for f in found.fields))
            walk.report("unknown-column", f"there is no field '{name}' in this struct", node, hint)
            return None
        if _has_no_fields(found):
            walk.report(
                "unknown-column", f"a value of type {both(found, None)} has no field '{name}'", node
            )
            return None
        found = field_type(found, name)
    return found


def _has_no_fields(found: DataType | None) -> bool:
    """Whether a value is surely no struct, map or variant, nor an array of structs."""
    if isinstance(found, Array):
        return _has_no_fields(found.element) or isinstance(found.element, (Array, Map))
    return isinstance(found, Decimal) or (
        isinstance(found, Primitive) and found not in (VARIANT, VOID)
    )


def _identifier(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    name = node.name.lower()
    if name in scope.passed:
        walk.read.append(scope.passed[name])
    return scope.lambdas.get(name)


def _dot(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    inner = walk.type_of(node.this, scope, walk)
    name = node.expression
    if isinstance(name, exp.Identifier):
        _step_inside(node.this, inner, name.name, since, walk)
        return _fields(inner, [name.name], name, walk)
    return None


def _bracket(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    inner = walk.type_of(node.this, scope, walk)
    visit(node.expressions, scope, walk)
    walk.risk(index_risk(node, inner))
    match inner:
        case Array(element):
            return element
        case Map(_, value):
            return value
        case Struct() if len(node.expressions) == 1 and node.expressions[0].is_string:
            _step_inside(node.this, inner, node.expressions[0].name, since, walk)
            return field_type(inner, node.expressions[0].name)
    return None


def _path(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    found = walk.type_of(node.this, scope, walk)
    if not node.args.get("variant_extract"):
        foreign.report("operator ->", node, walk, "write get_json_object(…)")
    elif isinstance(node.this, exp.Literal):
        foreign.report("slices in brackets", node, walk, "write slice(…)")
    elif found not in (None, VARIANT):
        walk.report(
            "bad-operand",
            f"':' takes a part of a variant, and this is {both(found, None)}",
            node,
            "write get_json_object(…), or parse_json(…) first",
        )
    return VARIANT if found == VARIANT else None


def _step_inside(node: exp.Expr, found: DataType | None, name: str, since: int, walk: Walk) -> None:
    """Follow a field of what a chain of names and indexes reads, for its lineage."""
    while isinstance(node, (exp.Dot, exp.Bracket, exp.Paren)):
        node = node.this
    if isinstance(node, (exp.Column, exp.Identifier)) and len(walk.read) > since:
        first = walk.read[since]
        if isinstance(first, Origins):
            walk.read[since] = inside(first, found, (name,))


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.Bracket: _bracket,
    exp.Column: _column,
    exp.Dot: _dot,
    exp.Identifier: _identifier,
    exp.JSONExtract: _path,
}
