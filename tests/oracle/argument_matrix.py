"""The calls of ``arguments.txt``, and what lint says of them: one column type in one place each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from streamsql.datatypes import parse_type
from streamsql.findings import Location
from streamsql.parse import parse_model
from streamsql.project.nodes import Model, ModelConfig
from streamsql.render.rendered import RenderedModel, SourceMap, Span
from streamsql.resolve.expressions import type_of
from streamsql.resolve.generators import generated, is_generator
from streamsql.resolve.queries import resolve_query
from streamsql.resolve.scope import Attribute, Scope, Visible
from streamsql.resolve.walk import Walk

MATRIX = Path(__file__).parent / "arguments.txt"
ALONE = "-"
_TEXT = MATRIX.read_text(encoding="utf-8")
_LINES = [line for line in _TEXT.splitlines() if not line.startswith("#")]
COLUMNS = {
    code: tuple(rest.split(": ", 1))
    for code, rest in (line.split(" ", 1) for line in _LINES if "\t" not in line)
}
"""Names and types of columns, by the letter that stands for each."""
BESIDE = _TEXT.partition("Beside a {0} only ")[2].partition(" ")[0]
"""The columns that were tried beside another column."""
ROWS = tuple(line.split("\t") for line in _LINES if "\t" in line)
DDL = ", ".join(f"`{name}` {data_type}" for name, data_type in COLUMNS.values())


class Cell(NamedTuple):
    """One call, and whether Spark took it."""

    call: str
    taken: bool


def cells_of(row: Sequence[str]) -> Iterator[Cell]:
    """Yield the calls of one line of the matrix."""
    template, lefts, taken = row
    for left in lefts:
        for right in COLUMNS if left == ALONE else BESIDE:
            call = template.replace("{1}", f"t.`{COLUMNS[right][0]}`")
            if left != ALONE:
                call = call.replace("{0}", f"t.`{COLUMNS[left][0]}`")
            yield Cell(call, right in taken)


def findings(cells: Iterable[Cell]) -> list[list[str]]:
    """Return what is said of each call."""
    calls = ",\n".join(f"{cell.call} AS x{n}" for n, cell in enumerate(cells))
    place = Location("models/model.sql")
    sql = f"SELECT\n{calls}\nFROM t"
    model = Model("model", place.path, sql, "", (), {}, {}, place)
    source_map = SourceMap((Span(0, place, True, sql),))
    parsed = parse_model(RenderedModel(model, sql, (), ModelConfig(), source_map))
    walk = Walk(parsed, {}, resolve_query, type_of)
    scope = Scope(
        tuple(Visible("t", Attribute(name, parse_type(kind))) for name, kind in COLUMNS.values())
    )
    found = []
    for item in parsed.tree.expressions:
        walk.findings.clear()
        node = item.unalias()
        if is_generator(node):
            generated(node, scope, walk)
        else:
            type_of(node, scope, walk)
        found.append([f"{f.rule}: {f.message}" for f in walk.findings])
    return found
