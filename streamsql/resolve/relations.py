"""What resolving gives: the columns of every relation, and what streams do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from streamsql.findings import Finding, Location
from streamsql.parse import Edit, ParsedModel
from streamsql.project.nodes import DataTest
from streamsql.resolve.lineage import ModelLineage

HIDDEN_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "_key": "binary",
        "_topic": "string",
        "_partition": "int",
        "_offset": "bigint",
        "_timestamp": "timestamp",
        "_headers": "array<struct<key:string,value:binary>>",
    }
)
"""Kafka's own fields of a source, by name; no part of ``SELECT *``."""


class OutputColumn(NamedTuple):
    """A column of a relation. ``data_type`` is Spark DDL, or None if it is not known; one that
    is not ``never_null`` may be null, or nobody knows. ``said`` is as in ``Said``. ``place`` is
    where it stands, or what finds that: it is asked for where something is wrong."""

    name: str
    data_type: str | None
    place: Location | Callable[[], Location] | None = None
    never_null: bool = False
    said: tuple[Said, ...] = ()

    @property
    def location(self) -> Location | None:
        """Where it stands, if that is known."""
        place = self.place
        return place() if callable(place) else place


class EventTime(NamedTuple):
    """A column that carries a watermark; ``delay`` is an interval (``10 minutes``).

    ``declared`` says what the watermark was set on (``shop.orders.ordered_at``), whatever
    the column is called by now, and ``location`` where.
    """

    column: str
    delay: str
    declared: str = ""
    location: Location | None = None


class Mark(NamedTuple):
    """A watermark that is set in a query: on what, where, and the streams whose rows move it.

    The query's own watermark is the least of all of these.
    """

    declared: str
    location: Location | None
    reads: tuple[str, ...]


class Said(NamedTuple):
    """What is written out for a column: its value in the rows that move these watermarks.

    A number is a text of which ``number`` says so; NULL is None.
    """

    marks: tuple[Mark, ...]
    value: str | bool | None
    number: bool = False


class Standstill(NamedTuple):
    """A watermark that no row moves, and where its rows are left out.

    ``cause`` is ``filter``, or ``join`` of a join that Spark leaves out, with the operators
    ``gone`` that are left out with it.
    """

    mark: Mark
    location: Location
    model: str
    cause: str = "filter"
    gone: tuple[StatefulOperator, ...] = ()


def mark_of(event_time: EventTime, reads: Iterable[str]) -> Mark:
    """Return a watermark as one of those that a query has."""
    return Mark(event_time.declared, event_time.location, tuple(dict.fromkeys(reads)))


class WatermarkLoss(NamedTuple):
    """An expression, or a UNION, that a watermark did not survive.

    ``column`` is what the result is called, ``expression`` the text that lost it.
    ``cause`` is ``expression``, ``union`` (a cast to the type of the other branch) or
    ``full_join`` (a column that USING made of two). ``width`` is the length of the windows that
    the expression cuts time into, where it does.
    """

    event_time: EventTime
    column: str
    expression: str
    location: Location
    model: str
    cause: str = "expression"
    width: str | None = None


class StateKey(NamedTuple):
    """What state is kept by: a grouping key, a column of DISTINCT, a key of a join or dedup.

    ``kind`` is ``column``, ``window``, ``session_window`` or ``expression``; ``text`` is as
    written. ``span`` is the length of a window (``10 minutes``) where it is a literal.
    """

    text: str
    kind: str = "expression"
    event_time: EventTime | None = None
    span: str | None = None


