"""What conditions come to where values are written out: which of them no row can ever meet.

What is not surely known stays unknown; NULL is None. Texts are compared by their bytes, and
values of different types not at all: Spark casts one of them first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal as Number
from decimal import InvalidOperation

from sqlglot import exp

UNKNOWN = object()
"""The value of what is not written out."""

Read = Callable[[exp.Column], object]
"""What gives the value of a column, if it has one."""


def unread(_column: exp.Column) -> object:
    """Know of no column's value."""
    return UNKNOWN


def never_true(node: exp.Expr, read: Read = unread) -> bool:
    """Whether a condition is surely false or NULL, whatever is unknown in it."""
    match node:
        case exp.Paren():
            return never_true(node.this, read)
        case exp.And():
            return never_true(node.this, read) or never_true(node.expression, read)
        case exp.Or():
            return never_true(node.this, read) and never_true(node.expression, read)
    return value_of(node, read) in (False, None)


def contradict(conditions: Sequence[exp.Expr]) -> bool:
    """Whether conditions over one row exclude each other: ``a = 1 AND a > 2``."""
    for number, condition in enumerate(conditions):
        others = [c for n, c in enumerate(conditions) if n != number]
        for column, value in _fixed(condition):
            name = _name(column)

            def read(other: exp.Column, name: str = name, value: object = value) -> object:
                return value if _name(other) == name else UNKNOWN

            if any(never_true(other, read) for other in others):
                return True
    return False


def _fixed(condition: exp.Expr) -> Iterator[tuple[exp.Column, object]]:
    """Yield the column that a condition fixes to a value, and that."""
    condition = condition.unnest()
    if isinstance(condition, exp.EQ):
        for one, other in (
            (condition.this, condition.expression),
            (condition.expression, condition.this),
        ):
            value = value_of(other)
            if isinstance(one, exp.Column) and value is not UNKNOWN:
                yield one, value
    elif isinstance(condition, exp.Is) and isinstance(condition.expression, exp.Null):
        yield from [(condition.this, None)] if isinstance(condition.this, exp.Column) else []


def _name(column: exp.Column) -> str:
    return ".".join(part.name.lower() for part in column.parts)


def value_of(node: exp.Expr, read: Read = unread) -> object:
    """Return the value of an expression: a text, a ``Decimal``, a truth value, None or UNKNOWN."""
    rule = _RULES.get(type(node))
    return rule(node, read) if rule is not None else UNKNOWN


def _literal(node: exp.Expr, _read: Read) -> object:
    if node.is_string:
        return str(node.this)
    try:
        return Number(str(node.this))
    except InvalidOperation:  # a number with a suffix
        return UNKNOWN


def _negative(node: exp.Expr, read: Read) -> object:
    value = value_of(node.this, read)
    return -value if isinstance(value, Number) else UNKNOWN


def _inner(node: exp.Expr, read: Read) -> object:
    return value_of(node.this, read)


def _column(node: exp.Expr, read: Read) -> object:
    return read(node) if isinstance(node, exp.Column) else UNKNOWN


def _cast(node: exp.Expr, read: Read) -> object:
    value = value_of(node.this, read)
    is_text = isinstance(value, str) and node.args["to"].this == exp.DataType.Type.TEXT
    return value if value is None or is_text else UNKNOWN


def _and(node: exp.Expr, read: Read) -> object:
    return _decided(node, read, False)


def _or(node: exp.Expr, read: Read) -> object:
    return _decided(node, read, True)


def _decided(node: exp.Expr, read: Read, by: bool) -> object:
    sides = (value_of(node.this, read), value_of(node.expression, read))
    for value in (by, UNKNOWN, None):
        if any(side is value for side in sides):
            return value
    return not by


def _not(node: exp.Expr, read: Read) -> object:
    value = value_of(node.this, read)
    return not value if isinstance(value, bool) else value


def _is(node: exp.Expr, read: Read) -> object:
    value = value_of(node.this, read)
    asked = value_of(node.expression, read)
    return UNKNOWN if UNKNOWN in (value, asked) else value is asked


def _compared(node: exp.Expr, read: Read) -> object:
    one, other = value_of(node.this, read), value_of(node.expression, read)
    if one is None or other is None:
        return None
    return _compare(type(node), one, other)


def _compare(kind: type[exp.Expr], one: object, other: object) -> object:
    if isinstance(one, str) and isinstance(other, str):
        a, b = (text.encode(errors="surrogatepass") for text in (one, other))
        return _COMPARISONS[kind](a, b)
    same = isinstance(one, Number) and isinstance(other, Number)
    if same or (isinstance(one, bool) and isinstance(other, bool)):
        return _COMPARISONS[kind](one, other)
    return UNKNOWN


def _in(node: exp.Expr, read: Read) -> object:
    value = value_of(node.this, read)
    if node.args.get("query") is not None or not node.expressions:
        return UNKNOWN
    if value is None:
        return None
    found = [value_of(e, read) for e in node.expressions]
    equal = [None if other is None else _compare(exp.EQ, value, other) for other in found]
    for answer in (True, UNKNOWN, None):
        if any(e is answer for e in equal):
            return answer
    return False


def _between(node: exp.Expr, read: Read) -> object:
    value = value_of(node.this, read)
    low, high = value_of(node.args["low"], read), value_of(node.args["high"], read)
    if node.args.get("symmetric") is not None or UNKNOWN in (value, low, high):
        return UNKNOWN
    if None in (value, low, high):
        return None
    sides = (_compare(exp.GTE, value, low), _compare(exp.LTE, value, high))
    return UNKNOWN if UNKNOWN in sides else all(sides)


def _like(node: exp.Expr, read: Read) -> object:
    value, pattern = value_of(node.this, read), value_of(node.expression, read)
    if value is None or pattern is None:
        return None
    if not isinstance(value, str) or not isinstance(pattern, str) or "\\" in pattern:
        return UNKNOWN
    if isinstance(node.parent, exp.Escape):
        return UNKNOWN
    parts = (_WILD.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


_WILD = {"%": ".*", "_": "."}

_COMPARISONS: dict[type[exp.Expr], Callable[[object, object], bool]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,  # type: ignore[operator]
    exp.LTE: lambda a, b: a <= b,  # type: ignore[operator]
    exp.GT: lambda a, b: a > b,  # type: ignore[operator]
    exp.GTE: lambda a, b: a >= b,  # type: ignore[operator]
}

_RULES: dict[type[exp.Expr], Callable[[exp.Expr, Read], object]] = {
    exp.And: _and,
    exp.Between: _between,
    exp.Boolean: lambda node, _read: bool(node.this),
    exp.Cast: _cast,
    exp.Column: _column,
    exp.In: _in,
    exp.Is: _is,
    exp.Like: _like,
    exp.Literal: _literal,
    exp.Neg: _negative,
    exp.Not: _not,
    exp.Null: lambda _node, _read: None,
    exp.Or: _or,
    exp.Paren: _inner,
    **dict.fromkeys(_COMPARISONS, _compared),
}
