"""What was compiled, as JSON in the layout of dbt's manifest, version 12, where it fits.

Tools that read dbt's manifest find models, seeds, sources, macros, their columns and who
reads whom; what a stream has and a warehouse has not stands under ``config``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from streamsql import __version__
from streamsql.graph import Graph
from streamsql.lineage import ColumnUse, ProjectLineage, RowUse, project_lineage
from streamsql.pipeline import Compilation
from streamsql.plan.nodes import as_json
from streamsql.project.nodes import Column, MacroFile, Model, Project, Seed, Source
from streamsql.render.rendered import RenderedModel
from streamsql.resolve import ResolvedTest

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
_MACRO = re.compile(r"{%-?\s*macro\s+(?P<name>\w+)\s*\(.*?endmacro\s*-?%}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Names:
    """dbt's unique ids of a project's nodes: ``model.shop.orders``, ``source.shop.web.clicks``."""

    project: str
    graph: Graph

    def of(self, node_id: str) -> str:
        return f"{self.graph.nodes[node_id].kind}.{self.project}.{node_id}"

    def all(self, ids: Iterable[str]) -> list[str]:
        return [self.of(id_) for id_ in ids]


def manifest(
    compilation: Compilation, *, generated_at: datetime, invocation_id: str
) -> Mapping[str, Any]:
    """Describe a compilation; the connections and their options are no part of it."""
    project, graph = compilation.project, compilation.graph
    name = project.settings.name
    names = _Names(name, graph)
    macros = {
        f"macro.{name}.{m['name']}": m for file in project.macros for m in _macros(file, name)
    }
    enabled = [m for m in project.models if m.name not in compilation.disabled]
    lineage = project_lineage(compilation)
    models = [_model(compilation, model, names, lineage) for model in enabled]
    seeds = [_seed(seed, names) for seed in project.seeds]
    tests = list(_tests(compilation, names))
    return {
        "metadata": {
            "dbt_schema_version": SCHEMA,
            "generated_at": f"{generated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "invocation_id": invocation_id,
            "project_name": name,
            "adapter_type": "spark",
            "streamsql_version": __version__,
        },
        "nodes": {node["unique_id"]: node for node in (*models, *seeds, *tests)},
        "sources": {s["unique_id"]: s for s in (_source(s, names) for s in project.sources)},
        "macros": macros,
        "docs": _docs(project),
        "exposures": {},
        "metrics": {},
        "groups": {},
        "selectors": {},
        "disabled": {f"model.{name}.{model}": [] for model in compilation.disabled},
        "parent_map": {names.of(id_): names.all(graph.parents[id_]) for id_ in graph.order},
        "child_map": {names.of(id_): names.all(graph.children[id_]) for id_ in graph.order},
        "group_map": {},
        "saved_queries": {},
        "semantic_models": {},
        "unit_tests": {},
    }


def _model(
    compilation: Compilation, model: Model, names: _Names, lineage: ProjectLineage
) -> dict[str, Any]:
    rendered = next((r for r in compilation.rendered if r.model.name == model.name), None)
    parsed = next((p for p in compilation.parsed if p.rendered is rendered), None)
    node = _node(names, model.name, model.path, model.description, model.template)
    return node | {
        "config": as_json(rendered.config) if rendered else {},
        "tags": list(rendered.config.tags) if rendered else [],
        "columns": _model_columns(compilation, model),
        "patch_path": _patch_path(model, names),
        "language": "sql",
        "refs": _refs(rendered, "ref"),
        "sources": [r["name"].split(".", 1) for r in _refs(rendered, "source")],
        "depends_on": {"macros": [], "nodes": names.all(names.graph.parents[model.name])},
        "compiled": parsed is not None,
        "compiled_code": parsed.sql if parsed else None,
        "contract": {"enforced": False, "alias_types": True, "checksum": None},
        **_lineage(model.name, lineage, names),
    }


def _tests(compilation: Compilation, names: _Names) -> Iterator[dict[str, Any]]:
    """The data tests of sources and models: nodes of their own, as dbt has them."""
    of_sources = compilation.resolution.source_tests
    for source in compilation.project.sources:
        for test in of_sources.get(source.relation, ()):
            yield _test(test, names.of(source.unique_name), names.project)
    for model in compilation.resolution.models:
        for test in model.tests:
            yield _test(test, names.of(model.name), names.project)


def _test(test: ResolvedTest, tested: str, project: str) -> dict[str, Any]:
    told = test.test
    return {
        "unique_id": f"test.{project}.{test.id}",
        "name": test.id,
        "resource_type": "test",
        "package_name": project,
        "original_file_path": told.location.path,
        "attached_node": tested,
        "column_name": told.column,
        "description": told.description,
        "test_metadata": {"name": told.name, "kwargs": as_json(told.arguments)},
        "config": {"on_failure": told.on_failure, "where": told.where, "enabled": True},
        "compiled_code": test.passes.sql if test.passes is not None else None,
        "depends_on": {"macros": [], "nodes": [tested]},
    }


def _lineage(model: str, lineage: ProjectLineage, names: _Names) -> dict[str, Any]:
    """What the model's own SQL makes its columns of, and by what it chooses rows."""
    known = model in lineage.models
    columns = lineage.columns(model) if known else ()
    return {
        "column_lineage": {
            column: [_used(use, names) | {"how": use.how.name.lower()} for use in uses]
            for column in columns
            for uses in [lineage.uses(model, column)]
        },
        "row_lineage": [
            _used(use, names) | {"how": use.how} for use in (lineage.rows(model) if known else ())
        ],
    }


