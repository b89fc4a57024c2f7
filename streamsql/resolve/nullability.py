"""Which columns can never be null, told as far as the text of a query tells it.

A column of a source that is ``not_null`` is never null, and neither is what is made of such columns
by operators that give null for null alone (with ANSI mode on, nothing else gives one). Whatever is
not known here may be null.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from streamsql.datatypes import Struct
from streamsql.dialect import function_name
from streamsql.resolve.coercion import VARIANT
from streamsql.resolve.scope import Attribute, Found, Scope, look_up


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Functions that never give null, whatever they are given.
_NEVER = _names(
    """
    count approx_count_distinct count_if window session_window struct named_struct array map
    current_timestamp now current_date uuid rand isnull isnotnull collect_list collect_set
    typeof
    """
)
_FIRST = frozenset({"coalesce", "ifnull", "nvl"})
# Functions that give null only where an argument is null.
_STRICT = _names(
    """
    abs ceil ceiling concat floor length lower ltrim round rtrim sha1 sha2 md5 substring substr
    trim upper ucase lcase replace date_add date_sub datediff year month day hour minute second
    unix_micros unix_millis unix_seconds timestamp_millis timestamp_micros timestamp_seconds hex
    base64 greatest least hash xxhash64 window_time
    """
)
# Of a group, which has a row at least.
_OF_A_GROUP = _names(
    """
    min max sum avg mean first last any_value min_by max_by
    """
)
_STRICT_NODES = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.IntDiv,
    exp.Neg,
    exp.DPipe,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.RegexpLike,
    exp.Between,
    exp.Extract,
)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.RegexpLike)


@dataclass(slots=True)
class Nulls:
    """What can be null in a SELECT, whose columns are those of ``scope``."""

    query: exp.Select
    scope: Scope
    # Both are found when they are first asked for.
    asserted: list[Attribute] | None = None
    padded: str | bool | None = None
    subtotals: bool | None = None

    def never(self, node: exp.Expr) -> bool:
        """Whether an expression surely gives a value for each row."""
        match node:
            case exp.Column():
                return self._is_there(node)
            case exp.Paren() | exp.Alias():
                return self.never(node.this)
            case exp.Literal() | exp.Boolean() | exp.Is() | exp.NullSafeEQ():
                return True
            case exp.Dot():  # window(…).start
                return function_name(node.this) in ("window", "session_window")
            case exp.TryCast():
                return False
            case exp.Cast():
                return not self._is_variant(node.this) and self.never(node.this)
            case exp.Case():
                ends = [*(b.args["true"] for b in node.args["ifs"]), node.args.get("default")]
                return all(end is not None and self.never(end) for end in ends)
            case exp.If():
                ends = [node.args["true"], node.args.get("false")]
                return all(end is not None and self.never(end) for end in ends)
        if isinstance(node, _STRICT_NODES):
            parts = [part for part in node.iter_expressions() if not isinstance(part, exp.Var)]
            return all(self.never(part) for part in parts)
        return self._is_value_of_function(node)

    def keeps(self, attribute: Attribute) -> bool:
        """Whether a column that is never null where it comes from is so here too."""
        return attribute.never_null and not self._is_padded(attribute)

    def _is_value_of_function(self, node: exp.Expr) -> bool:
        name = function_name(node)
        if name is None or not isinstance(node, exp.Anonymous):
            return False
        if name in _NEVER:
            return True
        given = (self.never(argument) for argument in node.expressions)
        if name in _FIRST:
            return any(given)
        grouped = name in _OF_A_GROUP and self.query.args.get("group") is not None
        return (name in _STRICT or grouped) and all(given)

    def _is_there(self, column: exp.Column) -> bool:
        if column.is_star:
            return False
        return self.gives(look_up([part.name for part in column.parts], self.scope))

    def gives(self, found: Found) -> bool:
        """Whether the column that a name means, or its field, has a value in each row."""
        attribute = found.attribute
        if self.subtotals is None:
            self.subtotals = _makes_subtotals(self.query)
        if attribute is None or self.subtotals:
            return False
        if found.fields:
            return _is_window(attribute) and self.keeps(attribute)
        asserted = self._of_where() if self.asserted is None else self.asserted
        return self.keeps(attribute) or any(a is attribute for a in asserted)

    def _is_variant(self, node: exp.Expr) -> bool:
        """Whether a variant is cast: JSON's null is a value of one, and of nothing else."""
        attribute = self._attribute(node)
        return attribute is not None and attribute.type == VARIANT

    def _attribute(self, node: exp.Expr) -> Attribute | None:
        if not isinstance(node, exp.Column) or node.is_star:
            return None
        return look_up([part.name for part in node.parts], self.scope).attribute

    def _of_where(self) -> list[Attribute]:
        """Return the columns that are not null in a row that WHERE lets pass."""
        if self.asserted is None:
            where = self.query.args.get("where")
            asked = _asserted(where.this) if where is not None else ()
            self.asserted = [a for node in asked if (a := self._attribute(node)) is not None]
        return self.asserted

    def _is_padded(self, attribute: Attribute) -> bool:
        """Whether an outer join puts nulls where a column has none."""
        if self.padded is None:
            self.padded = _padded_by(self.query)
        if isinstance(self.padded, bool):
            return self.padded
        return any(
            v.attribute is attribute and v.qualifier == self.padded for v in self.scope.visible
        )


def _padded_by(query: exp.Select) -> str | bool:
    """Return which relation's columns outer joins pad: one, all (True) or none (False)."""
    joins = [j for j in query.args.get("joins") or () if j.args.get("side")]
    if not joins:
        return False
    if len(joins) > 1 or str(joins[0].args["side"]).lower() != "left":
        return True
    return str(joins[0].this.alias_or_name.lower())


def _asserted(test: exp.Expr) -> Iterator[exp.Expr]:
    """Yield what cannot be null where a condition is true."""
    test = test.unnest()
    if isinstance(test, exp.And):
        yield from _asserted(test.this)
        yield from _asserted(test.expression)
    elif isinstance(test, exp.Not) and isinstance(test.this.unnest(), exp.Is):
        yield test.this.unnest().this
    elif isinstance(test, _COMPARED):
        yield from (test.this, test.expression)


def _is_window(attribute: Attribute) -> bool:
    kind = attribute.type
    return isinstance(kind, Struct) and [f.name for f in kind.fields] == ["start", "end"]


def _makes_subtotals(query: exp.Select) -> bool:
    group = query.args.get("group")
    return group is not None and any(
        group.args.get(kind) for kind in ("rollup", "cube", "grouping_sets")
    )
