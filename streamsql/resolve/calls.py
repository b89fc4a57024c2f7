"""The types of calls: of functions, of aggregates, over windows, and of functions of functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Field, Struct
from streamsql.dialect import function_name
from streamsql.resolve import foreign
from streamsql.resolve.argument_types import check_arguments, check_source
from streamsql.resolve.arguments import Argument
from streamsql.resolve.coercion import BOOLEAN, DATE, DOUBLE, TIMESTAMP, is_numeric
from streamsql.resolve.conditions import check_body, check_condition, check_lambda
from streamsql.resolve.functions import extracted, function_type, is_aggregate
from streamsql.resolve.hazards import call_risks
from streamsql.resolve.higher_order import LAMBDA_SHAPES, is_collection, keeps_elements, passed_to
from streamsql.resolve.kinds import both, differ_in_kind
from streamsql.resolve.lineage import Influences, Origins, aggregate, leave_out_wholes
from streamsql.resolve.operators import check_mixed
from streamsql.resolve.regular_expressions import check_search
from streamsql.resolve.schema_texts import check_schema
from streamsql.resolve.scope import Scope
from streamsql.resolve.signatures import GENERATORS, check_call, check_count
from streamsql.resolve.time_windows import WINDOWS, check_window
from streamsql.resolve.walk import Rule, Walk, hidden_in, visit
from streamsql.resolve.written_formats import check_format


def _arguments(nodes: Sequence[exp.Expr], scope: Scope, walk: Walk) -> list[Argument]:
    found: list[Argument] = []
    for node in nodes:
        if isinstance(node, exp.Distinct):
            found += _arguments(node.expressions, scope, walk)
        elif isinstance(node, (exp.Order, exp.IgnoreNulls, exp.RespectNulls)):
            if isinstance(node, exp.Order) and isinstance(node.parent, exp.Anonymous):
                foreign.report("ORDER BY inside a call", node, walk, "sort what it gives")
            visit(node.expressions, scope, walk)
            found += _arguments([node.this], scope, walk)
        else:
            found.append(Argument(walk.type_of(node, scope, walk), node))
    return found


def _function(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    name = function_name(node) or ""
    check_call(node, walk)
    if name in GENERATORS:
        walk.report(
            "bad-generator",
            f"{name}(…) makes rows, which it cannot inside an expression or a condition",
            node,
            "make the rows in LATERAL VIEW or a subquery, and use its column here",
        )
    if name in _UNIT_FIRST and len(node.expressions) > 2:
        arguments = _arguments(node.expressions[1:], scope, walk)
        return function_type(name, [Argument(None, node.expressions[0]), *arguments])
    if any(isinstance(a, exp.Lambda) for a in node.expressions):
        return _higher_order(name, node.expressions, scope, walk)
    nodes: Sequence[exp.Expr] = node.expressions
    if name != "count" and any(a.is_star for a in nodes):
        walk.stars.extend((n, hidden_in(scope.visible)) for n in nodes if isinstance(n, exp.Star))
        walk.read.extend(v.attribute.origins for v in scope.visible if v.in_star)
        return _struct_of_star(name, nodes, scope)
    since = len(walk.read)
    arguments = _arguments(nodes, scope, walk)
    walk.risks.extend(call_risks(name, node, arguments))
    check_schema(name, arguments, walk)
    check_search(name, arguments, walk)
    check_format(name, arguments, walk)
    if name in _OF_ONE_TYPE:
        alike = _OF_ONE_TYPE[name]
        check_mixed([a.type for a in arguments[alike:]], node, walk, texts=name not in _STRICT)
    check_arguments(name, node, arguments, walk)
    if name == "monotonically_increasing_id":
        walk.row_ids.append(node)
    if name in WINDOWS:
        check_window(name, node, [a.type for a in arguments], walk)
    if is_aggregate(name):
        aggregate(walk.read, since)
    return function_type(name, arguments)


_OF_ONE_TYPE = {
    "array": 0,
    "coalesce": 0,
    "greatest": 0,
    "if": 1,
    "ifnull": 0,
    "least": 0,
    "nvl": 0,
    "nvl2": 1,
}
"""Functions whose arguments, from this one on, need a type in common."""
_STRICT = frozenset({"greatest", "least"})
_UNIT_FIRST = frozenset({"date_add", "dateadd", "timestampadd", "datediff", "date_diff"}) | {
    "timestampdiff"
}


def _struct_of_star(name: str, nodes: Sequence[exp.Expr], scope: Scope) -> DataType | None:
    if name != "struct" or len(nodes) != 1 or not isinstance(nodes[0], exp.Star):
        return None
    fields = []
    for seen in scope.visible:
        if seen.in_star:
            if seen.attribute.type is None:
                return None
            fields.append(Field(seen.attribute.name, seen.attribute.type))
    return Struct(tuple(fields)) if not scope.open_qualifiers else None


def _special(name: str, *keys: str, called: str | None = None) -> Rule:
    """Treat a node of sqlglot's own as the call it stands for.

    Its type is that of ``name``; it is ``called`` otherwise where its arguments are judged.
    """

    def rule(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
        nodes: list[exp.Expr] = []
        for key in keys:
            value = node.args.get(key)
            nodes += value if isinstance(value, list) else [value] if value is not None else []
        rest = [n for n in node.iter_expressions() if not any(n is m for m in nodes)]
        rest = [n for n in rest if not isinstance(n, (exp.Var, exp.DataType))]
        since = len(walk.read)
        visit(rest, scope, walk)
        arguments = _arguments(nodes, scope, walk)
        if not isinstance(node, exp.Initcap):  # which sqlglot gives a second argument of its own
            check_count(called or name, len(arguments) + len(rest), node, walk)
        check_arguments(called or name, node, arguments, walk)
        if is_aggregate(name):
            aggregate(walk.read, since)
        return function_type(name, arguments)

    return rule


def _rounded(name: str) -> Rule:
    plain = _special(name, "this", "decimals")

    def rule(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
        if node.args.get("to"):
            foreign.report(f"{name}(… TO …)", node, walk, "write date_trunc(…)")
        return plain(node, scope, walk)

    return rule


def _transform(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if not isinstance(node.expression, exp.Lambda):
        visit(node.iter_expressions(), scope, walk)
        return None
    return _higher_order("transform", [node.this, node.expression], scope, walk)


def _extract(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    source = walk.type_of(node.expression, scope, walk)
    if node.this.name.lower() == "null":
        return None
    check_source(Argument(source, node.expression), walk)
    found = extracted(node.this.name, source)
    if found is None and source in (DATE, TIMESTAMP):
        foreign.report(f"field {node.this.name} in EXTRACT", node, walk)
    return found


def _any(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    argument = Argument(walk.type_of(node.this, scope, walk), node.this)
    if not isinstance(node.parent, (exp.Like, exp.ILike)):
        check_arguments("any", node, [argument], walk)
        aggregate(walk.read, since)
    return BOOLEAN


def _within_group(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    ordered = node.expression.expressions
    sorted_by = _arguments([o.this for o in ordered], scope, walk)
    arguments = _arguments(list(node.this.iter_expressions()), scope, walk)
    aggregate(walk.read, since)
    name = function_name(node.this) or ""
    if name in ("percentile_cont", "percentile_disc"):
        check_arguments(name, node, [*sorted_by, *arguments], walk)
    match name:
        case "mode":
            return function_type("mode", sorted_by)
        case "percentile_cont":
            return function_type("percentile", [*sorted_by, *arguments])
        case "percentile_disc":
            found = sorted_by[0].type if sorted_by else None
            return DOUBLE if is_numeric(found) and not _is_array(arguments) else None
        case _:
            return walk.type_of(node.this, scope, walk)


def _is_array(arguments: Sequence[Argument]) -> bool:
    return any(a.type is None or isinstance(a.type, Array) for a in arguments)


def _windowed(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit(node.args.get("partition_by") or [], scope, walk)
    order = node.args.get("order")
    if order is not None:
        visit(order.expressions, scope, walk)
    return walk.type_of(node.this, scope, walk)


def _filtered(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    condition = node.expression.this
    check_condition(condition, "FILTER (WHERE …)", walk.type_of(condition, scope, walk), walk)
    return walk.type_of(node.this, scope, walk)


def _tuple(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    return function_type("struct", _arguments(node.expressions, scope, walk))


def _joined_text(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    parts = [node.this, node.expression] if isinstance(node, exp.Binary) else node.expressions
    arguments = _arguments(parts, scope, walk)
    first = arguments[0].type if arguments else None
    other = next((a.type for a in arguments if differ_in_kind(first, a.type)), None)
    if other is not None:
        walk.report(
            "bad-operand",
            f"texts are joined, or arrays, and these are {both(first, other)}",
            node,
            "join an element of it, or write to_json(…)",
        )
    return function_type("concat", arguments)


def _higher_order(
    name: str, nodes: Sequence[exp.Expr], scope: Scope, walk: Walk
) -> DataType | None:
    plain = [n for n in nodes if not isinstance(n, exp.Lambda)]
    lambdas = [n for n in nodes if isinstance(n, exp.Lambda)]
    types: list[DataType | None] = []
    places: list[int | None] = []
    for node in plain:
        since = len(walk.read)
        types.append(walk.type_of(node, scope, walk))
        places.append(since if is_collection(node) and len(walk.read) > since else None)
    shape = LAMBDA_SHAPES.get(name)
    if shape is None:
        for body in lambdas:
            _body(body, (), (), scope, walk)
        return None
    if plain:
        given = [Argument(t, n) for t, n in zip(types, plain, strict=True)]
        check_arguments(name, lambdas[0], given, walk)
    since = len(walk.read)
    passed = [walk.read[p] if p is not None else None for p in places]

    def visited(node: exp.Lambda, given: Sequence[DataType | None]) -> DataType | None:
        positions = passed_to(name, lambdas.index(node))
        origins = [None if p is None else passed[p] for p in positions]
        found = _body(node, given, origins, scope, walk)
        if node is lambdas[0]:
            check_lambda(name, types[1] if len(types) > 1 else None, node, found, walk)
        return found

    found = shape(types, lambdas, visited)
    if not keeps_elements(name):
        leave_out_wholes(walk.read, [p for p in places if p is not None], since)
    return found


def _body(
    node: exp.Lambda,
    given: Sequence[DataType | None],
    passed: Sequence[Origins | Influences | None],
    scope: Scope,
    walk: Walk,
) -> DataType | None:
    check_body(node, walk)
    names = [e.name.lower() for e in node.expressions]
    known = [*given, *[None] * len(names)]
    made_of = {n: o for n, o in zip(names, passed, strict=False) if isinstance(o, Origins)}
    inside = scope.with_lambdas(dict(zip(names, known, strict=False)), made_of)
    return walk.type_of(node.this, inside, walk)


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.Anonymous: _function,
    exp.Any: _any,
    exp.ApproxQuantile: _special("approx_percentile", "this", "quantile", "accuracy"),
    exp.ArgMax: _special("max_by", "this", "expression"),
    exp.ArgMin: _special("min_by", "this", "expression"),
    exp.Ceil: _rounded("ceil"),
    exp.Chr: _special("chr", "expressions"),
    exp.Decode: _special("decode", "this", "charset"),
    exp.DecodeCase: _special("decode", "expressions"),
    exp.Extract: _extract,
    exp.Filter: _filtered,
    exp.Floor: _rounded("floor"),
    exp.GroupConcat: _special("substring", "this", "separator", called="listagg"),
    exp.Initcap: _special("initcap", "this"),
    exp.Overlay: _special("substring", "this", "expression", "from_", "for_", called="overlay"),
    exp.Quantile: _special("percentile", "this", "quantile"),
    **{
        node: _special(name, "this", "expression", called=name)
        for node, name in (
            (exp.RegrAvgx, "regr_avgx"),
            (exp.RegrAvgy, "regr_avgy"),
            (exp.RegrCount, "regr_count"),
            (exp.RegrIntercept, "regr_intercept"),
            (exp.RegrR2, "regr_r2"),
            (exp.RegrSlope, "regr_slope"),
            (exp.RegrSxx, "regr_sxx"),
            (exp.RegrSxy, "regr_sxy"),
            (exp.RegrSyy, "regr_syy"),
        )
    },
    exp.StrPosition: _special("position", "this", "substr", "position"),
    exp.Substring: _special("substring", "this", "start", "length"),
    exp.Transform: _transform,
    exp.Trim: _special("upper", "this", "expression", called="trim"),
    exp.Tuple: _tuple,
    exp.Window: _windowed,
    exp.WithinGroup: _within_group,
    exp.Concat: _joined_text,
    exp.DPipe: _joined_text,
}