@dataclass(frozen=True, slots=True)
class StateBound:
    """When rows of state are dropped, in append and update mode (complete drops nothing).

    ``kind`` is how long a row stays:

    - ``never``: for ever; ``reason`` says what is missing
    - ``event_time``: until the watermark has passed the event time among its keys
    - ``window``: until the watermark has passed the window's end
    - ``session``: until the watermark has passed the session's end
    - ``range``: until no row can come that the time bound of the join would match
    - ``within``: until the time within which duplicates come has passed
    - ``count``: one row that stays one: of LIMIT, or of an aggregation without GROUP BY

    ``event_time`` is whose watermark decides; ``span`` the window's length, the gap or time.
    """

    kind: str = "never"
    event_time: EventTime | None = None
    span: str | None = None
    reason: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether the state cannot grow for ever."""
        return self.kind != "never"


class JoinSide(NamedTuple):
    """One input of a join of two streams, and how long its rows are kept.

    ``name`` is ``left`` or ``right``; ``relation`` what it is called in the query, if it is
    one relation.
    """

    name: str
    event_times: tuple[EventTime, ...] = ()
    bound: StateBound = StateBound()
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class StatefulOperator:
    """A part of a streaming query that remembers rows, or that the output mode depends on.

    ``kind`` is ``aggregate``, ``session_window``, ``distinct``, ``except`` (of a stream and a
    static side), ``join``, ``dedup`` or ``limit``. ``watermarked`` says, of an aggregate,
    session window or distinct, whether a column with a watermark is among its keys; of a
    dedup, whether its rows carry one.
    ``join_type`` is Spark's (``inner``, ``left_outer``, …). ``model`` is where it stands:
    operators of a view belong to every query that reads the view.
    ``keys`` are what it keeps state by, ``bound`` what drops that state; a join has a bound
    for each of its two ``sides`` instead. ``event_times`` are the columns with a watermark
    that arrive at it. ``below`` are the operators under it, in the order rows pass them, and
    ``plain`` those of them that are not behind a common table expression or a view.
    Of a join, ``equal`` is False where no key of one side equals one of the other, ``timed``
    where its condition lacks the watermark or time bound that Spark asks of outer and semi joins,
    ``late`` where WHERE has it instead. ``collated`` says that a key has a collation that state
    cannot be kept by; ``mixed`` are the columns with a watermark where there is more than the one
    that Spark allows.
    """

    kind: str
    location: Location
    model: str
    watermarked: bool = False
    join_type: str | None = None
    keys: tuple[StateKey, ...] = ()
    bound: StateBound = StateBound()
    sides: tuple[JoinSide, ...] = ()
    event_times: tuple[EventTime, ...] = ()
    equal: bool = True
    timed: bool = True
    late: bool = False
    collated: bool = False
    mixed: tuple[str, ...] = ()
    below: tuple[StatefulOperator, ...] = field(default=(), compare=False, repr=False)
    plain: tuple[StatefulOperator, ...] = field(default=(), compare=False, repr=False)

    @property
    def bounded(self) -> bool:
        """Whether its state cannot grow for ever (of a join, on both sides)."""
        if self.sides:
            return all(s.bound.bounded for s in self.sides)
        return self.bound.bounded


@dataclass(frozen=True, slots=True)
class Operation:
    """A part of a query that keeps no state, and that Spark judges when the query starts.

    ``kind`` is ``sort``, ``offset``, ``sample``, ``window_function``, ``row_id``,
    ``distinct_aggregate``, ``correlated_aggregate`` (see ``resolve.correlation``), ``union``,
    ``except``, ``intersect``, ``join`` (of a stream and a static side) or ``switched_off``
    (syntax that the setting ``text`` does not allow). Of the others ``text`` is what was written.
    ``left`` and ``right`` say, of the kinds with two inputs, which of them are streams;
    ``streaming`` whether the input is one at all. ``unmarked`` are the columns of a UNION that
    carry a watermark in some branches only. ``below`` are the stateful operators under it that
    are not behind a view.
    """

    kind: str
    location: Location
    model: str
    text: str = ""
    streaming: bool = True
    left: bool = False
    right: bool = False
    join_type: str | None = None
    unmarked: tuple[str, ...] = ()
    below: tuple[StatefulOperator, ...] = field(default=(), compare=False, repr=False)


class Unread(NamedTuple):
    """A common table expression that nothing reads, and what stands in it.

    Spark judges it when the query starts and leaves it out before rows are read. Its streams
    stay sources of the query, though, and its watermarks (``marks``) stay among those that the
    query's own is the least of: no row ever moves them. Tried on Spark 4.1.
    """

    name: str
    location: Location
    model: str
    stateful: tuple[StatefulOperator, ...] = ()
    operations: tuple[Operation, ...] = ()
    reads: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


class OutputMode(NamedTuple):
    """Whether Spark accepts a mode; if not, ``objections`` say why, and what causes it."""

    name: str
    objections: tuple[Objection, ...] = ()

    @property
    def legal(self) -> bool:
        """Whether nothing speaks against the mode."""
        return not self.objections

    @property
    def reason(self) -> str | None:
        """The first thing that speaks against it."""
        return self.objections[0].reason if self.objections else None

    @property
    def cause(self) -> StatefulOperator | Operation | None:
        """What the first objection is about, if it is about one place."""
        return self.objections[0].cause if self.objections else None


class Objection(NamedTuple):
    """One thing that speaks against an output mode; ``cause`` is the place, if it has one.

    ``rule`` is the rule that reports it where it stands; without one it is reported as a
    mistake in choosing the mode. ``hint`` says how to mend it.
    """

    reason: str
    cause: StatefulOperator | Operation | None = None
    rule: str | None = None
    hint: str | None = None


class Hazard(NamedTuple):
    """An expression that Spark accepts and that may go wrong while a query runs.

    ``kind`` is ``throws`` (some values end the query; ``reason`` says which),
    ``nondeterministic`` (another value each time) or ``processing-time`` (the time of the
    batch). ``text`` is the expression, ``cure`` what to write instead if there is such a form.
    ``decides`` tells that it stands in a condition that rows have to meet, ``dates`` that it
    makes the event time of a window or a watermark.
    """

    kind: str
    text: str
    location: Location
    reason: str
    cure: str | None = None
    decides: bool = False
    dates: bool = False


class StreamFacts(NamedTuple):
    """What is known of a model as a stream.

    ``watermarks`` are the output columns that carry one. ``stateful`` are the operators of
    the query that runs it, views included, in the order in which rows pass them, and
    ``operations`` what else Spark judges. ``losses`` are where a watermark was lost, in this
    model and its views. ``reads`` are the streams that its query reads, a name as often as it
    is read: ``shop.orders``, or the model that writes the topic or table. ``modes`` are the
    verdicts on append, update and complete. ``marks`` are the watermarks set on the way,
    ``unread`` the expressions that nothing reads, and ``still`` the watermarks that no row moves.
    """

    streaming: bool = False
    watermarks: tuple[EventTime, ...] = ()
    stateful: tuple[StatefulOperator, ...] = ()
    operations: tuple[Operation, ...] = ()
    losses: tuple[WatermarkLoss, ...] = ()
    reads: tuple[str, ...] = ()
    modes: tuple[OutputMode, ...] = ()
    marks: tuple[Mark, ...] = ()
    unread: tuple[Unread, ...] = ()
    still: tuple[Standstill, ...] = ()

    @property
    def never_moves(self) -> bool:
        """Whether the query's own watermark, the least of all, stays where it began."""
        known = set(self.marks)
        return bool(self.still) or any(m not in known for u in self.unread for m in u.marks)


