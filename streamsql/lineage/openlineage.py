"""Lineage as OpenLineage events: one JobEvent for each query, with the column-lineage facet.

Field names, facets and their versions are those of the OpenLineage specification 2.0.2
(ColumnLineageDatasetFacet 1.2.0, SchemaDatasetFacet 1.2.0, JobTypeJobFacet 2.0.4,
SQLJobFacet 1.1.0). Nothing of a run is claimed: a JobEvent has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from streamsql import __version__
from streamsql.datatypes import Array, DataType, DataTypeError, Struct, ddl, parse_type
from streamsql.lineage.datasets import Dataset, input_datasets, output_dataset
from streamsql.lineage.project import ColumnUse, ProjectLineage, RowUse
from streamsql.pipeline import Compilation
from streamsql.resolve import How, ResolvedModel

PRODUCER = f"urn:streamsql:{__version__}"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/JobEvent"
_FACETS = {
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "documentation": "1-1-0/DocumentationJobFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "sql": "1-1-0/SQLJobFacet",
}
_ROWS = {"filtered": "FILTER", "joined": "JOIN", "grouped": "GROUP_BY"}

Json = dict[str, Any]


def job_events(
    compilation: Compilation,
    lineage: ProjectLineage,
    *,
    at: datetime,
    models: Iterable[str] | None = None,
) -> Iterator[Json]:
    """Yield the event of each query (of these models, if they are given), upstream first."""
    project = compilation.project
    resolved = {m.name: m for m in compilation.resolution.models}
    datasets = input_datasets(project, resolved)
    chosen = None if models is None else set(models)
    for model in compilation.resolution.models:
        if model.name in lineage.stored and (chosen is None or model.name in chosen):
            output = output_dataset(project, model)
            yield {
                "eventTime": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "producer": PRODUCER,
                "schemaURL": _EVENT,
                "job": _job(f"{project.settings.name}.{project.target.name}", model),
                "inputs": [_dataset(datasets[n]) for n in lineage.inputs(model.name)],
                "outputs": [_output(output, model, lineage, datasets)] if output else [],
            }


def _job(namespace: str, model: ResolvedModel) -> Json:
    facets = {
        "jobType": _facet(
            "jobType", processingType="STREAMING", integration="STREAMSQL", jobType="QUERY"
        ),
        "sql": _facet("sql", query=model.sql),
    }
    description = model.parsed.rendered.model.description
    if description:
        facets["documentation"] = _facet("documentation", description=description)
    return {"namespace": namespace, "name": model.name, "facets": facets}


def _facet(name: str, **content: Any) -> Json:
    schema = _FACETS[name]
    pointer = f"{_SPEC}/facets/{schema}.json#/$defs/{schema.partition('/')[2]}"
    return {"_producer": PRODUCER, "_schemaURL": pointer, **content}


def _dataset(dataset: Dataset) -> Json:
    made: Json = {"namespace": dataset.namespace, "name": dataset.name}
    if dataset.columns:
        fields = [_field(name, _read(text)) for name, text in dataset.columns]
        made["facets"] = {"schema": _facet("schema", fields=fields)}
    return made


def _read(text: str | None) -> DataType | None:
    try:
        return parse_type(text) if text else None
    except DataTypeError:
        return None


def _field(name: str, data_type: DataType | None) -> Json:
    made: Json = {"name": name}
    if data_type is not None:
        made["type"] = ddl(data_type)
    inner = data_type.element if isinstance(data_type, Array) else data_type
    if isinstance(inner, Struct):
        made["fields"] = [_field(f.name, f.type) for f in inner.fields]
    return made


def _output(
    output: Dataset, model: ResolvedModel, lineage: ProjectLineage, datasets: Mapping[str, Dataset]
) -> Json:
    made = _dataset(output)
    fields = {
        column: {
            "inputFields": [
                _input(datasets[use.node], use)
                for use in lineage.origins(model.name, column, queries=True)
                if use.node in datasets
            ]
        }
        for column in lineage.columns(model.name)
    }
    rows = lineage.row_origins(model.name, queries=True)
    facet = _facet("columnLineage", fields=fields, dataset=list(_row_inputs(rows, datasets)))
    made.setdefault("facets", {})["columnLineage"] = facet
    return made


def _input(dataset: Dataset, use: ColumnUse) -> Json:
    return _used(dataset, use.path, [("DIRECT", How(use.how).name)])


def _row_inputs(rows: Iterable[RowUse], datasets: Mapping[str, Dataset]) -> Iterator[Json]:
    hows: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for use in rows:
        hows.setdefault((use.node, use.path), []).append(("INDIRECT", _ROWS[use.how]))
    for (node, path), kinds in hows.items():
        if node in datasets:
            yield _used(datasets[node], path, kinds)


def _used(dataset: Dataset, path: str, kinds: Iterable[tuple[str, str]]) -> Json:
    return {
        "namespace": dataset.namespace,
        "name": dataset.name,
        "field": path,
        "transformations": [
            {"type": kind, "subtype": subtype, "description": "", "masking": False}
            for kind, subtype in kinds
        ],
    }
