"""Watching running queries: progress, restarts after connection failures, endings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from py4j.protocol import Py4JError
from pyspark.sql.streaming.query import StreamingQuery

from streamsql.errors import RunError, StreamsqlError
from streamsql.plan.nodes import Query
from streamsql.spark.events import (
    Notice,
    Observer,
    QueryEnded,
    QueryFailed,
    QueryProgress,
    QueryRestarting,
    QueryResult,
)
from streamsql.spark.failures import Failure, naming_connection, read_failure
from streamsql.spark.progress import Mark, Totals, read_progress, unseen_progress
from streamsql.spark.stopping import ask_to_end, finish
from streamsql.spark.test_counts import test_results

FIRST_DELAY = 1.0  # seconds before the first restart; doubled each time
LONGEST_DELAY = 60.0
ATTEMPTS_ONCE = 6  # a drain gives up after about a minute of trying; a service never does
STOP_PATIENCE = 600.0  # seconds given to the batch in flight


@dataclass(slots=True)
class Watched:
    """One query that should be running, and what is known of it."""

    query: Query
    start: Callable[[], StreamingQuery]
    stream: StreamingQuery | None = None
    totals: Totals = field(default_factory=Totals)
    seen: Mark = ("", -1, "")
    attempt: int = 0
    restart_at: float | None = None
    status: str = "running"
    message: str | None = None
    told_late: bool = False
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    @property
    def running(self) -> bool:
        """Whether the query runs, or waits for its restart."""
        return self.status == "running"

    def result(self) -> QueryResult:
        """Sum up how the query's run ended."""
        return QueryResult(
            query=self.query.id,
            model=self.query.model,
            status=self.status,
            message=self.message,
            rows_in=self.totals.rows_in,
            rows_out=self.totals.rows_out,
            late_rows=self.totals.late_rows,
            batches=self.totals.batches,
            state_rows=self.totals.state_rows,
            seconds=round((self.ended or time.monotonic()) - self.began, 3),
            quarantined=self.totals.tested.quarantined,
            dropped=self.totals.tested.dropped,
            tests=test_results(self.query, self.totals.tested, self.message),
        )


class Supervisor:
    """Keeps a set of queries running and tells an observer what becomes of them."""

    def __init__(self, observer: Observer, *, once: bool) -> None:
        self._observer = observer
        self._once = once
        self.watched: list[Watched] = []

    def add(self, query: Query, start: Callable[[], StreamingQuery]) -> Watched:
        """Start a query and watch it from now on.

        A connection that fails at the start is tried again; another failure ends the query.
        """
        watched = Watched(query, start)
        self.watched.append(watched)
        self._start(watched)
        return watched

    def poll(self) -> None:
        """Look at every query once."""
        for watched in self.watched:
            if watched.running:
                self._look(watched)

    @property
    def running(self) -> tuple[str, ...]:
        """The ids of the queries that run or wait for their restart."""
        return tuple(w.query.id for w in self.watched if w.running)

    @property
    def failed(self) -> bool:
        """Whether a query has died for good."""
        return any(w.status == "error" for w in self.watched)

    def stop(self, ids: Sequence[str] | None = None) -> None:
        """Stop queries after their current batch: all are told first, then waited for."""
        chosen = [w for w in self.watched if w.running and (ids is None or w.query.id in ids)]
        told = {w.query.id for w in chosen if w.stream is not None and ask_to_end(w.stream)}
        for watched in chosen:
            clean = watched.stream is None or finish(watched.stream, STOP_PATIENCE)
            if not clean or (watched.stream is not None and watched.query.id not in told):
                self._observer(
                    Notice(
                        f"{watched.query.id}: stopped within a batch, which will be written again",
                        severity="warning",
                    )
                )
            self._tell_progress(watched)
            self._end(watched)

    def forget(self, ids: Sequence[str]) -> None:
        """Leave ended queries out of what is reported."""
        self.watched = [w for w in self.watched if w.query.id not in ids]

    def _start(self, watched: Watched) -> None:
        watched.restart_at = None
        try:
            watched.stream = watched.start()
        except StreamsqlError as error:
            self._fail(watched, Failure(error.message, error.hint))
        except Exception as error:  # noqa: BLE001 - Spark raises what its sources and sinks raise
            _require_jvm(error)
            self._failed(watched, read_failure(str(error), _java_stack(error)))

    def _look(self, watched: Watched) -> None:
        if watched.restart_at is not None:
            if time.monotonic() >= watched.restart_at:
                self._start(watched)
            return
        stream = watched.stream
        assert stream is not None
        try:
            active = stream.isActive
            self._tell_progress(watched)
            error = None if active else stream.exception()
        except (Py4JError, OSError) as gone:
            raise RunError(
                "Spark's JVM ended", hint="see Spark's log for the reason, often memory"
            ) from gone
        if active:
            return
        if error is None:
            self._end(watched)
        else:
            stack = getattr(error, "_stackTrace", None) or ""
            self._failed(watched, read_failure(str(error), stack))

    def _tell_progress(self, watched: Watched) -> None:
        if watched.stream is None:
            return
        for mark, progress in unseen_progress(watched.stream, watched.seen):
            watched.seen = mark
            event = read_progress(watched.query, progress, watched.totals)
            watched.attempt = 0
            self._observer(event)
            self._tell_late(watched, event)

    def _tell_late(self, watched: Watched, event: QueryProgress) -> None:
        if event.late_rows and not watched.told_late:
            watched.told_late = True
            self._observer(
                Notice(
                    f"{event.query}: rows came later than the watermark allows and were dropped; "
                    "they are counted as late",
                    severity="warning",
                )
            )

    def _failed(self, watched: Watched, failure: Failure) -> None:
        failure = naming_connection(failure, watched.query)
        if failure.harmless:
            watched.restart_at = time.monotonic()
            return
        watched.attempt += 1
        if not failure.connection or (self._once and watched.attempt > ATTEMPTS_ONCE):
            self._fail(watched, failure)
            return
        delay = min(FIRST_DELAY * 2 ** (watched.attempt - 1), LONGEST_DELAY)
        watched.restart_at = time.monotonic() + delay
        query = watched.query
        self._observer(
            QueryRestarting(query.id, query.model, failure.reason, watched.attempt, delay)
        )

    def _fail(self, watched: Watched, failure: Failure) -> None:
        watched.status, watched.message = "error", failure.reason
        watched.ended = time.monotonic()
        query = watched.query
        self._observer(
            QueryFailed(
                query.id, query.model, query.location, failure.reason, failure.hint, self.running
            )
        )

    def _end(self, watched: Watched) -> None:
        watched.status = "success"
        watched.ended = time.monotonic()
        query, totals = watched.query, watched.totals
        self._observer(
            QueryEnded(query.id, query.model, totals.rows_in, totals.rows_out, totals.state_rows)
        )


def _require_jvm(error: Exception) -> None:
    if isinstance(error, ConnectionError):
        raise RunError("Spark's JVM ended", hint="see Spark's log for the reason") from error


def _java_stack(error: Exception) -> str:
    stack = getattr(error, "_stackTrace", None) or getattr(error, "java_exception", None)
    return str(stack or "")
