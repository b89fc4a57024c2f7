"""What resolving gives: the columns of every relation, and what streams do to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from streamsql.findings import Finding, Location
from streamsql.parse import ParsedModel
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


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of a relation. ``data_type`` is Spark DDL, or None if it is not known."""

    name: str
    data_type: str | None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class EventTime:
    """A column that carries a watermark; ``delay`` is an interval (``10 minutes``)."""

    column: str
    delay: str


@dataclass(frozen=True, slots=True)
class StatefulOperator:
    """A part of a streaming query that remembers rows, or that the output mode depends on.

    ``kind`` is ``aggregate``, ``session_window``, ``distinct``, ``except`` (INTERSECT too),
    ``join``, ``dedup`` or ``limit``. ``watermarked`` says, of an aggregate, session window
    or distinct, whether a column with a watermark is among its keys; of a dedup, whether its
    rows carry one.
    ``join_type`` is Spark's (``inner``, ``left_outer``, …). ``model`` is where it stands:
    operators of a view belong to every query that reads the view.
    """

    kind: str
    location: Location
    model: str
    watermarked: bool = False
    join_type: str | None = None


@dataclass(frozen=True, slots=True)
class Hazard:
    """An expression that Spark accepts and that may go wrong while a query runs.

    ``kind`` is ``throws`` (some values end the query; ``reason`` says which),
    ``nondeterministic`` (another value each time) or ``processing-time`` (the time of the
    batch). ``text`` is the expression, ``cure`` what to write instead if there is such a form.
    ``decides`` tells that it stands in a condition that rows have to meet.
    """

    kind: str
    text: str
    location: Location
    reason: str
    cure: str | None = None
    decides: bool = False


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What is known of a model as a stream.

    ``watermarks`` are the output columns that carry one. ``stateful`` are the operators of
    the query that runs it, views included, in the order in which rows pass them.
    """

    streaming: bool = False
    watermarks: tuple[EventTime, ...] = ()
    stateful: tuple[StatefulOperator, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """What ``ref()`` or ``source()`` reads.

    ``name`` is the identifier it renders to. ``columns`` are those of ``SELECT *``,
    ``hidden`` those that have to be named. ``complete`` is False where there may be columns
    that nobody knows. ``stateful`` are the operators that a reader's own query takes over
    (of views; a topic or table has a query of its own).
    """

    name: str
    columns: tuple[OutputColumn, ...]
    streaming: bool
    hidden: tuple[OutputColumn, ...] = ()
    watermarks: tuple[EventTime, ...] = ()
    stateful: tuple[StatefulOperator, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model whose columns are known.

    ``output_mode`` is the mode its query runs in: the one that was set, else append where
    Spark allows it; None where nothing runs or none is legal. ``hidden_used`` tells which
    of Kafka's own fields it reads, by relation; ``sql`` is the text to compile, in which
    ``*`` leaves those fields out. ``hazards`` are the expressions of its own that may go wrong.
    ``lineage`` says which columns of the relations it reads its own come from.
    """

    parsed: ParsedModel
    columns: tuple[OutputColumn, ...]
    facts: StreamFacts
    sql: str
    output_mode: str | None = None
    hidden_used: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hazards: tuple[Hazard, ...] = ()
    lineage: ModelLineage = field(default_factory=ModelLineage)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.parsed.name


@dataclass(frozen=True, slots=True)
class Resolution:
    """Every model that could be resolved, upstream first, and what was found on the way.

    ``relations`` are all that can be read, by identifier. ``unchecked`` are the models that
    were passed over because one above them is broken.
    """

    models: tuple[ResolvedModel, ...]
    relations: Mapping[str, Relation]
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...] = ()
