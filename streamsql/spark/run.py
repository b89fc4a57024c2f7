"""Running a plan: prepare what queries need, start them in order, watch them, stop them cleanly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from streamsql.errors import StreamsqlError
from streamsql.plan.nodes import Plan, Query
from streamsql.registry.registering import ensure_schemas
from streamsql.spark.events import (
    Notice,
    Observer,
    QueryResult,
    QuerySkipped,
    QueryStarted,
    RunReport,
)
from streamsql.spark.outputs import newest_outputs
from streamsql.spark.preparation import Connections, Preparation, Prepared
from streamsql.spark.readiness import require_databases, require_ready
from streamsql.spark.session import SessionSpec, open_session
from streamsql.spark.streams import scheduler_pool, start_query
from streamsql.spark.supervisor import Supervisor, Watched

Replan = Callable[[], Plan | None]
POLL = 0.25  # seconds between two looks at the queries


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run: ``once`` drains what is there; ``full_refresh`` are the ids of the queries
    that start a new generation; ``fail_fast`` stops all when one fails; ``newest`` is how
    many rows of each output the report shows."""

    once: bool = False
    full_refresh: frozenset[str] = frozenset()
    fail_fast: bool = False
    newest: int = 0


def run_plan(
    plan: Plan,
    connections: Connections,
    *,
    root: Path,
    session: SessionSpec,
    options: RunOptions,
    observer: Observer,
    stop: threading.Event,
    replan: Replan | None = None,
) -> RunReport:
    """Run the queries of a plan until ``stop`` is set, they have drained, or all have died.

    ``replan`` is asked now and then for a new plan; queries that differ in it are restarted.

    Raises:
        EnvironmentFault: Spark does not start, or a folder cannot be written.
        ConnectionFault: a broker cannot be reached, a topic to read is missing, or a registry
            does not know a schema that is written.
        CheckpointFault: a checkpoint is locked, or belongs to something else.
    """
    master = session.settings.master
    require_ready(plan, connections.kafka, root=root, master=master)
    require_databases(plan.queries, connections.databases)
    ensure = partial(
        ensure_schemas, registries=connections.registries, say=lambda text: observer(Notice(text))
    )
    ensure(plan.queries)
    observer(Notice(f"starting Spark at {master}"))
    with ExitStack() as stack:
        spark = stack.enter_context(open_session(session))
        preparation = Preparation(plan, connections, root, spark, observer)
        stack.callback(preparation.release)
        run = _Run(spark, preparation, options, observer, stop, ensure)
        run.prepare(plan.queries, options.full_refresh)
        if options.once:
            run.drain(plan.levels)
        else:
            run.keep(plan, replan)
        return run.finish(plan.queries)


