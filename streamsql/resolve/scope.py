"""Which column a name means: the relations a SELECT sees, and Spark's order of looking.

What is made for each query, and each column of it, is a named tuple: a frozen dataclass of nine
fields takes eight times as long to make.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Map, Primitive, Struct
from streamsql.findings import Finding
from streamsql.resolve.limits import check_flow
from streamsql.resolve.lineage import NO_INFLUENCES, NOWHERE, Influences, Origins, inside
from streamsql.resolve.relations import (
    EventTime,
    Mark,
    Operation,
    PendingMeeting,
    Said,
    Standstill,
    StatefulOperator,
    Unread,
    WatermarkLoss,
)

_T = TypeVar("_T")


class Attribute(NamedTuple):
    """A column on its way through a query. ``event_time`` is set where it carries a watermark.

    ``node`` is the expression of this model that made it; ``origin`` names the relation
    whose hidden field it is. ``named`` is False where Spark makes up the name. ``keeps`` are
    the columns with a watermark that it is made of: while it is used, so are they. ``origins``
    are the fields it is made of. ``said`` is what is written out for it (see ``Said``).
    """

    name: str
    type: DataType | None
    event_time: EventTime | None = None
    node: exp.Expr | None = None
    origin: str | None = None
    named: bool = True
    keeps: tuple[Attribute, ...] = ()
    origins: Origins = NOWHERE
    never_null: bool = False
    said: tuple[Said, ...] = ()

    @property
    def delay(self) -> str | None:
        """The delay of the watermark that it carries, if it does."""
        return None if self.event_time is None else self.event_time.delay

    def through(
        self, star: exp.Expr, keeps: tuple[Attribute, ...], *, never_null: bool
    ) -> Attribute:
        """Return the column as ``*`` hands it on."""
        return Attribute(
            self.name,
            self.type,
            self.event_time,
            star,
            None,
            self.named,
            keeps,
            self.origins,
            never_null,
            self.said,
        )


class Flow(NamedTuple):
    """What happens to rows on their way: the operators they pass, and what was read.

    ``marks`` are the watermarks that were set, be their columns still there or not. ``plain`` are
    the operators in the query itself: Spark does not look behind common table expressions,
    which views are, too, when it judges what stands above an aggregation. ``unread`` are the
    expressions that nothing reads. ``still`` are the watermarks that no row moves, and ``empty``
    says that no rows come at all.
    """

    streaming: bool = False
    stateful: tuple[StatefulOperator, ...] = ()
    operations: tuple[Operation, ...] = ()
    losses: tuple[WatermarkLoss, ...] = ()
    reads: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    plain: tuple[StatefulOperator, ...] = ()
    unread: tuple[Unread, ...] = ()
    still: tuple[Standstill, ...] = ()
    empty: bool = False

    def beside(self, other: Flow) -> Flow:
        """Return the flow of two inputs that meet."""
        check_flow(max(len(self.reads) + len(other.reads), len(self.losses) + len(other.losses)))
        check_flow(len(self.stateful) + len(other.stateful))
        check_flow(len(self.operations) + len(other.operations))
        return Flow(
            self.streaming or other.streaming,
            (*self.stateful, *other.stateful),
            (*self.operations, *other.operations),
            (*self.losses, *other.losses),
            (*self.reads, *other.reads),
            _each_once(self.marks, other.marks),
            (*self.plain, *other.plain),
            _each_once(self.unread, other.unread),
            _still(self, other) if self.still or other.still else (),
            self.empty and other.empty,
        )

    def through(self, *operators: StatefulOperator) -> Flow:
        """Return the flow after these stateful operators."""
        if not operators:
            return self
        plain = (*self.plain, *operators)
        return self._replace(stateful=(*self.stateful, *operators), plain=plain)

    def named(self) -> Flow:
        """Return the flow of a common table expression where it is read."""
        return self._replace(plain=()) if self.plain else self

    def leaving(self, *unread: Unread) -> Flow:
        """Return the flow of a query beside which expressions stand that nothing reads."""
        return self._replace(unread=_each_once(self.unread, unread)) if unread else self

    def past(self, *operations: Operation) -> Flow:
        """Return the flow after operations that keep no state."""
        return self._replace(operations=(*self.operations, *operations)) if operations else self

    def losing(self, *losses: WatermarkLoss) -> Flow:
        """Return the flow after expressions that lost a watermark."""
        return self._replace(losses=(*self.losses, *losses)) if losses else self


def _each_once(ours: tuple[_T, ...], theirs: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*ours, *theirs))) if ours and theirs else ours or theirs


def _still(one: Flow, other: Flow) -> tuple[Standstill, ...]:
    """Return what stands still where two inputs meet: what neither of them moves."""
    found: dict[Mark, Standstill] = {}
    for flow, beside in ((one, other), (other, one)):
        halted = {s.mark for s in beside.still}
        for stop in flow.still:
            if stop.mark in halted or stop.mark not in beside.marks:
                found.setdefault(stop.mark, stop)
    return tuple(found.values())


STATIC = Flow()


class Rowset(NamedTuple):
    """What a query or relation gives: its columns in order, and its streaming facts.

    ``hidden`` columns have to be named; ``complete`` is False where there may be columns
    that nobody knows, and ``unlisted`` are the origins of those. ``influences`` decided which
    rows there are. ``pending`` is what ``resolve.liveness`` knows of a view. ``seen`` are the
    columns as a pipe operator after it sees them (see ``resolve.pipes``), if one follows, and
    ``unique`` columns that are alike in no two rows.
    """

    columns: tuple[Attribute, ...]
    hidden: tuple[Attribute, ...] = ()
    flow: Flow = STATIC
    complete: bool = True
    influences: Influences = NO_INFLUENCES
    unlisted: Origins = NOWHERE
    pending: tuple[PendingMeeting, ...] = ()
    seen: tuple[Visible, ...] = ()
    unique: frozenset[str] = frozenset()

    @property
    def streaming(self) -> bool:
        """Whether rows go on coming."""
        return self.flow.streaming


UNKNOWN = Rowset((), complete=False)


class Visible(NamedTuple):
    """A column as a SELECT sees it, under the name of its relation.

    ``in_star`` columns belong to ``*``; those not ``bare`` need their qualifier (the two
    sides of a USING column).
    """

    qualifier: str | None
    attribute: Attribute
    in_star: bool = True
    bare: bool = True


@dataclass(slots=True, eq=False)
class Scope:
    """The names that an expression sees.

    ``open_qualifiers`` are relations whose columns are not all known. ``fallback`` are
    names that count where no column has them: aliases of the select list, ``window``.
    ``unlisted`` are the origins of columns nobody knows, by the relation they belong to.
    ``passed`` are those of the arguments of lambdas, ``twice`` the findings of second watermarks in
    expressions of a WITH.
    """

    visible: tuple[Visible, ...] = ()
    open_qualifiers: frozenset[str | None] = frozenset()
    fallback: Mapping[str, Attribute] = field(default_factory=dict)
    lambdas: Mapping[str, DataType | None] = field(default_factory=dict)
    passed: Mapping[str, Origins] = field(default_factory=dict)
    ctes: Mapping[str, Rowset] = field(default_factory=dict)
    outer: Scope | None = None
    unlisted: Mapping[str | None, Origins] = field(default_factory=dict)
    twice: dict[str, tuple[Finding, ...]] = field(default_factory=dict, compare=False, repr=False)
    _by_name: dict[str, list[Visible]] = field(default_factory=dict, compare=False, repr=False)
    _found: dict[tuple[str, ...], Found] = field(default_factory=dict, compare=False, repr=False)

    def seeing(self, visible: tuple[Visible, ...]) -> Scope:
        """Return the scope with other columns in it."""
        return replace(self, visible=visible, _by_name={}, _found={})

    def named(self, name: str) -> Sequence[Visible]:
        """Return the columns of a name in lower case; who asks once asks often."""
        by_name = self._by_name
        if not by_name:
            for seen in self.visible:
                key = seen.attribute.name.lower()
                if key in by_name:
                    by_name[key].append(seen)
                else:
                    by_name[key] = [seen]
        return by_name.get(name, ())

    def with_lambdas(
        self, names: Mapping[str, DataType | None], passed: Mapping[str, Origins]
    ) -> Scope:
        """Return the scope inside a lambda with these arguments, and what they are made of."""
        kept = {name: o for name, o in self.passed.items() if name not in names}
        return replace(self, lambdas={**self.lambdas, **names}, passed={**kept, **passed})

    def with_fallback(self, names: Mapping[str, Attribute]) -> Scope:
        """Return the scope with names that count where no column has them."""
        return self.falling_back_on({**self.fallback, **names})

    def falling_back_on(self, names: Mapping[str, Attribute]) -> Scope:
        """Return the scope with these names instead of those that counted so."""
        # Each SELECT makes one: `replace` takes three times as long.
        return Scope(
            self.visible,
            self.open_qualifiers,
            names,
            self.lambdas,
            self.passed,
            self.ctes,
            self.outer,
            self.unlisted,
            self.twice,
            self._by_name,
            self._found,
        )

    def names(self) -> Iterator[str]:
        """Yield every name a user may have meant, Kafka's own fields last."""
        yield from (v.attribute.name for v in self.visible if not v.attribute.origin)
        yield from self.fallback
        yield from (v.attribute.name for v in self.visible if v.attribute.origin)


