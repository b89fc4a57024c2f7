"""Lineage as plain data: what ``streamsql lineage --output json`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamsql.lineage.project import ROWS, ColumnUse, ProjectLineage, RowUse

Described = Mapping[str, Any]

_KEYS = {"filtered": "filtered_by", "joined": "joined_on", "grouped": "grouped_by"}


def described_model(lineage: ProjectLineage, model: str) -> Described:
    """Describe where every column of a model comes from, and what decides over its rows."""
    return {
        "node": model,
        "columns": [described_column(lineage, model, name) for name in lineage.columns(model)],
        "rows": described_rows(lineage.rows(model)),
        "row_origins": described_rows(lineage.row_origins(model)),
    }


def described_column(lineage: ProjectLineage, model: str, path: str) -> Described:
    """Describe where one column comes from: what it is made of, and from what in the end."""
    return {
        "column": path,
        "from": described_uses(lineage.uses(model, path)),
        "origins": described_uses(lineage.origins(model, path)),
    }


def described_uses(uses: Iterable[ColumnUse]) -> list[Described]:
    """Describe the fields that a column is made of."""
    return [{"node": u.node, "column": u.path, "how": u.how.name.lower()} for u in uses]


def described_rows(uses: Iterable[RowUse]) -> Described:
    """Describe the fields that decide over rows, by how."""
    given = tuple(uses)
    return {
        _KEYS[how]: [{"node": u.node, "column": u.path} for u in given if u.how == how]
        for how in ROWS
    }


def described_readers(lineage: ProjectLineage, node: str, path: str | None = None) -> Described:
    """Describe what is made of a node's columns (of one, with ``path``), all the way down."""
    columns: dict[tuple[str, str], Described] = {}
    rows: dict[tuple[str, str], Described] = {}
    waiting: list[tuple[str, str | None]] = [(node, path)]
    while waiting:
        at, column = waiting.pop(0)
        for _, name, made, how in lineage.readers(at, column):
            if (name, made) not in columns:
                columns[name, made] = {"node": name, "column": made, "how": how.name.lower()}
                waiting.append((name, made))
        for _, name, kind in lineage.row_readers(at, column):
            rows.setdefault((name, kind), {"node": name, "how": _KEYS[kind]})
    return {"node": node, "column": path, "columns": [*columns.values()], "rows": [*rows.values()]}
