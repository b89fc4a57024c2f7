"""What is made of Spark's progress of a batch."""

from __future__ import annotations

from typing import Any

from test_checkpoints import QUERY

from streamsql.spark.progress import Totals, read_progress

PROGRESS: dict[str, Any] = {
    "timestamp": "2026-03-01T10:00:00.000Z",
    "batchId": 3,
    "numInputRows": 12,
    "processedRowsPerSecond": 24.0,
    "durationMs": {"triggerExecution": 500, "addBatch": 400},
    "eventTime": {"watermark": "2026-03-01T09:50:00.000Z"},
    "stateOperators": [
        {"numRowsTotal": 7, "numRowsDroppedByWatermark": 2, "memoryUsedBytes": 1000},
        {"numRowsTotal": 1, "numRowsDroppedByWatermark": 0, "memoryUsedBytes": 10},
    ],
    "sources": [
        {"latestOffset": {"orders": {"0": 30, "1": 5}}, "endOffset": {"orders": {"0": 20, "1": 5}}},
        {"latestOffset": None, "endOffset": {"payments": {"0": 1}}},
        {"latestOffset": {"reservoirVersion": 7}, "endOffset": {"reservoirVersion": 5}},
    ],
    "sink": {"numOutputRows": 4},
    "observedMetrics": {},
}


def test_a_progress_becomes_an_event() -> None:
    totals = Totals(rows_in=100, rows_out=50, late_rows=1)
    event = read_progress(QUERY, PROGRESS, totals)
    assert (event.rows_in, event.rows_out, event.total_in, event.total_out) == (12, 4, 112, 54)
    assert (event.late_rows, event.total_late, event.state_rows) == (2, 3, 8)
    assert event.lag == 10
    assert event.duration_ms == 500


def test_sinks_that_do_not_count_are_counted_by_observation() -> None:
    progress = PROGRESS | {
        "sink": {"numOutputRows": -1},
        "observedMetrics": {"streamsql_rows_out": {"n": 9}},
    }
    assert read_progress(QUERY, progress, Totals()).rows_out == 9
    unknown = PROGRESS | {"sink": {"numOutputRows": -1}}
    assert read_progress(QUERY, unknown, Totals()).total_out is None
