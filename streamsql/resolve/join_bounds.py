"""What the condition of a join of two streams says: which keys are equal, and what bounds time.

Follows ``StreamingJoinHelper`` and ``StreamingSymmetricHashJoinHelper`` of Spark 4.1 to 4.3:
state of one side is dropped by a watermark among the keys, or by a conjunct that, solved for a
column of that side, gives a lower bound in terms of the other side's watermark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import Decimal, Primitive
from streamsql.intervals import parse_interval, spark_interval
from streamsql.resolve.coercion import TIMESTAMP
from streamsql.resolve.constants import never_true
from streamsql.resolve.naming import written
from streamsql.resolve.relations import EventTime, JoinSide, StateBound, StateKey
from streamsql.resolve.scope import Attribute, Scope, Visible, look_up

_NUMBERS = frozenset({"tinyint", "smallint", "int", "bigint", "float", "double"})
_LESS = (exp.LT, exp.LTE)
_GREATER = (exp.GT, exp.GTE)
_SECOND = 1_000_000
_LONGEST = 1e11  # seconds that a length of time may have
_LEFT_EMPTY = frozenset({"left_outer", "full_outer"})
"""The joins of whose condition nothing is left where a part of it is false."""
_MERGED_BY_WHERE = frozenset({"inner", "cross"})


class Condition(NamedTuple):
    """What a join of two streams is bound by.

    ``equal`` is False where surely no key of one side equals one of the other; ``timed``
    where the condition lacks what Spark asks of outer and semi joins: a watermark among the
    keys, or a usable time bound beside a watermark. ``too_late`` says that WHERE has what ON
    lacks.
    """

    keys: tuple[StateKey, ...]
    left: JoinSide
    right: JoinSide
    equal: bool = True
    timed: bool = True
    too_late: bool = False


class JoinInput(NamedTuple):
    """One side of a join: what is seen of it, and whether there may be more."""

    name: str
    visible: tuple[Visible, ...]
    open_qualifiers: frozenset[str | None]

    def find(self, column: exp.Column) -> Attribute | None:
        """Return the column of this side that a name means, if it is one of this side."""
        found = look_up([p.name for p in column.parts], Scope(self.visible))
        return found.attribute if not found.fields else None

    def has(self, column: exp.Column) -> bool:
        """Whether a name begins with a column of this side."""
        return look_up([p.name for p in column.parts], Scope(self.visible)).attribute is not None

    def event_times(self) -> tuple[EventTime, ...]:
        """Return the columns with a watermark, each once."""
        found = (v.attribute.event_time for v in self.visible)
        return tuple(dict.fromkeys(e for e in found if e is not None))


class _Term(NamedTuple):
    """A summand of a comparison brought to one side: a column, or a length of time."""

    negative: bool
    column: Attribute | None = None
    side: str = ""
    exact: bool = True
    microseconds: int | None = 0


class _Bound(NamedTuple):
    """A lower bound of a side's time: the other side's watermark less ``keep``."""

    column: Attribute
    watermark: EventTime | None
    keep: int | None
    exact: bool


def read_condition(
    node: exp.Expr, kind: str, left: JoinInput, right: JoinInput, using: Iterable[str]
) -> Condition:
    """Return what the condition of the join ``node`` says of two streams."""
    shared = list(using)
    on = list(conjuncts(node.args.get("on")))
    later = list(_later_conjuncts(node))
    # The optimizer moves WHERE into the condition of an inner join, not of the others.
    where = later if kind in _MERGED_BY_WHERE else []
    keys = (*_shared_keys(shared, left, right), *_equalities([*on, *where], left, right))
    # Equality in WHERE leaves no unmatched rows: such an outer join is run as an inner one.
    equal = bool(keys) or _any(_equalities(later, left, right)) or _through(later, left, right)
    impossible = kind in _LEFT_EMPTY and any(
        never_true(c) for c in on if c.find(exp.Column) is None
    )
    equal = equal and not impossible
    unsure = bool(left.open_qualifiers or right.open_qualifiers)
    marked = next((k.event_time for k in keys if k.event_time is not None), None)
    in_on = next((True for k in _equalities(on, left, right) if k.event_time), False)
    in_on = in_on or any(k.event_time for k in _shared_keys(shared, left, right))
    bounds = {s.name: list(_bounds([*on, *where], s, o)) for s, o in _both_ways(left, right)}
    usable = {s.name: _any(_bounds(on, s, o)) for s, o in _both_ways(left, right)}
    timed = unsure or in_on or _timed(kind, usable)
    in_where = (
        {} if timed else {s.name: _any(_bounds(later, s, o)) for s, o in _both_ways(left, right)}
    )
    return Condition(
        keys,
        _side(left, right, marked, bounds["left"]),
        _side(right, left, marked, bounds["right"]),
        equal or (unsure and not impossible),
        timed,
        not timed and _timed(kind, in_where),
    )


def _any(found: Iterable[object]) -> bool:
    return next(iter(found), None) is not None


def _both_ways(left: JoinInput, right: JoinInput) -> Iterator[tuple[JoinInput, JoinInput]]:
    yield left, right
    yield right, left


def _timed(kind: str, usable: dict[str, bool]) -> bool:
    match kind:
        case "left_outer" | "left_semi":
            return usable["left"]
        case "right_outer":
            return usable["right"]
        case "full_outer":
            return usable["left"] or usable["right"]
    return True


def _side(
    own: JoinInput, other: JoinInput, marked: EventTime | None, bounds: Sequence[_Bound]
) -> JoinSide:
    qualifiers = {v.qualifier for v in own.visible}
    relation = next(iter(qualifiers)) if len(qualifiers) == 1 else None
    times = own.event_times()
    return JoinSide(own.name, times, _state_bound(own, other, marked, bounds), relation)


def _state_bound(
    own: JoinInput, other: JoinInput, marked: EventTime | None, bounds: Sequence[_Bound]
) -> StateBound:
    if marked is not None:
        return StateBound("event_time", marked)
    if not own.event_times():
        return StateBound(reason=f"the {own.name} side has no column with a watermark")
    if not other.event_times():
        return StateBound(reason=f"the {other.name} side has no column with a watermark")
    usable = [b for b in bounds if b.exact and b.watermark and b.column.event_time]
    if not usable:
        return StateBound(
            reason=f"the condition sets no lower bound to the time of the {own.name} side"
        )
    widest = max(usable, key=lambda b: b.keep or 0)
    return StateBound("range", widest.watermark, _length(widest.keep))


def _length(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    return spark_interval(f"{max(0, microseconds)} microseconds")


def compared_columns(
    node: exp.Expr, left: JoinInput, right: JoinInput, using: Iterable[str]
) -> Iterator[Attribute]:
    """Yield the columns that a condition compares with the other side's."""
    for part in conjuncts(node.args.get("on")):
        columns = [c for c in part.find_all(exp.Column) if not c.is_star]
        found = [[a for c in columns if (a := side.find(c))] for side in (left, right)]
        if all(found):
            yield from (a for side in found for a in side)
    for name in using:
        shared = (side.find(exp.column(name)) for side in (left, right))
        yield from (a for a in shared if a is not None)


