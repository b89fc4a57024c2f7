"""What Spark will be told, as plain data: the runner does it, ``explain`` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamsql.findings import Location
from streamsql.project.nodes import Dedup, Trigger

BATCH_VIEW = "streamsql_batch"  # the rows of one batch, where a query has several writes


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column that a query writes. ``data_type`` is Spark DDL."""

    name: str
    data_type: str


@dataclass(frozen=True, slots=True)
class QueryRead:
    """A streaming relation that a query reads, registered as the temp view ``view``.

    ``of`` is the unique name of the source (``shop.orders``) or model it belongs to;
    ``kind`` is ``kafka`` (then ``connection`` and ``topics`` or ``topic_pattern`` are set)
    or ``table`` (then ``path`` is set and ``writer`` is the query that writes it).
    ``partitions`` are those of the topics that are read; none means all. ``schema`` is Spark
    DDL where the format needs to be told one (parquet).
    """

    view: str
    of: str
    kind: str
    format: str
    options: Mapping[str, str]
    connection: str | None = None
    topics: tuple[str, ...] = ()
    topic_pattern: str | None = None
    partitions: tuple[int, ...] = ()
    path: str | None = None
    schema: str | None = None
    writer: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What Spark counts of the rows that pass a step: aggregates as SQL, by their names."""

    name: str
    counts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a query: a SELECT over the views registered so far.

    A step is registered as the temp view ``view``; the last step's rows are written.
    ``dedup`` and ``observation`` are applied to its rows, for which SQL has no words.
    ``event_time`` is the column that carries the watermark below the dedup.
    """

    view: str
    sql: str
    dedup: Dedup | None = None
    event_time: str | None = None
    observation: Observation | None = None


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A data test that a query applies to the rows of ``of``: its model, a view, or a source.

    ``observation`` names what counts it, under the test's ``id``; without one it is a
    ``unique``, and what ``dedup`` drops is its count.
    """

    id: str
    of: str
    name: str
    column: str | None
    on_failure: str
    observation: str | None
    location: Location


@dataclass(frozen=True, slots=True)
class WrittenSchema:
    """A schema whose id stands before each value or key that is written.

    ``kind`` is ``AVRO`` or ``JSON``; ``registry`` is the connection of the registry that readers
    ask, if the target has one.
    """

    subject: str
    id: int
    kind: str
    text: str
    registry: str | None


@dataclass(frozen=True, slots=True)
class QueryWrite:
    """One output of a query.

    ``kind`` is ``kafka`` (``connection``, ``topic``), ``table`` (``path``, ``format``, and
    ``unique_key`` with ``order_by`` when it merges), ``jdbc`` (``connection``, ``table``, and
    ``unique_key`` when it merges) or ``sink`` (any other Spark format).
    ``columns`` are the model's columns, before they are encoded for Kafka; ``schemas`` are
    those of a registry that value and key are encoded with. ``dead_letter`` is the topic, on the
    same connection, to which a row's own ``topic`` column may send it instead. A write that
    ``holds_dead_letters`` has nothing else. ``select`` is SQL over ``BATCH_VIEW`` for the rows
    that this write takes; None takes all as they are.
    """

    kind: str
    format: str
    options: Mapping[str, str]
    columns: tuple[PlannedColumn, ...]
    connection: str | None = None
    topic: str | None = None
    partitions: int | None = None
    replication: int | None = None
    topic_config: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    table: str | None = None
    partition_by: tuple[str, ...] = ()
    unique_key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    change_feed: bool = False
    on_schema_change: str = "fail"
    delete_when: str | None = None
    select: str | None = None
    dead_letter: str | None = None
    schemas: tuple[WrittenSchema, ...] = ()
    holds_dead_letters: bool = False

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that it writes."""
        return tuple(name for name in (self.topic, self.dead_letter) if name is not None)

    @property
    def merges(self) -> bool:
        """Whether rows replace older rows of the same key instead of being appended."""
        return bool(self.unique_key)


@dataclass(frozen=True, slots=True)
class Query:
    """One Structured Streaming query.

    ``id`` is the model's name, or ``dead_letter.<source>`` for the query that keeps a
    source's bad records. ``kind`` is ``model`` or ``dead_letter``. ``level`` is 0 for a
    query that reads no other query's output, else one more than the highest it reads.
    ``upstream`` are the ids of the queries whose outputs it reads. ``sql`` is the whole
    query as one readable text, what ``target/compiled`` shows. ``tests`` are the data tests
    that it applies.
    """

    id: str
    kind: str
    model: str | None
    reads: tuple[QueryRead, ...]
    steps: tuple[Step, ...]
    writes: tuple[QueryWrite, ...]
    output_mode: str
    trigger: Trigger
    upstream: tuple[str, ...]
    level: int
    sql: str
    location: Location
    tags: tuple[str, ...] = ()
    renamed_from: str | None = None
    stateful: bool = False
    tests: tuple[PlannedTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Every query of the project for one target, writers before their readers."""

    project: str
    target: str
    spark_version: str
    checkpoints: str
    queries: tuple[Query, ...]

    def query(self, query_id: str) -> Query:
        """Return the query with that id; KeyError if there is none."""
        for query in self.queries:
            if query.id == query_id:
                return query
        raise KeyError(query_id)

    @property
    def levels(self) -> tuple[tuple[Query, ...], ...]:
        """The queries by level: those of one level may run side by side."""
        height = max((q.level for q in self.queries), default=-1) + 1
        return tuple(tuple(q for q in self.queries if q.level == n) for n in range(height))


def as_json(value: Any) -> Any:
    """Turn a plan's values into what ``json.dumps`` takes; a Location becomes one text."""
    if isinstance(value, Location):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    named = getattr(value, "_fields", None) or getattr(value, "__dataclass_fields__", None)
    if named is not None:
        return {name: as_json(getattr(value, name)) for name in named}
    if isinstance(value, tuple | list):
        return [as_json(v) for v in value]
    return value
