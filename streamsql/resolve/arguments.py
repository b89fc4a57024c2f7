"""An argument of a function as the rules for types see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from streamsql.datatypes import DataType
from streamsql.resolve.coercion import widest


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: its type if known, and its expression."""

    type: DataType | None
    node: exp.Expr

    @property
    def text(self) -> str | None:
        """The value of a string literal."""
        is_text = isinstance(self.node, exp.Literal) and self.node.is_string
        return str(self.node.this) if is_text or isinstance(self.node, exp.RawString) else None

    @property
    def integer(self) -> int | None:
        """The value of a whole-number literal, a sign included."""
        negative = isinstance(self.node, exp.Neg)
        node = self.node.this if negative else self.node
        if not isinstance(node, exp.Literal) or node.is_string or not str(node.this).isdigit():
            return None
        return -int(node.this) if negative else int(node.this)


Arguments = Sequence[Argument]
Rule = Callable[[Arguments], DataType | None]


def widest_of(arguments: Arguments) -> DataType | None:
    """Return the type that holds all arguments, as COALESCE gives it."""
    return widest(a.type for a in arguments)
