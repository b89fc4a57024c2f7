"""What has to be true or false: conditions of clauses, of choices, and of functions of functions.

Tried on Spark 4.1. WHERE, ON, FILTER and CASE take a boolean alone, and no NULL without a type;
HAVING casts what it is given; NOT, IF and lambdas cast text (or only NULL) to a boolean.
"""

from __future__ import annotations

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map, Struct, ddl
from streamsql.resolve.casts import not_cast
from streamsql.resolve.coercion import BOOLEAN, INT, STRING, VOID
from streamsql.resolve.kinds import both, not_boolean
from streamsql.resolve.scope import Scope
from streamsql.resolve.walk import Walk

_RULE = "condition-not-boolean"
_COMPARE = "compare it with something"
_STRICT = frozenset({"WHERE", "ON", "WHEN", "FILTER (WHERE …)"})
_TESTS = frozenset({"exists", "filter", "forall", "map_filter"})
_FOLDS = frozenset({"aggregate", "reduce"})


def check_condition(node: exp.Expr, clause: str, found: DataType | None, walk: Walk) -> None:
    """Report the condition of a clause that is surely neither true nor false."""
    if found is None or found == BOOLEAN:
        return
    if clause == "HAVING":
        wrong = not_cast(found, BOOLEAN, False, False) is not None
    else:
        wrong = not_boolean(found) or (found == VOID and clause in _STRICT)
    if wrong:
        message = f"{clause} needs a condition, and this is {named(found)}"
        walk.report(_RULE, message, node, cure(found))


def named(found: DataType) -> str:
    """Name the type of what is no condition."""
    return "NULL" if found == VOID else ddl(found)


def cure(found: DataType) -> str:
    """Return what makes a condition of a value."""
    return "write CAST(NULL AS BOOLEAN), or FALSE" if found == VOID else _COMPARE


def negated(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    """Return the type of NOT, which takes a boolean, and text for one."""
    found = walk.type_of(node.this, scope, walk)
    if not_boolean(found) and found != STRING:
        message = f"what NOT takes is a condition, and this is {both(found, None)}"
        walk.report(_RULE, message, node.this, _COMPARE)
    return BOOLEAN


def looked_at(node: exp.Expr, scope: Scope, walk: Walk) -> DataType | None:
    """Return the type of IS TRUE and IS NULL: the first takes what NOT takes."""
    found = walk.type_of(node.this, scope, walk)
    walk.type_of(node.expression, scope, walk)
    is_truth = isinstance(node.expression, exp.Boolean)
    if is_truth and not_boolean(found) and found != STRING:
        message = f"only a condition IS TRUE or IS FALSE, and this is {both(found, None)}"
        walk.report(_RULE, message, node.this, _COMPARE)
    return BOOLEAN


def check_lambda(
    name: str, zero: DataType | None, body: exp.Lambda, found: DataType | None, walk: Walk
) -> None:
    """Report what a function of a function gives that cannot be used there."""
    if name in _TESTS and not_boolean(found):
        message = f"the function of {name}(…) is a condition, and this is {both(found, None)}"
        walk.report(_RULE, message, body.this, _COMPARE)
    elif name == "array_sort" and found is not None and found != INT:
        message = f"the function of array_sort(…) gives an int, and this is {both(found, None)}"
        walk.report("bad-operand", message, body.this, "give -1, 0 or 1")
    elif name in _FOLDS and zero and found and found != VOID and not alike(zero, found):
        walk.report(
            "bad-operand",
            f"{name}(…) begins with {ddl(zero)}, and its function gives {ddl(found)}",
            body.this,
            f"CAST what it gives AS {ddl(zero).upper()}, or begin with a type that holds it",
        )


def check_body(node: exp.Lambda, walk: Walk) -> None:
    """Report a subquery in a lambda, wherever in it."""
    query = node.this.find(exp.Query)
    if query is not None:
        message = "a function that is given to another cannot ask a subquery"
        walk.report("bad-operand", message, query, "join what it asks for, and name the column")


def alike(one: DataType, other: DataType) -> bool:
    """Whether two types differ in no more than names and what may be null."""
    match one, other:
        case Array(a), Array(b):
            return alike(a, b)
        case Map(k1, v1), Map(k2, v2):
            return alike(k1, k2) and alike(v1, v2)
        case Struct(a), Struct(b):
            pairs = zip(a, b, strict=False)
            return len(a) == len(b) and all(alike(f.type, t.type) for f, t in pairs)
    return one == other
