"""Rules over what was resolved: each finds one kind of mistake that SQL alone does not forbid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamsql.checks.options import model_options, source_options
from streamsql.checks.registry import MODEL_RULES, PROJECT_RULES, SOURCE_RULES
from streamsql.checks.rule import WholeProject
from streamsql.findings import Finding
from streamsql.graph import Graph
from streamsql.project.nodes import Project
from streamsql.render.rendered import RenderedModel
from streamsql.resolve import Resolution

__all__ = ["MODEL_RULES", "PROJECT_RULES", "SOURCE_RULES", "check_project"]


def check_project(
    project: Project, graph: Graph, rendered: Sequence[RenderedModel], resolution: Resolution
) -> tuple[Finding, ...]:
    """Apply every rule to every source, to every model that could be resolved, and to the whole."""
    whole = WholeProject(project, graph, tuple(rendered), resolution.relations)
    return (*_findings(project, resolution), *_of_the_whole(whole))


def _findings(project: Project, resolution: Resolution) -> Iterator[Finding]:
    for source in project.sources:
        yield from source_options(source)
        for source_rule in SOURCE_RULES:
            yield from source_rule.findings(source)
    for model in resolution.models:
        yield from model_options(model)
        relation = resolution.relations.get(model.parsed.rendered.model.relation)
        complete = relation is not None and relation.complete  # a broken model has no relation
        for model_rule in MODEL_RULES:
            if complete or not model_rule.needs_all_columns:
                yield from model_rule.findings(model, model.name)


def _of_the_whole(whole: WholeProject) -> Iterator[Finding]:
    for rule in PROJECT_RULES:
        yield from rule.findings(whole)
