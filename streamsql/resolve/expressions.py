"""The type of every expression, as Spark's analyzer gives it; None where that is not known.

One walk over an expression finds its type and reports the names that mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal as Number
from functools import lru_cache

from sqlglot import exp

from streamsql.datatypes import (
    Array,
    DataType,
    DataTypeError,
    Decimal,
    Field,
    Map,
    Primitive,
    Struct,
    ddl,
    parse_type,
)
from streamsql.dialect import function_name
from streamsql.findings import did_you_mean
from streamsql.resolve import foreign
from streamsql.resolve.arguments import Argument
from streamsql.resolve.coercion import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    VARIANT,
    VOID,
    interval_of,
    is_integral,
    is_numeric,
    wider,
    wider_number,
    widest,
)
from streamsql.resolve.functions import extracted, function_type, is_aggregate, operation_type
from streamsql.resolve.hazards import (
    call_risks,
    cast_risk,
    comparison_risks,
    division_risk,
    index_risk,
    now_risk,
)
from streamsql.resolve.higher_order import (
    LAMBDA_SHAPES,
    is_collection,
    keeps_elements,
    passed_to,
)
from streamsql.resolve.kinds import both, cannot_be_added, cannot_be_summed, differ, not_boolean
from streamsql.resolve.limits import check_weight
from streamsql.resolve.lineage import Influences, Origins, aggregate, inside, leave_out_wholes
from streamsql.resolve.liveness import is_timed
from streamsql.resolve.relations import HIDDEN_COLUMNS
from streamsql.resolve.scope import Scope, field_type, has_no_field, look_up, unlisted
from streamsql.resolve.signatures import GENERATORS, check_call
from streamsql.resolve.time_windows import WINDOWS, check_window
from streamsql.resolve.walk import Walk, hidden_in


def type_of(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    """Return the type of ``node``, and report the names in it that mean nothing."""
    rule = _RULES.get(type(node)) or _rule_of_family(node)
    if rule is not None:
        found = rule(node, scope, walk)
        if isinstance(found, _NESTED):
            check_weight(found)
        return found
    visit(node.iter_expressions(), scope, walk)
    return None


def visit(nodes: Iterator[exp.Expr] | Sequence[exp.Expr], scope: Scope, walk: Walk) -> None:
    """Check the names in expressions whose type does not matter."""
    for node in nodes:
        type_of(node, scope, walk)


_NESTED = (Array, Map, Struct)
_Rule = Callable[[exp.Expr, Scope, Walk], DataType | None]


def _rule_of_family(node: exp.Expr) -> _Rule | None:
    if isinstance(node, (exp.Predicate, exp.Connector)):
        return _boolean
    return _query if isinstance(node, exp.Query) else None


def _foreign(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if foreign.is_foreign(node):
        what, hint = foreign.FOREIGN[type(node)]
        foreign.report(what, node, walk, hint)
    visit(node.iter_expressions(), scope, walk)
    return None


def _boolean(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit(node.iter_expressions(), scope, walk)
    return BOOLEAN


def _compared(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    operands = [(e, type_of(e, scope, walk)) for e in node.iter_expressions()]
    walk.risks.extend(comparison_risks(node, operands))
    first, *others = operands
    for operand, found in others:
        if differ(first[1], found):
            walk.report(
                "incomparable-types",
                f"{both(first[1], found)} cannot be compared",
                operand,
                "cast one of them to the other's type",
            )
    return BOOLEAN


def _between(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if node.args.get("symmetric"):
        foreign.report("BETWEEN SYMMETRIC", node, walk, "write the smaller bound first")
    return _compared(node, scope, walk)


def check_condition(node: exp.Expr, clause: str, found: DataType | None, walk: Walk) -> None:
    """Report a condition that is surely neither true nor false."""
    if not_boolean(found) and found is not None:
        walk.report(
            "condition-not-boolean",
            f"{clause} needs a condition, and this is {ddl(found)}",
            node,
            "compare it with something",
        )


def _query(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    rows = walk.resolve_query(node, scope, walk)
    if rows.streaming:
        walk.report(
            "streaming-subquery",
            "a subquery in an expression cannot read a stream",
            node,
            "join the stream instead: LEFT SEMI JOIN for IN and EXISTS, LEFT JOIN … IS NULL for"
            " NOT IN and NOT EXISTS, with a time bound",
        )
    columns = rows.columns
    walk.read.extend(c.origins for c in columns)
    walk.read.append(rows.influences)
    return columns[0].type if len(columns) == 1 else None


# Names


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
    if found.attribute is not None:
        if found.attribute.origin:
            used = walk.hidden_used.setdefault(found.attribute.origin, set())
            used.add(found.attribute.name)
        if is_timed(found.attribute):
            walk.used.append(found.attribute)
        walk.read.append(inside(found.attribute.origins, found.attribute.type, found.fields))
        return _fields(found.attribute.type, found.fields, node, walk)
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
    inner = type_of(node.this, scope, walk)
    name = node.expression
    if isinstance(name, exp.Identifier):
        _step_inside(node.this, inner, name.name, since, walk)
        return _fields(inner, [name.name], name, walk)
    return None


def _bracket(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    inner = type_of(node.this, scope, walk)
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


def _step_inside(node: exp.Expr, found: DataType | None, name: str, since: int, walk: Walk) -> None:
    """Follow a field of what a chain of names and indexes reads, for its lineage."""
    while isinstance(node, (exp.Dot, exp.Bracket, exp.Paren)):
        node = node.this
    if isinstance(node, (exp.Column, exp.Identifier)) and len(walk.read) > since:
        first = walk.read[since]
        if isinstance(first, Origins):
            walk.read[since] = inside(first, found, (name,))


def _collated(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    type_of(node.this, scope, walk)
    name = node.expression.name
    return STRING if name.upper() == "UTF8_BINARY" else Primitive(f"string collate {name}")


def _inner(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    return type_of(node.this, scope, walk)


# Literals


def _literal(node: exp.Expr, _scope: Scope, _walk: Walk) -> DataType | None:
    return STRING if node.is_string else number_type(str(node.this))


_MOST_DIGITS = 1_000  # a decimal has 38; zeros may stand before them


def number_type(text: str) -> DataType | None:
    """Return the type of a number as written: the smallest of int, bigint and decimal."""
    if re.fullmatch(r"-?\d+", text):
        if len(text) > _MOST_DIGITS:
            return None
        value = int(text)
        if -(2**31) <= value < 2**31:
            return INT
        if -(2**63) <= value < 2**63:
            return BIGINT
        return Decimal(len(str(abs(value))), 0) if len(str(abs(value))) <= 38 else None
    if "e" in text.lower():
        return DOUBLE
    _, digits, exponent = Number(text).as_tuple()
    assert isinstance(exponent, int)
    scale = -exponent
    precision = max(len("".join(map(str, digits)).lstrip("0")), 1, scale)
    return Decimal(precision, scale) if precision <= 38 else None


def _negative(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        return number_type(f"-{node.this.this}")
    found = type_of(node.this, scope, walk)
    return found if found != STRING else DOUBLE


def _interval(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if isinstance(node.this, exp.Expr) and not isinstance(node.this, exp.Literal):
        type_of(node.this, scope, walk)
    unit = node.args.get("unit")
    if unit is None:
        return interval_of(_UNITS[u] for u in _units_in(str(node.this.this)))
    if isinstance(unit, exp.IntervalSpan):
        ends = [_UNITS.get(e.name.lower().removesuffix("s")) for e in (unit.this, unit.expression)]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            foreign.report("such interval", node, walk, "write DAY TO SECOND, or YEAR TO MONTH")
            return None
        return interval_of(known)
    found = _UNITS.get(unit.name.lower().removesuffix("s"))
    if found is None:
        foreign.report(f"intervals in {unit.name}", node, walk, "write it in months, days or hours")
        return None
    return interval_of([found])


_UNITS = {
    "year": "year",
    "month": "month",
    "week": "day",
    "day": "day",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
    "millisecond": "second",
    "microsecond": "second",
    "nanosecond": "second",
}


def _units_in(text: str) -> Iterator[str]:
    for word in re.findall(r"[A-Za-z]+", text):
        unit = word.lower().removesuffix("s")
        if unit in _UNITS:
            yield unit


def _cast(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    found = type_of(node.this, scope, walk)
    to = node.args["to"]
    if node.args.get("format"):
        foreign.report("FORMAT in a cast", node, walk, "write to_date(…) or to_number(…)")
    if to.this == exp.DataType.Type.TIME:
        foreign.report("TIME in what is run", node, walk, "keep a time of day as text or seconds")
    if isinstance(to, exp.DataType) and isinstance(to.this, exp.Interval):
        target = _interval_type(to.this)
    else:
        target = _written_type(to.sql("databricks"))
    walk.risk(cast_risk(node, found, target))
    return target


def _interval_type(node: exp.Interval) -> DataType | None:
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        return interval_of((unit.this.name.lower(), unit.expression.name.lower()))
    return interval_of([unit.name.lower()]) if unit is not None else Primitive("interval")


@lru_cache(maxsize=1024)
def _written_type(text: str) -> DataType | None:
    """Read a type of a CAST, where Spark makes strings of char and varchar."""
    try:
        found = parse_type(text)
    except DataTypeError:
        return None
    if isinstance(found, Primitive) and found.name.startswith(("char(", "varchar(")):
        return STRING
    return found


# Operators


def _arithmetic(operator: str) -> _Rule:
    def rule(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
        left = Argument(type_of(node.this, scope, walk), node.this)
        right = Argument(type_of(node.expression, scope, walk), node.expression)
        if operator in _DIVISIONS:
            walk.risk(division_risk(node, node.expression, _DIVISIONS[operator]))
        if cannot_be_added(left.type, right.type):
            walk.report(
                "bad-operand",
                f"'{operator}' cannot be applied to {both(left.type, right.type)}",
                node,
                "cast what is no number; to move a timestamp, add an INTERVAL",
            )
        return operation_type(operator, left, right)

    return rule


_DIVISIONS = {"/": "try_divide", "%": "try_mod"}


def _integer_division(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit([node.this, node.expression], scope, walk)
    walk.risk(division_risk(node, node.expression, None))
    return BIGINT


def _bits(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    left = type_of(node.this, scope, walk)
    right = type_of(node.expression, scope, walk)
    if left is None or right is None or not (is_integral(left) and is_integral(right)):
        return None
    return wider_number(left, right)


def _shifted(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit([node.expression], scope, walk)
    found = type_of(node.this, scope, walk)
    return found if found in (INT, BIGINT) else None


def _joined_text(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    parts = [node.this, node.expression] if isinstance(node, exp.Binary) else node.expressions
    return function_type("concat", _arguments(parts, scope, walk))


# Choice


def _case(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if node.this is not None:
        visit([node.this], scope, walk)
    branches: list[DataType | None] = []
    for branch in node.args["ifs"]:
        visit([branch.this], scope, walk)
        branches.append(type_of(branch.args["true"], scope, walk))
    default = node.args.get("default")
    if default is not None:
        branches.append(type_of(default, scope, walk))
    return widest(branches)


def _if(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit([node.this], scope, walk)
    other = node.args.get("false")
    found = type_of(node.args["true"], scope, walk)
    return wider(found, type_of(other, scope, walk)) if other is not None else found


# Functions


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
            found.append(Argument(type_of(node, scope, walk), node))
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
    if arguments and cannot_be_summed(name, arguments[0].type):
        walk.report(
            "bad-operand",
            f"{name}(…) needs numbers, and this is {both(arguments[0].type, None)}",
            node,
            "count with count_if(…), or cast it to a number",
        )
    if name == "monotonically_increasing_id":
        walk.row_ids.append(node)
    if name in WINDOWS:
        check_window(name, node, [a.type for a in arguments], walk)
    if is_aggregate(name):
        aggregate(walk.read, since)
    return function_type(name, arguments)


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


def _special(name: str, *keys: str) -> _Rule:
    """Treat a node of sqlglot's own as the call it stands for."""

    def rule(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
        nodes: list[exp.Expr] = []
        for key in keys:
            value = node.args.get(key)
            nodes += value if isinstance(value, list) else [value] if value is not None else []
        rest = [n for n in node.iter_expressions() if not any(n is m for m in nodes)]
        since = len(walk.read)
        visit([n for n in rest if not isinstance(n, (exp.Var, exp.DataType))], scope, walk)
        arguments = _arguments(nodes, scope, walk)
        if is_aggregate(name):
            aggregate(walk.read, since)
        return function_type(name, arguments)

    return rule


def _rounded(name: str) -> _Rule:
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
    source = type_of(node.expression, scope, walk)
    found = extracted(node.this.name, source)
    if found is None and source in (DATE, TIMESTAMP):
        foreign.report(f"field {node.this.name} in EXTRACT", node, walk)
    return found


def _any(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    visit([node.this], scope, walk)
    if not isinstance(node.parent, (exp.Like, exp.ILike)):
        aggregate(walk.read, since)
    return BOOLEAN


def _within_group(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    since = len(walk.read)
    ordered = node.expression.expressions
    sorted_by = _arguments([o.this for o in ordered], scope, walk)
    arguments = _arguments(list(node.this.iter_expressions()), scope, walk)
    aggregate(walk.read, since)
    match function_name(node.this):
        case "mode":
            return function_type("mode", sorted_by)
        case "percentile_cont":
            return function_type("percentile", [*sorted_by, *arguments])
        case "percentile_disc":
            found = sorted_by[0].type if sorted_by else None
            return DOUBLE if is_numeric(found) and not _is_array(arguments) else None
        case _:
            return type_of(node.this, scope, walk)


def _is_array(arguments: Sequence[Argument]) -> bool:
    return any(a.type is None or isinstance(a.type, Array) for a in arguments)


def _windowed(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit(node.args.get("partition_by") or [], scope, walk)
    order = node.args.get("order")
    if order is not None:
        visit(order.expressions, scope, walk)
    return type_of(node.this, scope, walk)


def _filtered(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit([node.expression.this], scope, walk)
    return type_of(node.this, scope, walk)


def _path(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    found = type_of(node.this, scope, walk)
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


def _tuple(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    return function_type("struct", _arguments(node.expressions, scope, walk))


def _constant(data_type: DataType) -> _Rule:
    def rule(_node: exp.Expr, _scope: Scope, _walk: Walk) -> DataType | None:
        return data_type

    return rule


def _now(data_type: DataType) -> _Rule:
    def rule(node: exp.Expr, _scope: Scope, walk: Walk) -> DataType | None:
        walk.risk(now_risk(node))
        return data_type

    return rule


# Functions of functions


def _higher_order(
    name: str, nodes: Sequence[exp.Expr], scope: Scope, walk: Walk
) -> DataType | None:
    plain = [n for n in nodes if not isinstance(n, exp.Lambda)]
    lambdas = [n for n in nodes if isinstance(n, exp.Lambda)]
    types: list[DataType | None] = []
    places: list[int | None] = []
    for node in plain:
        since = len(walk.read)
        types.append(type_of(node, scope, walk))
        places.append(since if is_collection(node) and len(walk.read) > since else None)
    shape = LAMBDA_SHAPES.get(name)
    if shape is None:
        for body in lambdas:
            _body(body, (), (), scope, walk)
        return None
    since = len(walk.read)
    passed = [walk.read[p] if p is not None else None for p in places]

    def visited(node: exp.Lambda, given: Sequence[DataType | None]) -> DataType | None:
        positions = passed_to(name, lambdas.index(node))
        return _body(
            node, given, [None if p is None else passed[p] for p in positions], scope, walk
        )

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
    names = [e.name.lower() for e in node.expressions]
    known = [*given, *[None] * len(names)]
    made_of = {n: o for n, o in zip(names, passed, strict=False) if isinstance(o, Origins)}
    inside = scope.with_lambdas(dict(zip(names, known, strict=False)), made_of)
    return type_of(node.this, inside, walk)


_RULES: Mapping[type[exp.Expr], _Rule] = {
    **dict.fromkeys(foreign.FOREIGN, _foreign),
    exp.Add: _arithmetic("+"),
    exp.Alias: _inner,
    exp.Aliases: _inner,
    exp.Anonymous: _function,
    exp.Any: _any,
    exp.ApproxQuantile: _special("approx_percentile", "this", "quantile"),
    exp.ArgMax: _special("max_by", "this", "expression"),
    exp.ArgMin: _special("min_by", "this", "expression"),
    exp.BitwiseAnd: _bits,
    exp.BitwiseLeftShift: _shifted,
    exp.BitwiseNot: _inner,
    exp.BitwiseOr: _bits,
    exp.BitwiseRightShift: _shifted,
    exp.BitwiseXor: _bits,
    exp.Boolean: _constant(BOOLEAN),
    exp.Between: _between,
    exp.Bracket: _bracket,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Ceil: _rounded("ceil"),
    exp.Chr: _special("chr", "expressions"),
    exp.Column: _column,
    exp.Collate: _collated,
    exp.Concat: _joined_text,
    exp.CurrentDate: _now(DATE),
    exp.CurrentTimestamp: _now(TIMESTAMP),
    exp.CurrentUser: _constant(STRING),
    exp.DPipe: _joined_text,
    exp.Decode: _special("decode", "this", "charset"),
    exp.DecodeCase: _special("decode", "expressions"),
    exp.Div: _arithmetic("/"),
    exp.Dot: _dot,
    exp.EQ: _compared,
    exp.Extract: _extract,
    exp.Filter: _filtered,
    exp.Floor: _rounded("floor"),
    exp.GT: _compared,
    exp.GTE: _compared,
    exp.GroupConcat: _special("substring", "this"),
    exp.HexString: _constant(BINARY),
    exp.Identifier: _identifier,
    exp.If: _if,
    exp.IgnoreNulls: _inner,
    exp.In: _compared,
    exp.Initcap: _special("initcap", "this"),
    exp.IntDiv: _integer_division,
    exp.Interval: _interval,
    exp.JSONExtract: _path,
    exp.LT: _compared,
    exp.LTE: _compared,
    exp.Literal: _literal,
    exp.Mod: _arithmetic("%"),
    exp.Mul: _arithmetic("*"),
    exp.NEQ: _compared,
    exp.Neg: _negative,
    exp.Not: _boolean,
    exp.Null: _constant(VOID),
    exp.NullSafeEQ: _compared,
    exp.Overlay: _special("substring", "this"),
    exp.Paren: _inner,
    exp.Quantile: _special("percentile", "this", "quantile"),
    exp.RawString: _constant(STRING),
    exp.RegexpILike: _boolean,
    exp.RegexpLike: _boolean,
    exp.RespectNulls: _inner,
    exp.SessionUser: _constant(STRING),
    exp.StrPosition: _special("position", "this"),
    exp.Sub: _arithmetic("-"),
    exp.Substring: _special("substring", "this"),
    exp.Transform: _transform,
    exp.Trim: _special("upper", "this"),
    exp.TryCast: _cast,
    exp.Tuple: _tuple,
    exp.Window: _windowed,
    exp.WithinGroup: _within_group,
}