class Found(NamedTuple):
    """What a name means: the column, and the parts of the name that are fields of it.

    With neither ``attribute`` nor ``ambiguous``, the name is unknown; ``certain`` is False
    where an incomplete relation may have it after all.
    """

    attribute: Attribute | None = None
    fields: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    certain: bool = True


def look_up(parts: Sequence[str], scope: Scope) -> Found:
    """Find what ``a``, ``a.b`` or ``a.b.c`` means, in this scope or one around it."""
    # The columns of a scope stay, and each name is asked for by several rules; names that
    # are no column may come to mean something.
    key = tuple(parts)
    first: Found | None = None
    inside: Scope | None = scope
    while inside is not None:
        found = inside._found.get(key) or _look_up_here(key, inside)  # noqa: SLF001 - one module
        if found.attribute is not None or found.ambiguous:
            return found
        first = first or found
        if not found.certain:
            return found
        inside = inside.outer
    return first or Found()


def _look_up_here(parts: tuple[str, ...], scope: Scope) -> Found:
    names = [p.lower() for p in parts]
    for qualified in (True, False) if len(names) > 1 else (False,):
        matches = _matches(names, scope, qualified)
        if len(matches) == 1:
            found = Found(matches[0].attribute, parts[1 + qualified :])
            scope._found[parts] = found  # noqa: SLF001
            return found
        if matches:
            return Found(ambiguous=tuple(m.qualifier or m.attribute.name for m in matches))
    if names[0] in scope.fallback:
        return Found(scope.fallback[names[0]], parts[1:])
    qualifier_is_open = len(names) > 1 and names[0] in scope.open_qualifiers
    known_qualifier = len(names) > 1 and any(v.qualifier == names[0] for v in scope.visible)
    certain = not scope.open_qualifiers or (known_qualifier and not qualifier_is_open)
    return Found(certain=certain)


