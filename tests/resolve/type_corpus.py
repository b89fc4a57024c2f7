"""Expressions with the types that Spark gives them, one a line: ``expression => type``.

``types/wide.ddl`` are the columns of the relation they are written over. Expressions that
make several columns have their types divided by `` ; ``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamsql.datatypes import Struct, ddl, parse_type
from streamsql.findings import Location
from streamsql.parse import parse_model
from streamsql.project.nodes import Model, ModelConfig
from streamsql.render.rendered import Reference, RenderedModel, SourceMap, Span
from streamsql.resolve.expressions import type_of
from streamsql.resolve.queries import resolve_query
from streamsql.resolve.scope import Attribute, Rowset, Scope
from streamsql.resolve.walk import Walk

FOLDER = Path(__file__).parent / "types"
KINDS = ("scalar", "aggregate", "window", "generator")
WIDE = (FOLDER / "wide.ddl").read_text()


def corpus(kind: str) -> list[tuple[str, str]]:
    """Return the expressions of a kind and their types."""
    lines = (FOLDER / f"{kind}.txt").read_text().splitlines()
    pairs = (line.rsplit(" => ", 1) for line in lines if line and not line.startswith("#"))
    return [(expression, data_type) for expression, data_type in pairs]


def query(kind: str, expression: str, relation: str = "ref__wide") -> str:
    """Return a query for one expression."""
    windows = " WINDOW w AS (PARTITION BY str)" if kind == "window" else ""
    return f"SELECT {expression} FROM {relation}{windows}"


def rendered(sql: str) -> RenderedModel:
    """Return a model of this SQL that reads the wide relation."""
    place = Location("models/model.sql")
    model = Model("model", place.path, sql, "", (), {}, {}, place)
    reference = Reference("ref", "wide", "ref__wide", "wide", place)
    source_map = SourceMap((Span(0, place, True, sql),))
    return RenderedModel(model, sql, (reference,), ModelConfig(), source_map)


def inferred(kind: str, expression: str) -> tuple[str | None, ...]:
    """Return the types that are inferred for an expression, and refuse any finding."""
    model = parse_model(rendered(query(kind, expression)))
    walk = Walk(model, {"ref__wide": _wide()}, resolve_query, type_of)
    rowset = resolve_query(model.tree, Scope(), walk)
    assert not walk.findings, (expression, walk.findings)
    return tuple(None if c.type is None else ddl(c.type) for c in rowset.columns)


def _wide() -> Rowset:
    struct = parse_type(f"struct<{WIDE}>")
    assert isinstance(struct, Struct)
    return Rowset(tuple(Attribute(f.name, f.type) for f in struct.fields))


def everything() -> Iterator[tuple[str, str, str]]:
    """Yield kind, expression and type of the whole corpus."""
    for kind in KINDS:
        for expression, data_type in corpus(kind):
            yield kind, expression, data_type
