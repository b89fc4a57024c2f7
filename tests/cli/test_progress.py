"""How the events of a run are shown, on a wide and a narrow terminal and in pipes."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from streamsql.cli.display import MaskedStream, show_progress
from streamsql.cli.live import LiveTable, table
from streamsql.cli.progress import Row, advance, event_json, event_text
from streamsql.cli.terminal import Terminal
from streamsql.findings import Location
from streamsql.spark.events import (
    Notice,
    QueryEnded,
    QueryFailed,
    QueryProgress,
    QueryRestarting,
    QuerySkipped,
    QueryStarted,
    RunEvent,
    TestCount,
)

PROGRESS = QueryProgress(
    query="revenue_per_minute",
    model="revenue_per_minute",
    timestamp="2026-01-31T10:21:00.000Z",
    batch=7,
    rows_in=1200,
    rows_out=3,
    total_in=123456,
    total_out=789,
    rows_per_second=2345.6,
    watermark="2026-01-31T10:20:30.000Z",
    lag=42,
    state_rows=17,
    state_bytes=4096,
    late_rows=2,
    total_late=5,
    duration_ms=512,
)
TESTED = replace(
    PROGRESS,
    query="orders",
    quarantined=3,
    tests=(TestCount("range_amount", "orders", "quarantine", 97, 3),),
    total_failed=1234,
)
FAILED = QueryFailed(
    query="orders",
    model="orders",
    location=Location("models/orders.sql", 12, 3),
    reason="cannot cast 'x' to int",
    hint="use try_cast",
    still_running=("revenue", "alerts"),
)
EVENTS: tuple[RunEvent, ...] = (
    Notice("created topics on 'kafka': out"),
    QueryStarted("orders", "orders", "run-1", 1, resumed=False),
    PROGRESS,
    replace(PROGRESS, idle=True),
    QueryRestarting("orders", "orders", "the broker is gone", 2, 4.0),
    FAILED,
    QueryEnded("revenue", "revenue", 10, None, 3),
    QuerySkipped("archive", "archive", "orders"),
)


def drawn(rows: dict[str, Row], width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(table(rows, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_failure_is_one_line_that_names_model_place_reason_and_what_goes_on() -> None:
    line = event_text(FAILED)
    assert line == (
        "orders (models/orders.sql:12) failed: cannot cast 'x' to int; hint: use try_cast; "
        "still running: revenue, alerts"
    )
    alone = event_text(replace(FAILED, still_running=(), hint=None, location=None, model=None))
    assert alone == "orders failed: cannot cast 'x' to int; nothing else is running"


def test_events_as_lines() -> None:
    lines = [event_text(event) for event in EVENTS]
    assert lines[2] == (
        "revenue_per_minute: batch 7, 1,200 rows in, 3 out, 2,346 rows/s, lag 42, 2 late"
    )
    assert lines[3] is None
    assert lines[6] == "revenue: ended, 10 rows read, 3 rows wait in state for later events"


def test_events_as_json_name_their_kind() -> None:
    read = [json.loads(json.dumps(event_json(event))) for event in EVENTS]
    assert [r["event"] for r in read] == [
        "notice",
        "query_started",
        "query_progress",
        "query_progress",
        "query_restarting",
        "query_failed",
        "query_ended",
        "query_skipped",
    ]
    assert read[2]["total_in"] == 123456
    assert read[5]["location"] == "models/orders.sql:12:3"


def test_rows_follow_the_events() -> None:
    rows: dict[str, Row] = {}
    states = []
    for event in EVENTS:
        rows = dict(advance(rows, event))
        states.append({name: row.state for name, row in rows.items()})
    assert states[1] == {"orders": "starting"} or states[1] == {"orders": "running"}
    assert states[2]["revenue_per_minute"] == "running"
    assert states[3]["revenue_per_minute"] == "idle"
    assert states[4]["orders"] == "restarting"
    assert states[-1] == {
        "orders": "failed",
        "revenue_per_minute": "idle",
        "revenue": "ended",
        "archive": "skipped",
    }


def test_wide_table_shows_everything() -> None:
    text = drawn({"r": Row("revenue_per_minute", "running", PROGRESS)}, 140)
    for cell in ("123,456", "789", "2,346", "01-31 10:20:30", "42", "17", "5", "7", "running"):
        assert re.search(rf"(^|\s){re.escape(cell)}(\s|$)", text), cell


@pytest.mark.parametrize("width", [40, 50, 60, 80, 100, 120, 160])
def test_table_fits_the_terminal_and_keeps_the_counts(width: int) -> None:
    rows = {name: Row(name, "running", PROGRESS) for name in ("revenue_per_minute", "orders")}
    lines = drawn(rows, width).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= width
    assert all("123,456" in line and "789" in line for line in lines[1:])


def test_failures_of_data_tests_are_shown_where_there_are_any() -> None:
    assert "failed" not in drawn({"a": Row("a", "running", PROGRESS)}, 140)
    rows = {p.query: Row(p.query, "running", p) for p in (PROGRESS, TESTED)}
    head, untested, tested = drawn(rows, 100).splitlines()
    assert head.rstrip().endswith("failed")
    assert tested.rstrip().endswith("1,234")
    assert len(untested.rstrip()) < len(tested.rstrip())
    assert max(map(len, drawn(rows, 60).splitlines())) <= 60
    line = event_text(TESTED)
    assert line is not None
    assert line.endswith("2 late, range_amount failed 3")
    assert event_json(TESTED)["tests"] == [
        {
            "test": "range_amount",
            "of": "orders",
            "on_failure": "quarantine",
            "passed": 97,
            "failed": 3,
        }
    ]


def test_query_without_progress_is_shown() -> None:
    assert "starting" in drawn({"a": Row("a")}, 120)


def test_live_table_prints_failures_above_and_masks_secrets() -> None:
    terminal = Terminal({"STREAMSQL_ENV_SECRET_PASSWORD": "hunter2"})
    stream = io.StringIO()
    masked = MaskedStream(terminal, stream)  # type: ignore[arg-type]
    with LiveTable(masked) as observe:
        for event in EVENTS:
            observe(event)
        observe(replace(FAILED, reason="login hunter2 [refused]"))
    text = stream.getvalue()
    assert "created topics" in text
    assert "hunter2" not in text
    assert "[refused]" in text
    assert text.count("orders (models/orders.sql:12) failed") == 2


def test_pipe_gets_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal({"STREAMSQL_ENV_SECRET_PASSWORD": "hunter2"})
    with show_progress(terminal) as observe:
        observe(PROGRESS)
        observe(replace(FAILED, reason="hunter2"))
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines] == ["query_progress", "query_failed"]
    assert "hunter2" not in out


def test_text_was_asked_for_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal({})
    terminal.log_format = "text"
    with show_progress(terminal) as observe:
        for event in EVENTS:
            observe(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "revenue_per_minute: batch 7" in captured.err
    assert "error: orders (models/orders.sql:12) failed" in captured.err
