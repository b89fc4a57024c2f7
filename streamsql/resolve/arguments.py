"""An argument of a function as the rules for types see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import DataType
from streamsql.dialect import function_name
from streamsql.resolve.coercion import widest


class Argument(NamedTuple):
    """An argument of a call: its type if known, and its expression."""

    type: DataType | None
    node: exp.Expr

    @property
    def text(self) -> str | None:
        """The value of a string literal."""
        is_text = isinstance(self.node, exp.Literal) and self.node.is_string
        return str(self.node.this) if is_text or isinstance(self.node, exp.RawString) else None

    @property
    def constant(self) -> str | None:
        """The value of a text that is put together of literals, or is one."""
        return None if whole_number(self.node) is not None else _constant(self.node)

    @property
    def integer(self) -> int | None:
        """The value of a whole-number literal, a sign included."""
        negative = isinstance(self.node, exp.Neg)
        value = whole_number(self.node.this if negative else self.node)
        return -value if negative and value is not None else value


def _constant(node: exp.Expr) -> str | None:
    node = node.unnest()
    if isinstance(node, exp.DPipe):
        parts = [_constant(node.this), _constant(node.expression)]
    elif isinstance(node, exp.Concat) or function_name(node) == "concat":
        parts = [_constant(part) for part in node.expressions]
    elif whole_number(node) is not None:
        return str(whole_number(node))
    else:
        return Argument(None, node).text
    texts = [part for part in parts if part is not None]
    return "".join(texts) if len(texts) == len(parts) else None


def whole_number(node: exp.Expr) -> int | None:
    """Return the value of a whole number that is written without a sign and fits a bigint."""
    text = str(node.this) if isinstance(node, exp.Literal) and not node.is_string else ""
    return int(text) if len(text) <= _MOST_DIGITS and text.isdecimal() else None


_MOST_DIGITS = 18
Arguments = Sequence[Argument]
Rule = Callable[[Arguments], DataType | None]


def widest_of(arguments: Arguments) -> DataType | None:
    """Return the type that holds all arguments, as COALESCE gives it."""
    return widest(a.type for a in arguments)
