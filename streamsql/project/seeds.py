"""Seeds: small CSV files, read whole, every column typed by declaration or by its cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from streamsql.datatypes import parse_type
from streamsql.disk import MAX_SEED_BYTES
from streamsql.findings import Location, did_you_mean
from streamsql.project.cells import cell_problem, infer_type
from streamsql.project.faults import Faults
from streamsql.project.nodes import Column, Seed
from streamsql.project.properties import tags_of
from streamsql.project.shapes import Record

MAX_ROWS = 10_000
_MAX_CELL_FAULTS = 20
_TOO_LARGE_HINT = "a seed is inlined into queries: publish larger tables to a topic or a table"


_MOST_PLACES = 200


class _Row(NamedTuple):
    line: int
    cells: tuple[str, ...]


class _Csv(NamedTuple):
    path: str
    delimiter: str
    quote: str
    text: str

    def place(self, row: _Row, column: int) -> Location:
        """Return where a cell is; its column is known only in lines without quotes."""
        if column > _MOST_PLACES:
            return Location(self.path, row.line)  # so wide a table is read by no person
        line = re.split(r"\r\n|\r|\n", self.text)[row.line - 1]
        before = "".join(cell + self.delimiter for cell in row.cells[:column])
        plain = self.quote not in line and line.startswith(before)
        return Location(self.path, row.line, len(before) + 1 if plain else 1)


def read_seed(name: str, path: str, text: str, entry: Record | None, faults: Faults) -> Seed | None:
    """Read one CSV; nothing is returned if it cannot be used at all."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SEED_BYTES:
        message = f"the seed '{name}' is larger than {MAX_SEED_BYTES // 1024} KiB"
        faults.add("seed-too-large", message, Location(path), _TOO_LARGE_HINT)
        return None
    source = _Csv(path, *_dialect(entry, faults), text)
    rows = _rows(source, faults)
    if not rows:
        faults.add("bad-seed", f"the seed '{name}' has no header", Location(path))
        return None
    header, *body = rows
    if len(body) > MAX_ROWS:
        message = f"the seed '{name}' has {len(body)} rows, the limit is {MAX_ROWS}"
        faults.add("seed-too-large", message, Location(path), _TOO_LARGE_HINT)
        return None
    if not _check_header(source, header, faults):
        return None
    whole = _whole_rows(source, header, body, faults)
    columns = _columns(source, header, whole, entry, faults)
    return Seed(
        name=name,
        path=path,
        columns=columns,
        rows=tuple(tuple(cell or None for cell in row.cells) for row in whole),
        description=entry.get("description", "").strip() if entry else "",
        tags=tags_of(entry) if entry else (),
        location=Location(path),
    )


def _dialect(entry: Record | None, faults: Faults) -> tuple[str, str]:
    config: Record | None = entry.get("config") if entry else None
    chosen = []
    for key, default in (("delimiter", ","), ("quote", '"')):
        text = config.get(key, default) if config else default
        text = "\t" if text == "\\t" else text
        if config and (len(text) != 1 or text in "\r\n" or text in chosen):
            faults.add("wrong-type", f"'{key}' must be one character", config.place(key))
            text = default
        chosen.append(text)
    return chosen[0], chosen[1]


def _rows(source: _Csv, faults: Faults) -> list[_Row]:
    stream = io.StringIO(source.text, newline="")
    reader = csv.reader(stream, delimiter=source.delimiter, quotechar=source.quote, strict=True)
    rows: list[_Row] = []
    line = 1
    try:
        for cells in reader:
            if cells:
                rows.append(_Row(line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add("bad-seed", f"this is not CSV: {error}", Location(source.path, line))
    return rows


def _check_header(source: _Csv, header: _Row, faults: Faults) -> bool:
    seen: set[str] = set()
    sound = True
    for index, cell in enumerate(header.cells):
        if not cell.strip():
            faults.add("bad-seed", "a column has no name", source.place(header, index))
            sound = False
        elif cell.lower() in seen:
            message = f"the column '{cell}' is there twice"
            faults.add("duplicate-name", message, source.place(header, index))
            sound = False
        seen.add(cell.lower())
    return sound


def _whole_rows(source: _Csv, header: _Row, body: Sequence[_Row], faults: Faults) -> list[_Row]:
    width = len(header.cells)
    whole = [row for row in body if len(row.cells) == width]
    for row in [row for row in body if len(row.cells) != width][:_MAX_CELL_FAULTS]:
        faults.add(
            "bad-seed",
            f"this row has {len(row.cells)} cells, the header {width}",
            Location(source.path, row.line),
            f"put cells with '{source.delimiter}' in them into quotes",
        )
    return whole


def _columns(
    source: _Csv, header: _Row, rows: Sequence[_Row], entry: Record | None, faults: Faults
) -> tuple[Column, ...]:
    declared: tuple[Column, ...] = entry.get("columns", ()) if entry else ()
    by_name = {column.name.lower(): column for column in declared}
    known = {cell.lower() for cell in header.cells}
    for column in declared:
        if column.name.lower() not in known:
            message = f"the seed has no column '{column.name}'"
            hint = did_you_mean(column.name, header.cells)
            faults.add("unknown-column", message, column.location, hint)
    columns = []
    for index, cell in enumerate(header.cells):
        cells = [row.cells[index] or None for row in rows]
        given = by_name.get(cell.lower()) or Column(cell, None, "", source.place(header, index))
        if given.data_type is None:
            given = given._replace(data_type=infer_type(cells))
        else:
            _check_cells(source, rows, index, given.data_type, faults)
        columns.append(given._replace(name=cell))
    return tuple(columns)


def _check_cells(
    source: _Csv, rows: Sequence[_Row], index: int, data_type: str, faults: Faults
) -> None:
    wanted = parse_type(data_type)
    wrong = 0
    for row in rows:
        problem = cell_problem(row.cells[index], wanted) if row.cells[index] else None
        if problem and wrong < _MAX_CELL_FAULTS:
            faults.add("bad-cell", problem, source.place(row, index))
            wrong += 1