def _matches(names: Sequence[str], scope: Scope, qualified: bool) -> list[Visible]:
    if qualified:
        return [v for v in scope.named(names[1]) if v.qualifier == names[0]]
    return [v for v in scope.named(names[0]) if v.bare]


def unlisted(parts: Sequence[str], scope: Scope) -> Origins:
    """Return the origins of a name that only a relation with unknown columns can have."""
    around: Scope | None = scope
    while around is not None and not around.unlisted:
        around = around.outer
    if around is None:
        return NOWHERE
    own = around.unlisted.get(parts[0].lower())
    if own is not None and len(parts) > 1:
        return inside(own, None, parts[1:])
    first, *others = around.unlisted.values()
    return inside(first, None, parts) if all(o == first for o in others) else NOWHERE


def field_type(found: DataType | None, name: str) -> DataType | None:
    """Return the type of a struct's field, or of that field of each struct in an array."""
    match found:
        case Struct(fields):
            matches = [f.type for f in fields if f.name.lower() == name.lower()]
            return matches[0] if len(matches) == 1 else None
        case Array(Struct() as element):
            inner = field_type(element, name)
            return Array(inner) if inner else None
        case Map(Primitive("string"), value):
            return value
    return None


def has_no_field(found: DataType | None, name: str) -> bool:
    """Whether a struct is known and surely lacks a field of this name."""
    fields = found.fields if isinstance(found, Struct) else ()
    return isinstance(found, Struct) and all(f.name.lower() != name.lower() for f in fields)