class _Run:
    """The queries of one run and what they share."""

    def __init__(
        self,
        spark: SparkSession,
        preparation: Preparation,
        options: RunOptions,
        observer: Observer,
        stop: threading.Event,
        ensure: Callable[[Sequence[Query]], None],
    ) -> None:
        self._spark = spark
        self._ensure = ensure
        self._preparation = preparation
        self._prepared: dict[str, Prepared] = {}
        self._options = options
        self._observer = observer
        self._stop = stop
        self._supervisor = Supervisor(observer, once=options.once)
        self._skipped: list[QueryResult] = []

    def prepare(self, queries: Sequence[Query], full_refresh: frozenset[str]) -> None:
        """Make sure of everything these queries need."""
        prepared = self._preparation.prepare(queries, full_refresh)
        self._prepared.update({query.id: prepared for query in queries})

    def keep(self, plan: Plan, replan: Replan | None) -> None:
        """Start every query and keep them running until stopped."""
        self._start_all(plan.queries)
        while (self._supervisor.running or replan is not None) and not self._over():
            self._supervisor.poll()
            changed = replan() if replan is not None else None
            if changed is not None:
                self._change(plan, changed)
                plan = changed
            self._stop.wait(POLL)

    def finish(self, queries: Sequence[Query]) -> RunReport:
        """Stop what still runs, and sum up."""
        self._supervisor.stop()
        results = [w.result() for w in self._supervisor.watched]
        if not self._options.newest:
            return RunReport((*results, *self._skipped))
        started = {q.id: (q, self._prepared[q.id]) for q in queries if q.id in self._prepared}
        outputs = newest_outputs(self._spark, started, self._options.newest)
        return RunReport((*results, *self._skipped), outputs)

    def _start_all(self, queries: Sequence[Query]) -> None:
        for query in queries:
            if self._over():
                return
            self._start(query)

    def _change(self, old: Plan, new: Plan) -> None:
        """Restart the queries that differ between two plans, from a new generation where the
        old checkpoint cannot serve the new query."""
        before = {q.id: q for q in old.queries}
        differing = [q for q in new.queries if not same_work(before.get(q.id), q)]
        gone = sorted(before.keys() - {q.id for q in new.queries})
        ended = [*gone, *(q.id for q in differing if q.id in before)]
        if ended:
            self._observer(Notice(f"stopping {', '.join(ended)}: changed"))
        self._supervisor.stop(ended)
        self._supervisor.forget(ended)
        anew = frozenset(q.id for q in differing if not can_resume(before.get(q.id), q))
        for query_id in sorted(anew & before.keys()):
            self._observer(Notice(f"{query_id} begins anew: its state does not fit the change"))
        try:
            self._ensure(differing)
            self.prepare(differing, anew & before.keys())
        except StreamsqlError as error:
            self._observer(Notice(error.message, severity="warning"))
            return
        self._start_all(differing)

    def drain(self, levels: Sequence[Sequence[Query]]) -> None:
        """Drain level by level: Spark fixes what a reader will read when it starts, so a
        reader starts when its writers have ended."""
        for number, level in enumerate(levels):
            ready = [q for q in level if self._may_start(q)]
            if len(levels) > 1 and ready:
                self._observer(Notice(f"level {number + 1} of {len(levels)}: {_names(ready)}"))
            self._start_all(ready)
            while self._supervisor.running and not self._over():
                self._supervisor.poll()
                self._stop.wait(POLL)
            if self._over():
                break

    def _start(self, query: Query) -> Watched:
        prepared = self._prepared[query.id]
        generation = prepared.generations[query.id]

        def start() -> StreamingQuery:
            stream = start_query(
                self._spark,
                query,
                checkpoint=generation.path,
                read_options=prepared.read_options(query),
                destinations=prepared.destinations(query),
                paths=prepared.paths,
                once=self._options.once,
                pool=scheduler_pool(self._spark, query.id, len(self._prepared)),
            )
            self._observer(
                QueryStarted(
                    query.id, query.model, str(stream.runId), generation.number, generation.resumed
                )
            )
            return stream

        return self._supervisor.add(query, start)

    def _may_start(self, query: Query) -> bool:
        bad = {w.query.id for w in self._supervisor.watched if w.status == "error"}
        bad |= {r.query for r in self._skipped}
        failed = sorted(bad & set(query.upstream))
        if not failed:
            return True
        self._observer(QuerySkipped(query.id, query.model, failed[0]))
        message = f"skipped because '{failed[0]}' failed"
        self._skipped.append(
            QueryResult(query.id, query.model, "skipped", message, 0, 0, 0, 0, 0, 0.0)
        )
        return False

    def _over(self) -> bool:
        return self._stop.is_set() or (self._options.fail_fast and self._supervisor.failed)


def same_work(old: Query | None, new: Query) -> bool:
    """Whether a running query does already what a new plan asks of it."""
    return old is not None and _work(old) == _work(new)


def can_resume(old: Query | None, new: Query) -> bool:
    """Whether a changed query may go on from its checkpoint without mixing meanings: it keeps
    its sources, and neither version remembers rows."""
    if old is None:
        return True
    return old.reads == new.reads and not (old.stateful or new.stateful)


def _work(query: Query) -> tuple[object, ...]:
    return (query.reads, query.steps, query.writes, query.output_mode, query.trigger)


def _names(queries: Sequence[Query]) -> str:
    return ", ".join(q.id for q in queries)