class Traveller(NamedTuple):
    """An event time on its way to a join or dedup of a view: who takes a ``carrier`` takes it.

    ``carriers`` are columns of the view, in lower case; ``always`` says that the view itself
    needs it.
    """

    name: str
    carriers: frozenset[str]
    always: bool = False


class PendingMeeting(NamedTuple):
    """Event times that meet inside a view, too many if its reader takes more than one of a side.

    ``operator`` is the place of the join or dedup among the view's stateful operators.
    """

    operator: int
    sides: tuple[tuple[Traveller, ...], ...]


class Relation(NamedTuple):
    """What ``ref()`` or ``source()`` reads.

    ``name`` is the identifier it renders to. ``columns`` are those of ``SELECT *``,
    ``hidden`` those that have to be named. ``complete`` is False where there may be columns
    that nobody knows. ``stateful``, ``operations``, ``losses``, ``reads``, ``marks``, ``unread``
    and ``still`` are what a reader's own query takes over (of views; a topic or table has a query
    of its own, and is itself what is read); ``pending`` is what depends on the columns that a
    reader takes.
    """

    name: str
    columns: tuple[OutputColumn, ...]
    streaming: bool
    hidden: tuple[OutputColumn, ...] = ()
    watermarks: tuple[EventTime, ...] = ()
    stateful: tuple[StatefulOperator, ...] = ()
    complete: bool = True
    operations: tuple[Operation, ...] = ()
    losses: tuple[WatermarkLoss, ...] = ()
    reads: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    pending: tuple[PendingMeeting, ...] = ()
    unread: tuple[Unread, ...] = ()
    still: tuple[Standstill, ...] = ()


class TestCondition(NamedTuple):
    """A condition over one row: its SQL, the columns that it names, and it as a query."""

    sql: str
    parsed: ParsedModel
    columns: tuple[str, ...]
    hazards: tuple[Hazard, ...] = ()


class ResolvedTest(NamedTuple):
    """A data test whose conditions are known to be some. ``passes`` is None for ``unique``,
    which ``dedup`` makes true."""

    id: str
    test: DataTest
    passes: TestCondition | None = None
    where: TestCondition | None = None

    @property
    def conditions(self) -> tuple[TestCondition, ...]:
        """Those that there are."""
        return tuple(c for c in (self.passes, self.where) if c is not None)


class ResolvedModel(NamedTuple):
    """A model whose columns are known.

    ``output_mode`` is the mode its query runs in: the one that was set, else append where
    Spark allows it; None where nothing runs or none is legal. ``hidden_used`` tells which
    of Kafka's own fields it reads, by relation; ``sql`` is the text to compile, in which
    ``*`` leaves those fields out. ``hazards`` are the expressions of its own that may go wrong.
    ``lineage`` says which columns of the relations it reads its own come from. ``tests`` are its
    data tests; ``edits`` are what makes ``sql`` of the rendered text, beside the parser's own.
    ``unlisted`` says that it can be read, and has columns that nobody knows.
    """

    parsed: ParsedModel
    columns: tuple[OutputColumn, ...]
    facts: StreamFacts
    sql: str
    output_mode: str | None = None
    hidden_used: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    hazards: tuple[Hazard, ...] = ()
    lineage: ModelLineage = ModelLineage()
    tests: tuple[ResolvedTest, ...] = ()
    edits: tuple[Edit, ...] = ()
    unlisted: bool = False

    @property
    def name(self) -> str:
        """The model's name."""
        return self.parsed.name


class Resolution(NamedTuple):
    """Every model that could be resolved, upstream first, and what was found on the way.

    ``relations`` are all that can be read, by identifier. ``unchecked`` are the models that
    were passed over because one above them is broken. ``broken`` names, by the identifier of
    each relation that cannot be read, the model that is to blame; ``merged`` are the tables
    whose rows change. ``source_tests`` are the data tests of sources, by relation.
    """

    models: tuple[ResolvedModel, ...]
    relations: Mapping[str, Relation]
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...] = ()
    broken: Mapping[str, str] = MappingProxyType({})
    merged: frozenset[str] = frozenset()
    source_tests: Mapping[str, tuple[ResolvedTest, ...]] = MappingProxyType({})
