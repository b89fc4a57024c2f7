"""The table of a run on a terminal, redrawn in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from streamsql.cli.progress import Row, advance, event_text
from streamsql.spark.events import (
    Notice,
    QueryFailed,
    QueryProgress,
    QueryRestarting,
    QuerySkipped,
    RunEvent,
)

_COLOURS = {
    "starting": "dim",
    "running": "green",
    "idle": "dim",
    "restarting": "yellow",
    "failed": "bold red",
    "ended": "cyan",
    "skipped": "yellow",
}
# How each is read off a batch, and from which width of the terminal on it is shown.
_COLUMNS: tuple[tuple[str, int, Callable[[QueryProgress], str]], ...] = (
    ("batch", 90, lambda p: str(p.batch)),
    ("rows in", 0, lambda p: f"{p.total_in:,}"),
    ("rows out", 0, lambda p: _count(p.total_out)),
    ("rows/s", 60, lambda p: f"{p.rows_per_second:,.0f}"),
    ("watermark", 110, lambda p: _clock(p.watermark)),
    ("lag", 75, lambda p: _count(p.lag)),
    ("state rows", 100, lambda p: f"{p.state_rows:,}"),
    ("late", 80, lambda p: f"{p.total_late:,}" if p.total_late else ""),
)
_TESTS = (80, "failed")  # from which width on, and only where rows have failed data tests


class LiveTable:
    """An observer that draws; a context manager, so that the cursor always comes back.

    The table appears with the first query: until then Spark is starting and only notices come.
    """

    def __init__(self, stream: IO[str], *, quiet: bool = False) -> None:
        self._console = Console(file=stream, highlight=False)
        self._live: Live | None = None
        self._quiet = quiet
        self._rows: Mapping[str, Row] = {}

    def __enter__(self) -> Callable[[RunEvent], None]:
        return self.observe

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def observe(self, event: RunEvent) -> None:
        """Show one event."""
        self._rows = advance(self._rows, event)
        self._note(event)
        if self._live is None and self._rows:
            self._live = Live(
                get_renderable=lambda: table(self._rows, self._console.width),
                console=self._console,
                refresh_per_second=4,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _note(self, event: RunEvent) -> None:
        """Print above the table what would be lost in it."""
        loud = isinstance(event, QueryFailed | QueryRestarting | QuerySkipped)
        if not loud and (self._quiet or not isinstance(event, Notice)):
            return
        text = escape(event_text(event) or "")
        colour = "red" if isinstance(event, QueryFailed) else "yellow" if loud else _weight(event)
        self._console.print(f"[{colour}]{text}[/]")


def table(rows: Mapping[str, Row], width: int) -> RenderableType:
    """Draw the queries, with as many columns as ``width`` characters hold."""
    drawn = Table(box=None, pad_edge=False, header_style="dim", expand=False)
    drawn.add_column("query", overflow="ellipsis", no_wrap=True)
    if width >= 50:
        drawn.add_column("state", no_wrap=True)
    columns = [(name, read) for name, least, read in _COLUMNS if width >= least]
    least, name = _TESTS
    if width >= least and any(r.progress and r.progress.total_failed for r in rows.values()):
        columns.append((name, lambda p: f"{p.total_failed:,}" if p.total_failed else ""))
    for name, _ in columns:
        drawn.add_column(name, justify="right", no_wrap=True)
    for row in rows.values():
        cells: list[Any] = [escape(row.query)]
        if width >= 50:
            cells.append(f"[{_COLOURS[row.state]}]{row.state}[/]")
        cells += [read(row.progress) if row.progress else "" for _, read in columns]
        drawn.add_row(*cells)
    return drawn


def _weight(event: RunEvent) -> str:
    return "yellow" if isinstance(event, Notice) and event.severity == "warning" else "dim"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _clock(watermark: str | None) -> str:
    """``2026-01-31T10:20:30.000Z`` as ``01-31 10:20:30``; nothing before the first event."""
    if not watermark or watermark.startswith("1970-01-01"):
        return ""
    return f"{watermark[5:10]} {watermark[11:19]}"
