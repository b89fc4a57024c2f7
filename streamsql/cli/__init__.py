"""The command line: it parses, calls, reports, and is the only part that prints."""

from __future__ import annotations

import atexit
import gc
import io
import sys

from streamsql.cli.group import cli

__all__ = ["cli", "main"]

# Objects made between two looks for garbage. What a compile makes lives to its end, so that
# Python's own 700, and its last look before it leaves, cost a fifth of a lint.
_GARBAGE_THRESHOLD = 200_000
# Commands that compile once and leave: no look for garbage pays there.
_COMPILE_AND_LEAVE = ("lint", "compile", "ls", "explain", "lineage")


def main() -> None:
    """Run the command line; the entry point of the package."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    if sys.argv[1:2] and sys.argv[1] in _COMPILE_AND_LEAVE:
        gc.disable()
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal must not end a run
    cli(prog_name="streamsql")
