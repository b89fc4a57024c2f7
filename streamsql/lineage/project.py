"""The lineage of all models put together, by the names that users give to nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from streamsql.pipeline import Compilation
from streamsql.resolve import Field, How, Influences, ModelLineage, Origins, Use
from streamsql.resolve.lineage import inside

ROWS = ("filtered", "joined", "grouped")
"""How a field can decide over rows, in the order in which that is told."""


class ColumnUse(NamedTuple):
    """A field of a node, and how a column uses it."""

    node: str
    path: str
    how: How


class RowUse(NamedTuple):
    """A field of a node that decides over rows: ``filtered``, ``joined`` or ``grouped``."""

    node: str
    path: str
    how: str


class Reader(NamedTuple):
    """A column of ``node`` that is made of the field ``path`` of another one."""

    path: str
    node: str
    column: str
    how: How


class RowReader(NamedTuple):
    """A model over whose rows the field ``path`` of another node decides."""

    path: str
    node: str
    how: str


@dataclass(frozen=True, slots=True)
class ProjectLineage:
    """Where the columns of a project's models come from.

    Nodes go by the names that users give them (``stg_orders``, ``shop.orders``); what is in
    no ``models`` is a source or a seed, and comes from outside. ``stored`` are the models
    that have a query of their own: what reads them reads a topic or table. ``below`` and
    ``rows_below`` are who uses the fields of a node, by the node.
    """

    models: Mapping[str, ModelLineage]
    stored: frozenset[str]
    below: Mapping[str, tuple[Reader, ...]]
    rows_below: Mapping[str, tuple[RowReader, ...]]

    def columns(self, node: str) -> tuple[str, ...]:
        """Return the names of a model's columns."""
        return tuple(self.models[node].columns)

    def uses(self, node: str, path: str) -> tuple[ColumnUse, ...]:
        """Return the fields that a column of a model, or a field in it, is made of."""
        origins = self._origins(node, path)
        return tuple(ColumnUse(*u.field, u.how) for u in sorted(origins.uses)) if origins else ()

    def rows(self, node: str) -> tuple[RowUse, ...]:
        """Return the fields by which a model itself chooses, joins and groups its rows."""
        return _row_uses(self.models[node])

    def origins(self, node: str, path: str, *, queries: bool = False) -> tuple[ColumnUse, ...]:
        """Return the fields of sources and seeds that a column comes from in the end.

        With ``queries``, of topics and tables of the project as well, where a model's own
        query begins.
        """
        ends: dict[Field, How] = {}
        seen: dict[Field, How] = {}
        waiting = list(self.uses(node, path))
        while waiting:
            use = waiting.pop()
            name = Field(use.node, use.path)
            if seen.get(name, -1) >= use.how:
                continue
            seen[name] = use.how
            above = self._origins(*name) if self._is_inside(use.node, queries) else None
            if above is None:
                ends[name] = use.how
                continue
            waiting += (ColumnUse(*u.field, max(u.how, use.how)) for u in above.uses)
        return tuple(ColumnUse(*name, how) for name, how in sorted(ends.items()))

    def row_origins(self, node: str, *, queries: bool = False) -> tuple[RowUse, ...]:
        """Return the fields of sources and seeds that decide over a model's rows in the end."""
        found: dict[RowUse, None] = {}
        for name in self._rows_from(node, queries):
            for use in self.rows(name):
                ends: tuple[ColumnUse, ...] = (ColumnUse(use.node, use.path, How.IDENTITY),)
                if self._is_inside(use.node, queries) and self._origins(use.node, use.path):
                    ends = self.origins(use.node, use.path, queries=queries)
                found |= dict.fromkeys(RowUse(e.node, e.path, use.how) for e in ends)
        return tuple(sorted(found, key=lambda use: (ROWS.index(use.how), use)))

    def inputs(self, node: str) -> tuple[str, ...]:
        """Return the sources, seeds, topics and tables that a model's query reads."""
        read = {r for name in self._rows_from(node, True) for r in self._relations(name)}
        return tuple(sorted(r for r in read if r not in self.models or r in self.stored))

    def readers(self, node: str, path: str | None = None) -> Iterator[Reader]:
        """Yield the columns made directly of a node's column (of any, without ``path``).

        Where a column is taken as it is, what was asked for inside it is inside the new one.
        """
        for reader in self.below.get(node, ()):
            if _meets(reader.path, path):
                inner = (path or "")[len(reader.path) :] if reader.how is How.IDENTITY else ""
                yield reader._replace(column=reader.column + inner)

    def row_readers(self, node: str, path: str | None = None) -> Iterator[RowReader]:
        """Yield the models whose rows a node's column decides over directly."""
        yield from (r for r in self.rows_below.get(node, ()) if _meets(r.path, path))

    def _origins(self, node: str, path: str) -> Origins | None:
        model = self.models.get(node)
        if model is None:
            return None
        column = _column_of(path, model.columns)
        if column is None:
            return None
        rest = path[len(column) + 1 :]
        return inside(model.columns[column], None, rest.split(".") if rest else ())

    def _is_inside(self, node: str, queries: bool) -> bool:
        """Whether the lineage goes on above a node."""
        return node in self.models and not (queries and node in self.stored)

    def _relations(self, node: str) -> frozenset[str]:
        return self.models[node].influences.relations

    def _rows_from(self, node: str, queries: bool) -> tuple[str, ...]:
        """Return a model and those above it whose rows come into it."""
        seen, waiting = {node: None}, [node]
        while waiting:
            for name in sorted(self._relations(waiting.pop())):
                if name not in seen and self._is_inside(name, queries):
                    seen[name] = None
                    waiting.append(name)
        return tuple(seen)


