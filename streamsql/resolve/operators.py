"""The types of operators and choices: comparisons, arithmetic, CASE and IF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from streamsql.datatypes import DataType
from streamsql.resolve import foreign
from streamsql.resolve.arguments import Argument
from streamsql.resolve.arithmetic import is_refused, is_text
from streamsql.resolve.coercion import (
    BIGINT,
    BOOLEAN,
    INT,
    is_integral,
    wider,
    wider_number,
    widest,
)
from streamsql.resolve.conditions import check_condition
from streamsql.resolve.functions import operation_type
from streamsql.resolve.hazards import comparison_risks, division_risk
from streamsql.resolve.kinds import (
    both,
    incomparable,
    is_nested,
    not_boolean,
    not_joined,
    unmixable,
)
from streamsql.resolve.scope import Scope
from streamsql.resolve.signatures import check_count
from streamsql.resolve.walk import Rule, Walk, visit


def _compared(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    operands = [(e, walk.type_of(e, scope, walk)) for e in node.iter_expressions()]
    walk.risks.extend(comparison_risks(node, operands))
    first, *others = operands
    for operand, found in others:
        if incomparable(first[1], found):
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


def _arithmetic(operator: str) -> Rule:
    def rule(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
        left = Argument(walk.type_of(node.this, scope, walk), node.this)
        right = Argument(walk.type_of(node.expression, scope, walk), node.expression)
        if operator in _DIVISIONS:
            walk.risk(division_risk(node, node.expression, _DIVISIONS[operator]))
        _check_operands(operator, node, left.type, right.type, walk)
        return operation_type(operator, left, right)

    return rule


def _check_operands(
    operator: str, node: exp.Expr, left: DataType | None, right: DataType | None, walk: Walk
) -> None:
    if is_refused(operator, left, right):
        texts = is_text(left) and is_text(right)
        walk.report(
            "bad-operand",
            f"'{operator}' cannot be applied to {both(left, right)}",
            node,
            "join texts with ||, or cast them to numbers"
            if texts
            else "cast what is no number; to move a timestamp, add an INTERVAL",
        )


_DIVISIONS = {"/": "try_divide", "%": "try_mod"}


def _logical(operator: str) -> Rule:
    def rule(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
        left, right = (walk.type_of(n, scope, walk) for n in (node.this, node.expression))
        if not_joined(left, right):
            walk.report(
                "condition-not-boolean",
                f"{operator} joins conditions, and these are {both(left, right)}",
                node,
                "compare them with something",
            )
        return BOOLEAN

    return rule


def _like(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    left, right = (walk.type_of(n, scope, walk) for n in (node.this, node.expression))
    if is_nested(left) or is_nested(right):
        walk.report(
            "bad-operand",
            f"by LIKE texts are compared, and this is {both(left, right)}",
            node,
            "compare a field or an element of it",
        )
    return BOOLEAN


def _integer_division(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    left, right = (walk.type_of(n, scope, walk) for n in (node.this, node.expression))
    _check_operands("DIV", node, left, right, walk)
    walk.risk(division_risk(node, node.expression, None))
    return BIGINT


def _bits(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    left = walk.type_of(node.this, scope, walk)
    right = walk.type_of(node.expression, scope, walk)
    _check_operands("&", node, left, right, walk)
    if left is None or right is None or not (is_integral(left) and is_integral(right)):
        return None
    return wider_number(left, right)


def _shifted(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    visit([node.expression], scope, walk)
    found = walk.type_of(node.this, scope, walk)
    return found if found in (INT, BIGINT) else None


def _case(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    if node.this is not None:
        visit([node.this], scope, walk)
    branches: list[DataType | None] = []
    for branch in node.args["ifs"]:
        found = walk.type_of(branch.this, scope, walk)
        if node.this is None:
            check_condition(branch.this, "WHEN", found, walk)
        branches.append(walk.type_of(branch.args["true"], scope, walk))
    default = node.args.get("default")
    if default is not None:
        branches.append(walk.type_of(default, scope, walk))
    check_mixed(branches, node, walk)
    return widest(branches)


def _check_condition(node: exp.Expr, found: DataType | None, walk: Walk) -> None:
    """Report what a choice depends on that is surely neither true nor false."""
    if not_boolean(found):
        walk.report(
            "condition-not-boolean",
            f"a choice needs a condition, and this is {both(found, None)}",
            node,
            "compare it with something",
        )


def check_mixed(
    found: Sequence[DataType | None], node: exp.Expr, walk: Walk, *, texts: bool = True
) -> None:
    """Report values of which one is to be taken, and that have no type in common."""
    if texts and all(one is found[0] for one in found):
        return
    for place, one in enumerate(found):
        other = next((t for t in found[place + 1 :] if unmixable(one, t, texts=texts)), None)
        if other is not None:
            walk.report(
                "incomparable-types",
                f"{both(one, other)} have no type in common",
                node,
                "cast one of them to the other's type",
            )
            return


def _if(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    _check_condition(node.this, walk.type_of(node.this, scope, walk), walk)
    other = node.args.get("false")
    if other is None:
        check_count("if", 2, node, walk)
    found = walk.type_of(node.args["true"], scope, walk)
    if other is None:
        return found
    second = walk.type_of(other, scope, walk)
    check_mixed((found, second), node, walk)
    return wider(found, second)


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.And: _logical("AND"),
    exp.ILike: _like,
    exp.Like: _like,
    exp.Or: _logical("OR"),
    exp.Add: _arithmetic("+"),
    exp.BitwiseAnd: _bits,
    exp.BitwiseLeftShift: _shifted,
    exp.BitwiseOr: _bits,
    exp.BitwiseRightShift: _shifted,
    exp.BitwiseXor: _bits,
    exp.Between: _between,
    exp.Case: _case,
    exp.Div: _arithmetic("/"),
    exp.EQ: _compared,
    exp.GT: _compared,
    exp.GTE: _compared,
    exp.If: _if,
    exp.In: _compared,
    exp.IntDiv: _integer_division,
    exp.LT: _compared,
    exp.LTE: _compared,
    exp.Mod: _arithmetic("%"),
    exp.Mul: _arithmetic("*"),
    exp.NEQ: _compared,
    exp.NullSafeEQ: _compared,
    exp.Sub: _arithmetic("-"),
}
