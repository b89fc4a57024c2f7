"""Which fields of what it reads a model can need, told by the names in its text alone.

A field whose name stands nowhere in a query cannot be read by it, so its decoder need not parse
it. Names are taken without regard to what they mean: that keeps too many fields at times, and
never too few. Should it ever keep too few, Spark says so when the query starts, for a field that
is left out does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import DataType, Field, Struct
from streamsql.dialect import function_name
from streamsql.parse import ParsedModel


class Mentions(NamedTuple):
    """The names in the texts of some models, in lower case.

    ``whole`` are those that stand where a value is used as it is, and not one field of it.
    ``everything`` is True where fields are used without being named (``*``).
    """

    names: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    everything: bool = False

    def keeps(self, name: str) -> bool:
        """Whether a column or field of this name may be read."""
        return self.everything or name.lower() in self.names

    def pruned(self, name: str, kind: DataType) -> DataType:
        """Return a column's type without the fields of a struct that cannot be read."""
        if self.everything or name.lower() in self.whole or not isinstance(kind, Struct):
            return kind
        kept = tuple(
            Field(f.name, self.pruned(f.name, f.type)) for f in kind.fields if self.keeps(f.name)
        )
        return Struct(kept) if kept else kind


def mentions(models: Iterable[ParsedModel]) -> Mentions:
    """Collect the names in the SQL of some models.

    What their config says of columns speaks of those that their SQL gives.
    """
    names: set[str] = set()
    whole: set[str] = set()
    everything = False
    for model in models:
        clauses = [w.expression for w in model.watermarks]
        for node in (n for tree in (model.tree, *clauses) for n in tree.walk()):
            everything = everything or _takes_all(node)
            if isinstance(node, exp.Identifier):
                names.add(node.name.lower())
                if not _leads_to_a_field(node):
                    whole.add(node.name.lower())
            elif isinstance(node, exp.Literal) and node.is_string:
                names.add(str(node.this).lower())  # address['city']
        everything = everything or "|>" in model.sql
    return Mentions(frozenset(names), frozenset(whole), everything)


def _takes_all(node: exp.Expr) -> bool:
    """Whether a part of a query uses columns that it does not name."""
    if isinstance(node, exp.Star):
        return node.parent is None or function_name(node.parent) != "count"
    if isinstance(node, exp.Join):
        return str(node.args.get("method") or "").lower() == "natural"
    return isinstance(node, exp.Pivot)


def _leads_to_a_field(identifier: exp.Expr) -> bool:
    """Whether a name is followed by a field: ``customer`` in ``o.customer.id``.

    ``o.customer`` alone is the whole of it, and so is a name in any place but a column's.
    """
    column = identifier.parent
    if isinstance(column, exp.Dot):
        return column.this is identifier or _goes_on(column)
    if not isinstance(column, exp.Column):
        return False
    return identifier is not column.this or _goes_on(column)


def _goes_on(node: exp.Expr) -> bool:
    above = node.parent
    if isinstance(above, exp.Bracket) and above.this is node:
        return len(above.expressions) == 1 and above.expressions[0].is_string
    return isinstance(above, exp.Dot) and above.this is node