# Conjuncts


def conjuncts(node: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the parts of a condition that must all hold."""
    if node is None:
        return
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    elif isinstance(node, exp.Between) and not node.args.get("symmetric"):
        yield exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
        yield exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    elif isinstance(node, exp.Or):
        yield from _common(node)
    else:
        yield node


def _common(node: exp.Or) -> Iterator[exp.Expr]:
    """Yield what both branches of an OR demand, which the optimizer takes out of it."""
    right = {written(c) for c in conjuncts(node.expression)}
    yield from (c for c in conjuncts(node.this) if written(c) in right)


def _later_conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conjuncts of WHERE, and of the joins after this one in the same SELECT."""
    select = node.find_ancestor(exp.Select)
    if select is None:
        return
    where = select.args.get("where")
    yield from conjuncts(where.this if where is not None else None)
    joins = select.args.get("joins") or []
    places = [id(j) for j in joins]
    after = joins[places.index(id(node)) + 1 :] if id(node) in places else []
    for joined in after:
        yield from conjuncts(joined.args.get("on"))


# Equality


def _shared_keys(names: Iterable[str], left: JoinInput, right: JoinInput) -> Iterator[StateKey]:
    for name in names:
        column = exp.column(name)
        found = [side.find(column) for side in (left, right)]
        times = (f.event_time for f in found if f is not None)
        yield StateKey(name, "column", next((t for t in times if t is not None), None))


def _equalities(parts: Iterable[exp.Expr], left: JoinInput, right: JoinInput) -> Iterator[StateKey]:
    for part in parts:
        pair = _equal_pair(part)
        if pair is None:
            continue
        one, other = pair
        straight = _made_of(one, left, right) and _made_of(other, right, left)
        crossed = _made_of(one, right, left) and _made_of(other, left, right)
        if straight or crossed:
            sides = ((one, other), (left, right) if straight else (right, left))
            safe = isinstance(part, exp.NullSafeEQ)
            times = [] if safe else [_time_of(n, s) for n, s in zip(*sides, strict=True)]
            event_time = next((t for t in times if t is not None), None)
            plain = all(isinstance(n, exp.Column) for n in pair)
            kind = "column" if plain else "expression"
            yield StateKey(f"{written(one)} = {written(other)}", kind, event_time)


def _equal_pair(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    if isinstance(node, (exp.EQ, exp.NullSafeEQ)):
        return node.this, node.expression
    if isinstance(node, exp.In) and len(node.expressions) == 1:
        return node.this, node.expressions[0]
    if isinstance(node, exp.Not) and isinstance(node.this.unnest(), exp.NEQ):
        inner = node.this.unnest()
        return inner.this, inner.expression
    return None


def _made_of(node: exp.Expr, own: JoinInput, other: JoinInput) -> bool:
    """Whether an expression has columns, and all of them are of one side."""
    columns = [c for c in node.find_all(exp.Column) if not c.is_star]
    return bool(columns) and all(own.has(c) and not _surely(c, other) for c in columns)


def _surely(column: exp.Column, side: JoinInput) -> bool:
    """Whether a qualified name belongs to the other side after all."""
    return len(column.parts) > 1 and any(
        v.qualifier == column.parts[0].name.lower() for v in side.visible
    )


def _time_of(node: exp.Expr, side: JoinInput) -> EventTime | None:
    node = node.unnest()
    found = side.find(node) if isinstance(node, exp.Column) else None
    return found.event_time if found is not None else None


def _through(parts: Sequence[exp.Expr], left: JoinInput, right: JoinInput) -> bool:
    """Whether both sides equal something further on: Spark may then join in another order."""
    linked = set()
    for part in parts:
        pair = _equal_pair(part)
        if pair is None:
            continue
        for side, other in _both_ways(left, right):
            for one, beyond in (pair, pair[::-1]):
                columns = [c for c in beyond.find_all(exp.Column) if not c.is_star]
                outside = any(not side.has(c) and not other.has(c) for c in columns)
                if outside and _made_of(one, side, other):
                    linked.add(side.name)
    return len(linked) == 2


# Time


def _bounds(parts: Iterable[exp.Expr], own: JoinInput, other: JoinInput) -> Iterator[_Bound]:
    """Yield the lower bounds that conjuncts set to the time of ``own``."""
    if not other.event_times():
        return
    for part in parts:
        if isinstance(part, _LESS):
            found = _solved(part.this, part.expression, own, other)
        elif isinstance(part, _GREATER):
            found = _solved(part.expression, part.this, own, other)
        else:
            continue
        if found is not None:
            yield found


def _solved(less: exp.Expr, more: exp.Expr, own: JoinInput, other: JoinInput) -> _Bound | None:
    """Solve ``less < more`` for the one column of ``own``: watermark + c < column."""
    first = _terms(less, False, own, other)
    second = _terms(more, True, own, other)
    if first is None or second is None:
        return None
    terms = [*first, *second]
    mine = [t for t in terms if t.side == own.name]
    rest = [t for t in terms if t.side != own.name]
    theirs = [t for t in rest if t.column is not None]
    if len(mine) != 1 or not mine[0].negative or mine[0].column is None or not rest:
        return None
    if len(theirs) > 1 or any(t.column is None or t.column.event_time is None for t in theirs):
        return None
    lengths = [t.microseconds for t in rest if t.column is None]
    known = all(n is not None for n in lengths)
    keep = -sum(n or 0 for n in lengths) if known else None
    watermark = theirs[0].column.event_time if theirs and theirs[0].column else None
    return _Bound(mine[0].column, watermark, keep, mine[0].exact and all(t.exact for t in theirs))


def _terms(
    node: exp.Expr, negative: bool, own: JoinInput, other: JoinInput, exact: bool = True
) -> list[_Term] | None:
    """Return the summands of an expression; None where Spark does not follow it."""
    match node:
        case exp.Paren():
            return _terms(node.this, negative, own, other, exact)
        case exp.Neg():
            return _terms(node.this, not negative, own, other, exact)
        case exp.Add() | exp.Sub():
            flipped = negative != isinstance(node, exp.Sub)
            left = _terms(node.this, negative, own, other, exact)
            right = _terms(node.expression, flipped, own, other, exact)
            if left is None or right is None:
                return None
            times = isinstance(node, exp.Sub) and any(map(_is_time, right))
            if times and any(map(_is_time, left)):
                return None  # the difference of two times is an interval, which Spark cannot solve
            return [*left, *right]
        case exp.Cast():
            return _cast_terms(node, negative, own, other)
        case exp.Column():
            return _column_term(node, negative, own, other, exact)
        case exp.Interval():
            return _interval_term(node, negative)
        case exp.Literal() if not node.is_string:
            value = int(min(float(node.this), _LONGEST) * _SECOND)
            return [_Term(negative, microseconds=-value if negative else value)]
    return None


def _is_time(term: _Term) -> bool:
    column = term.column
    if column is None or not term.exact:
        return False
    return column.event_time is not None or column.type == TIMESTAMP


def _cast_terms(
    node: exp.Cast, negative: bool, own: JoinInput, other: JoinInput
) -> list[_Term] | None:
    to = node.args["to"].sql("databricks").lower()
    number = to in _NUMBERS or to.startswith(("decimal", "numeric", "dec"))
    if not number and to not in ("timestamp", "timestamp_ltz"):
        return None
    return _terms(node.this, negative, own, other, exact=not number)


def _column_term(
    node: exp.Column, negative: bool, own: JoinInput, other: JoinInput, exact: bool
) -> list[_Term] | None:
    for side in (own, other):
        found = side.find(node)
        if found is not None:
            number = isinstance(found.type, Decimal) or (
                isinstance(found.type, Primitive) and found.type.name in _NUMBERS
            )
            return [_Term(negative, found, side.name, exact and not number)]
    return None


def _interval_term(node: exp.Interval, negative: bool) -> list[_Term] | None:
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        fixed = unit.this.name.lower().removesuffix("s") not in ("year", "month")
        return [_Term(negative, microseconds=None)] if fixed else None
    if not isinstance(node.this, exp.Literal):
        return None
    text = f"{node.this.this} {unit.name if unit is not None else ''}".strip()
    sign = -1 if text.startswith("-") else 1
    try:
        length = parse_interval(text.lstrip("+-"))
    except ValueError:
        return None
    value = sign * (length // timedelta(microseconds=1))
    return [_Term(negative, microseconds=-value if negative else value)]
