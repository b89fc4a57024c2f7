"""Rules over what was resolved: each finds one kind of mistake that SQL alone does not forbid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streamsql.checks.objections import standing
from streamsql.checks.options import model_options, source_options
from streamsql.checks.plugins import TheirRules, apply_safely
from streamsql.checks.registry import MODEL_RULES, PROJECT_RULES, SOURCE_RULES
from streamsql.checks.rule import (
    Fault,
    Rule,
    WholeProject,
    model_rule,
    project_rule,
    source_rule,
)
from streamsql.findings import Finding, Severity
from streamsql.project.nodes import Project
from streamsql.resolve import Relation, Resolution, ResolvedModel

__all__ = [
    "MODEL_RULES",
    "PROJECT_RULES",
    "SOURCE_RULES",
    "Fault",
    "Rule",
    "Severity",
    "TheirRules",
    "WholeProject",
    "check_model",
    "check_project",
    "check_sources",
    "check_whole",
    "model_rule",
    "project_rule",
    "source_rule",
]


def check_project(
    whole: WholeProject, resolution: Resolution, theirs: TheirRules | None = None
) -> tuple[Finding, ...]:
    """Apply every rule to every source, to every model that could be resolved, and to the whole.

    ``theirs`` are the rules of packages and of the project itself.
    """
    found = (*_findings(whole.project, resolution), *check_whole(whole))
    return (*found, *_of_others(theirs, whole, resolution)) if theirs else found


def check_model(model: ResolvedModel, relations: Mapping[str, Relation]) -> Iterator[Finding]:
    """Apply our rules over models to one of them; ``relations`` are all that can be read."""
    yield from model_options(model)
    name = model.name
    for rule in _RULES[_is_complete(model, relations), bool(standing(model))]:
        for fault in rule.faults(model):
            yield rule.finding(fault, name)


def check_whole(whole: WholeProject) -> Iterator[Finding]:
    """Apply our rules over the whole of a project."""
    for rule in PROJECT_RULES:
        yield from rule.findings(whole)


def check_sources(project: Project) -> Iterator[Finding]:
    """Apply our rules over sources to each of them."""
    for source in project.sources:
        yield from source_options(source)
        for ours in SOURCE_RULES:
            yield from ours.findings(source)


def _findings(project: Project, resolution: Resolution) -> Iterator[Finding]:
    yield from check_sources(project)
    for model in resolution.models:
        yield from check_model(model, resolution.relations)


_RULES = {
    (complete, refused): tuple(
        rule
        for rule in MODEL_RULES
        if (complete or not rule.needs_all_columns) and (refused or not rule.of_refusals)
    )
    for complete in (True, False)
    for refused in (True, False)
}
"""The rules to ask about a model: by whether all its columns are known, and Spark refuses some."""


def _is_complete(model: ResolvedModel, relations: Mapping[str, Relation]) -> bool:
    """Tell whether all columns of a model are known; a broken one has no relation."""
    relation = relations.get(model.parsed.rendered.model.relation)
    return relation is not None and relation.complete


def _of_others(
    theirs: TheirRules, whole: WholeProject, resolution: Resolution
) -> Iterator[Finding]:
    place = whole.project.settings.location
    for rule in theirs.asked_of("source"):
        yield from apply_safely(rule, ((s, None) for s in whole.project.sources), place)
    for rule in theirs.asked_of("model"):
        models = resolution.models
        asked = (
            m for m in models if not rule.needs_all_columns or _is_complete(m, resolution.relations)
        )
        yield from apply_safely(rule, ((m, m.name) for m in asked), place)
    for rule in theirs.asked_of("project"):
        yield from apply_safely(rule, ((whole, None),), place)
