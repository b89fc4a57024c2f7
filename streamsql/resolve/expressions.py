"""The type of every expression, as Spark's analyzer gives it; None where that is not known.

One walk over an expression finds its type and reports the names that mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map, Struct
from streamsql.resolve import calls, conditions, foreign, literals, operators, paths
from streamsql.resolve.coercion import BOOLEAN
from streamsql.resolve.limits import check_weight
from streamsql.resolve.regular_expressions import check_pattern
from streamsql.resolve.scope import Scope
from streamsql.resolve.walk import Rule, Walk, visit


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


_NESTED = (Array, Map, Struct)


def _rule_of_family(node: exp.Expr) -> Rule | None:
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


def _searched(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    check_pattern(node.expression, walk)
    return _boolean(node, scope, walk)


def _query(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    rows = walk.resolve_query(node, scope, walk)
    walk.subqueries.append(node)
    if rows.streaming or any(u.reads for u in rows.flow.unread):
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


def _inner(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    return type_of(node.this, scope, walk)


_RULES: Mapping[type[exp.Expr], Rule] = {
    **dict.fromkeys(foreign.FOREIGN, _foreign),
    **calls.RULES,
    **literals.RULES,
    **operators.RULES,
    **paths.RULES,
    exp.Alias: _inner,
    exp.Aliases: _inner,
    exp.BitwiseNot: _inner,
    exp.IgnoreNulls: _inner,
    exp.Is: conditions.looked_at,
    exp.Not: conditions.negated,
    exp.Paren: _inner,
    exp.RegexpILike: _boolean,
    exp.RegexpLike: _searched,
    exp.RespectNulls: _inner,
}
