"""From Spark's progress of a micro-batch to what a run tells its observer.

Field names are those of Spark's ``StreamingQueryProgress``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery

from streamsql.plan.nodes import Query
from streamsql.spark.events import QueryProgress
from streamsql.spark.test_counts import Tested, read_tests

ROWS_OUT = "streamsql_rows_out"  # the name of the observation that counts written rows

Mark = tuple[str, int, str]  # run id, batch and time: what tells one progress from another


@dataclass(slots=True)
class Totals:
    """What a query has done since this run started it; restarts add to it."""

    rows_in: int = 0
    rows_out: int | None = 0
    late_rows: int = 0
    batches: int = 0
    state_rows: int = 0
    last_timestamp: str = ""
    tested: Tested = field(default_factory=Tested)


def unseen_progress(
    stream: StreamingQuery, seen: Mark
) -> tuple[tuple[Mark, Mapping[str, Any]], ...]:
    """Return what a stream has reported since the progress ``seen``, oldest first.

    ``StreamingQuery.recentProgress`` turns all that Spark keeps into JSON at each look,
    which takes more of a core than some queries do; here only what is new is.
    """
    found: list[tuple[Mark, Mapping[str, Any]]] = []
    for progress in reversed(stream._jsq.recentProgress()):
        mark = (progress.runId().toString(), progress.batchId(), progress.timestamp())
        if mark[0] == seen[0] and mark[1:] <= seen[1:]:
            break
        found.append((mark, json.loads(progress.json())))
    return tuple(reversed(found))


def read_progress(query: Query, progress: Mapping[str, Any], totals: Totals) -> QueryProgress:
    """Turn one progress of Spark into an event, and add it to the totals.

    ``progress`` is Spark's own JSON, which leaves out what is empty and numbers that are none.
    """
    operators: Sequence[Mapping[str, Any]] = progress.get("stateOperators") or ()
    rows_in = int(progress["numInputRows"])
    tested = read_tests(query, progress)
    rows_out = _rows_out(progress, tested.quarantined)
    late = sum(int(o["numRowsDroppedByWatermark"]) for o in operators)
    totals.rows_in += rows_in
    totals.rows_out = None if rows_out is None else (totals.rows_out or 0) + rows_out
    totals.late_rows += late
    totals.tested = totals.tested.plus(tested)
    totals.batches += 1
    totals.state_rows = sum(int(o["numRowsTotal"]) for o in operators)
    totals.last_timestamp = str(progress["timestamp"])
    durations = {str(k): int(v) for k, v in progress["durationMs"].items()}
    return QueryProgress(
        query=query.id,
        model=query.model,
        timestamp=str(progress["timestamp"]),
        batch=int(progress["batchId"]),
        rows_in=rows_in,
        rows_out=rows_out,
        total_in=totals.rows_in,
        total_out=totals.rows_out,
        rows_per_second=float(progress.get("processedRowsPerSecond") or 0.0),
        watermark=progress.get("eventTime", {}).get("watermark"),
        lag=_lag(progress["sources"]),
        state_rows=totals.state_rows,
        state_bytes=sum(int(o["memoryUsedBytes"]) for o in operators),
        late_rows=late,
        total_late=totals.late_rows,
        duration_ms=durations.get("triggerExecution", 0),
        durations=durations,
        quarantined=tested.quarantined,
        dropped=tested.dropped,
        tests=tested.counts,
        total_failed=totals.tested.failed,
    )


def _rows_out(progress: Mapping[str, Any], quarantined: int) -> int | None:
    """Good rows written: what the sink counted, else (sinks of the old kind say -1) our
    observation; both see quarantined rows too."""
    counted = int(progress["sink"]["numOutputRows"])
    if counted >= 0:
        return counted - quarantined
    observed = progress.get("observedMetrics", {}).get(ROWS_OUT)
    if observed is not None:
        return int(observed["n"]) - quarantined
    return 0 if int(progress["numInputRows"]) == 0 else None


def _lag(sources: Sequence[Mapping[str, Any]]) -> int | None:
    """Sum of what each Kafka source still holds, from its latest and end offsets."""
    known = [lag for lag in map(_lag_of, sources) if lag is not None]
    return sum(known) if known else None


def _lag_of(source: Mapping[str, Any]) -> int | None:
    latest, end = source.get("latestOffset"), source.get("endOffset")
    if not isinstance(latest, Mapping) or not isinstance(end, Mapping):
        return None
    topics = {name: offsets for name, offsets in latest.items() if isinstance(offsets, Mapping)}
    if not topics:
        return None  # a table's versions
    return sum(
        max(0, int(offset) - int(end.get(topic, {}).get(partition, 0)))
        for topic, partitions in topics.items()
        for partition, offset in partitions.items()
    )
