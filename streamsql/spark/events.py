"""What a run tells its observer: plain values, so that whoever shows them needs no Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamsql.findings import Location


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a user wants to know while waiting: a download, a topic created, a level begun."""

    message: str
    severity: str = "info"  # or "warning"


@dataclass(frozen=True, slots=True)
class QueryStarted:
    """A query runs. ``resumed`` is whether its checkpoint already had batches."""

    query: str
    model: str | None
    run_id: str
    generation: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class TestCount:
    """How many rows passed a data test of ``of`` (a model or source), and how many failed it."""

    __test__ = False  # not pytest's

    test: str
    of: str
    on_failure: str
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a data test fared in the run of a query: ``pass``, ``warn``, ``fail``, or ``skipped``
    where no batch ended. ``quarantine`` and ``drop`` leave a ``warn`` behind."""

    __test__ = False

    count: TestCount
    status: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class QueryProgress:
    """One micro-batch ended, or (``idle``) none was needed.

    ``rows_in`` and ``rows_out`` count the batch, the totals the run so far; rates are rows
    per second; ``watermark`` is an ISO timestamp; ``lag`` is how many records the sources
    hold that were not read yet; ``late_rows`` were dropped as late by this batch;
    ``duration_ms`` is the whole trigger's. ``rows_out`` are good rows: those that data tests
    ``quarantined`` went to the dead letters, those they ``dropped`` nowhere. ``tests`` counts the
    rows of this batch by test.
    """

    query: str
    model: str | None
    timestamp: str
    batch: int
    rows_in: int
    rows_out: int | None
    total_in: int
    total_out: int | None
    rows_per_second: float
    watermark: str | None
    lag: int | None
    state_rows: int
    state_bytes: int
    late_rows: int
    total_late: int
    duration_ms: int
    idle: bool = False
    durations: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    dropped: int = 0
    tests: tuple[TestCount, ...] = ()
    total_failed: int = 0


@dataclass(frozen=True, slots=True)
class QueryRestarting:
    """A connection failed; the query starts again from its checkpoint after ``delay`` seconds."""

    query: str
    model: str | None
    reason: str
    attempt: int
    delay: float


@dataclass(frozen=True, slots=True)
class QueryFailed:
    """A query died for good; ``still_running`` are the ids that go on."""

    query: str
    model: str | None
    location: Location | None
    reason: str
    hint: str | None
    still_running: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryEnded:
    """A query stopped as asked, or drained its input (``once``).

    ``open_windows`` is how many rows are still in state, to be emitted when later events come.
    """

    query: str
    model: str | None
    total_in: int
    total_out: int | None
    open_state_rows: int


@dataclass(frozen=True, slots=True)
class QuerySkipped:
    """A query was not started because one that it reads from failed."""

    query: str
    model: str | None
    because: str


RunEvent = (
    Notice
    | QueryStarted
    | QueryProgress
    | QueryRestarting
    | QueryFailed
    | QueryEnded
    | QuerySkipped
)

Observer = Callable[[RunEvent], None]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """How one query's run ended: ``success``, ``error`` or ``skipped``; for run_results.json."""

    query: str
    model: str | None
    status: str
    message: str | None
    rows_in: int
    rows_out: int | None
    late_rows: int
    batches: int
    state_rows: int
    seconds: float
    quarantined: int = 0
    dropped: int = 0
    tests: tuple[TestResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """The newest rows of one topic or table, oldest of them first; ``where`` is for people."""

    query: str
    where: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended, and the newest rows of its outputs if they were asked for."""

    results: tuple[QueryResult, ...]
    outputs: tuple[Output, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every query ended well."""
        return all(r.status == "success" for r in self.results)
