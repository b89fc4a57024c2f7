"""How a run is shown: a live table to people, lines of JSON or text to everything else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TextIO, cast

from streamsql.cli.progress import event_json, event_text
from streamsql.cli.terminal import Terminal
from streamsql.spark.events import QueryFailed, RunEvent

Shown = AbstractContextManager[Callable[[RunEvent], None]]


def show_progress(terminal: Terminal) -> Shown:
    """Return the observer for this terminal; leaving it ends the display."""
    if terminal.interactive:
        from streamsql.cli.live import LiveTable

        stream = cast(IO[str], MaskedStream(terminal, sys.stdout))
        return LiveTable(stream, quiet=terminal.quiet)
    if terminal.log_format == "text":
        return nullcontext(lambda event: _tell(terminal, event))
    return nullcontext(lambda event: terminal.event(event_json(event)))


def _tell(terminal: Terminal, event: RunEvent) -> None:
    line = event_text(event)
    if line is None:
        return
    if isinstance(event, QueryFailed):
        terminal.complain(line)
    else:
        terminal.say(line)


class MaskedStream:
    """A text stream that masks what is written to it; rich writes whole frames at once."""

    def __init__(self, terminal: Terminal, stream: TextIO) -> None:
        self._terminal = terminal
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        """Write ``text`` without the secrets in it."""
        return self._stream.write(self._terminal.masked(text))

    def flush(self) -> None:
        """Flush the stream behind."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the descriptor of the stream behind."""
        return self._stream.fileno()
