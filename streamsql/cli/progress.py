"""The events of a run as text, as JSON, and as rows of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from streamsql.findings import Location
from streamsql.plan.nodes import as_json
from streamsql.spark.events import (
    Notice,
    QueryEnded,
    QueryFailed,
    QueryProgress,
    QueryRestarting,
    QuerySkipped,
    QueryStarted,
    RunEvent,
)


def event_json(event: RunEvent) -> dict[str, Any]:
    """One event as an object; ``event`` is its kind in snake_case: ``query_progress``."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": kind, **as_json(event)}


def event_text(event: RunEvent) -> str | None:
    """One event as a line for people; None for one that is not worth a line."""
    match event:
        case Notice(message=message):
            return message
        case QueryStarted(query=query, generation=generation, resumed=resumed):
            return f"{query}: {'goes on' if resumed else 'starts'} (generation {generation})"
        case QueryProgress(idle=True):
            return None
        case QueryProgress():
            return f"{event.query}: batch {event.batch}, {_counts(event)}"
        case QueryRestarting(query=query, reason=reason, attempt=attempt, delay=delay):
            return f"{query}: {reason}; starts again in {delay:.0f} s (attempt {attempt})"
        case QueryFailed():
            return failure_text(event)
        case QueryEnded(query=query, open_state_rows=open_rows):
            waiting = f", {open_rows:,} rows wait in state for later events" if open_rows else ""
            return f"{query}: ended, {event.total_in:,} rows read{waiting}"
        case QuerySkipped(query=query, because=because):
            return f"{query}: skipped, because {because} failed"


def failure_text(event: QueryFailed) -> str:
    """Say in a line which model died, where it is, why, and what goes on."""
    at = f" ({_line_of(event.location)})" if event.location else ""
    running = ", ".join(event.still_running)
    rest = f"still running: {running}" if running else "nothing else is running"
    hint = f"; hint: {event.hint}" if event.hint else ""
    return f"{event.model or event.query}{at} failed: {event.reason}{hint}; {rest}"


def _line_of(location: Location) -> str:
    return f"{location.path}:{location.line}"


def _counts(event: QueryProgress) -> str:
    out = "" if event.rows_out is None else f", {event.rows_out:,} out"
    late = f", {event.late_rows:,} late" if event.late_rows else ""
    lag = "" if event.lag is None else f", lag {event.lag:,}"
    tests = "".join(f", {c.test} failed {c.failed:,}" for c in event.tests if c.failed)
    return f"{event.rows_in:,} rows in{out}, {event.rows_per_second:,.0f} rows/s{lag}{late}{tests}"


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of one query."""

    query: str
    state: str = "starting"
    progress: QueryProgress | None = None


def advance(rows: Mapping[str, Row], event: RunEvent) -> Mapping[str, Row]:
    """Return the rows after an event."""
    if isinstance(event, Notice):
        return rows
    row = rows.get(event.query, Row(event.query))
    match event:
        case QueryStarted():
            row = replace(row, state="running")
        case QueryProgress():
            state = "idle" if event.idle else "running"
            row = replace(row, state=state, progress=event)
        case QueryRestarting():
            row = replace(row, state="restarting")
        case QueryFailed():
            row = replace(row, state="failed")
        case QueryEnded():
            row = replace(row, state="ended")
        case QuerySkipped():
            row = replace(row, state="skipped")
    return {**rows, event.query: row}