def _used(use: ColumnUse | RowUse, names: _Names) -> dict[str, str]:
    return {"node": names.of(use.node), "column": use.path}


def _seed(seed: Seed, names: _Names) -> dict[str, Any]:
    cells = "\n".join("\x1f".join(cell or "" for cell in row) for row in seed.rows)
    node = _node(names, seed.name, seed.path, seed.description, cells)
    return node | {
        "config": {"materialized": "seed", "enabled": True},
        "tags": list(seed.tags),
        "columns": {c.name: _column(c) for c in seed.columns},
        "raw_code": "",
        "depends_on": {"macros": []},
    }


def _node(names: _Names, name: str, path: str, description: str, raw: str) -> dict[str, Any]:
    node = names.graph.nodes[name]
    return {
        "database": None,
        "schema": "",
        "name": name,
        "alias": name,
        "resource_type": node.kind,
        "package_name": names.project,
        "path": str(PurePosixPath(*PurePosixPath(path).parts[1:])),
        "original_file_path": path,
        "unique_id": names.of(name),
        "fqn": [names.project, *node.fqn.split(".")],
        "checksum": {"name": "sha256", "checksum": hashlib.sha256(raw.encode()).hexdigest()},
        "description": description,
        "raw_code": raw,
        "meta": {},
    }


def _patch_path(model: Model, names: _Names) -> str | None:
    return f"{names.project}://{model.yaml_location.path}" if model.yaml_location else None


def _refs(rendered: RenderedModel | None, kind: str) -> list[dict[str, Any]]:
    found = dict.fromkeys(r.name for r in rendered.references if r.kind == kind) if rendered else ()
    return [{"name": name, "package": None, "version": None} for name in found]


def _model_columns(compilation: Compilation, model: Model) -> dict[str, Any]:
    """The columns a model produces, as far as that is known, then those it only declares."""
    declared = {c.name.lower(): c for c in model.columns}
    resolved = next(
        (m for m in compilation.resolution.models if m.parsed.rendered.model.name == model.name),
        None,
    )
    columns: dict[str, Any] = {}
    for produced in resolved.columns if resolved else ():
        known = declared.pop(produced.name.lower(), None)
        columns[produced.name] = (_column(known) if known else _bare(produced.name)) | {
            "data_type": produced.data_type or (known.data_type if known else None)
        }
    return columns | {c.name: _column(c) for c in declared.values()}


def _column(column: Column) -> dict[str, Any]:
    return _bare(column.name) | {
        "description": column.description,
        "data_type": column.data_type,
        "meta": as_json(column.meta),
        "constraints": [{"type": "not_null"}] if column.not_null else [],
    }


def _bare(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": "",
        "meta": {},
        "data_type": None,
        "constraints": [],
        "tags": [],
    }


def _source(source: Source, names: _Names) -> dict[str, Any]:
    return {
        "database": None,
        "schema": "",
        "name": source.name,
        "identifier": source.topic or source.topic_pattern,
        "resource_type": "source",
        "package_name": names.project,
        "path": source.location.path,
        "original_file_path": source.location.path,
        "unique_id": names.of(source.unique_name),
        "fqn": [names.project, source.source_name, source.name],
        "source_name": source.source_name,
        "source_description": "",
        "loader": source.connection,
        "description": source.description,
        "columns": {c.name: _column(c) for c in source.columns},
        "meta": as_json(source.meta),
        "tags": list(source.tags),
        "config": {
            "enabled": True,
            "connection": source.connection,
            "format": source.format,
            "on_error": source.on_error,
            "watermark": as_json(source.watermark),
        },
    }


def _macros(file: MacroFile, project: str) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": match["name"],
            "resource_type": "macro",
            "package_name": project,
            "path": file.path,
            "original_file_path": file.path,
            "unique_id": f"macro.{project}.{match['name']}",
            "macro_sql": match[0],
            "depends_on": {"macros": []},
            "description": "",
            "meta": {},
        }
        for match in _MACRO.finditer(file.template)
    ]


def _docs(project: Project) -> dict[str, Any]:
    name = project.settings.name
    return {
        f"doc.{name}.{block.name}": {
            "name": block.name,
            "resource_type": "doc",
            "package_name": name,
            "path": block.location.path,
            "original_file_path": block.location.path,
            "unique_id": f"doc.{name}.{block.name}",
            "block_contents": block.text,
        }
        for block in project.docs
    }