def project_lineage(compilation: Compilation) -> ProjectLineage:
    """Return the lineage of every model that could be resolved."""
    project = compilation.project
    names = {s.relation: s.unique_name for s in project.sources}
    names |= {s.relation: s.name for s in project.seeds}
    names |= {m.relation: m.name for m in project.models}
    named = {k.lower(): v for k, v in names.items()}

    def name_of(relation: str) -> str:
        return named.get(relation.lower(), relation)

    models = {m.name: _renamed(m.lineage, name_of) for m in compilation.resolution.models}
    stored = frozenset(
        m.name
        for m in compilation.resolution.models
        if m.parsed.rendered.config.materialized != "view"
    )
    below: dict[str, list[Reader]] = {}
    rows_below: dict[str, list[RowReader]] = {}
    for name, lineage in models.items():
        for column, ((node, path), how) in _parts(lineage.columns):
            below.setdefault(node, []).append(Reader(path, name, column, how))
        for use in _row_uses(lineage):
            rows_below.setdefault(use.node, []).append(RowReader(use.path, name, use.how))
    return ProjectLineage(
        models,
        stored,
        {node: tuple(readers) for node, readers in below.items()},
        {node: tuple(readers) for node, readers in rows_below.items()},
    )


def _parts(columns: Mapping[str, Origins], within: str = "") -> Iterator[tuple[str, Use]]:
    """Yield what columns are made of; of a struct that was put together, each field's own."""
    for name, origins in columns.items():
        if origins.members:
            yield from _parts(origins.members, f"{within}{name}.")
        else:
            yield from ((within + name, use) for use in origins.uses)


def _row_uses(lineage: ModelLineage) -> tuple[RowUse, ...]:
    around = lineage.influences
    kinds = zip(ROWS, (around.filtered, around.joined, around.grouped), strict=True)
    return tuple(RowUse(f.relation, f.path, how) for how, fields in kinds for f in sorted(fields))


def _renamed(lineage: ModelLineage, name_of: Callable[[str], str]) -> ModelLineage:
    columns = {name: _renamed_origins(o, name_of) for name, o in lineage.columns.items()}
    around = lineage.influences

    def fields(given: Iterable[Field]) -> frozenset[Field]:
        return frozenset(Field(name_of(f.relation), f.path) for f in given)

    return ModelLineage(
        columns,
        Influences(
            fields(around.filtered),
            fields(around.joined),
            fields(around.grouped),
            frozenset(map(name_of, around.relations)),
        ),
    )


def _renamed_origins(origins: Origins, name_of: Callable[[str], str]) -> Origins:
    uses = (u._replace(field=Field(name_of(u.field.relation), u.field.path)) for u in origins.uses)
    members = {n: _renamed_origins(o, name_of) for n, o in origins.members.items()}
    return Origins(tuple(uses), members)


def _column_of(path: str, columns: Iterable[str]) -> str | None:
    """Return the column that a path begins with: a name may have dots in it."""
    lowered = path.lower()
    found = [c for c in columns if lowered == c.lower() or lowered.startswith(f"{c.lower()}.")]
    return max(found, key=len, default=None)


def _meets(used: str, asked: str | None) -> bool:
    """Whether a field that is used is the one asked for, a part of it, or what it is part of."""
    if asked is None:
        return True
    used, asked = used.lower(), asked.lower()
    return used == asked or used.startswith(f"{asked}.") or asked.startswith(f"{used}.")
