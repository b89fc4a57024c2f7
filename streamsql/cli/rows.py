"""Rows as a table for people, and as JSON lines and CSV for machines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

Rows = Sequence[Sequence[Any]]
WIDEST = 60  # characters of a cell


def as_table(columns: Sequence[str], rows: Rows) -> str:
    """Rows under the names of their columns; long values are cut off."""
    cells = [tuple(columns), *(tuple(_cut(as_text(value)) for value in row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (cells[0], tuple("-" * width for width in widths), *cells[1:])
    )
    return "\n".join(lines)


def as_json(columns: Sequence[str], rows: Rows) -> str:
    """One object a line."""
    return "\n".join(
        json.dumps(dict(zip(columns, map(_plain, row), strict=True)), ensure_ascii=False)
        for row in rows
    )


def as_csv(columns: Sequence[str], rows: Rows) -> str:
    """CSV with a header; nothing for NULL."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if v is None else as_text(v) for v in row] for row in rows)
    return text.getvalue().rstrip("\n")


def as_text(value: Any) -> str:
    """Return a value as a person writes it: structs and arrays as JSON."""
    plain = _plain(value)
    if plain is None:
        return "NULL"
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return what JSON can hold: Spark's rows become objects, exact numbers and times text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "asDict"):
        return {name: _plain(inner) for name, inner in value.asDict().items()}
    if isinstance(value, Mapping):
        return {as_text(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(errors="backslashreplace")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def printable(text: str) -> str:
    """Return a text on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _cut(text: str) -> str:
    line = printable(text)
    return line if len(line) <= WIDEST else line[: WIDEST - 1] + "…"


LAYOUTS: Mapping[str, Callable[[Sequence[str], Rows], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}
