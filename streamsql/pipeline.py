"""The whole architecture: from a project's files to all that can be known without running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streamsql.checks import WholeProject, check_project
from streamsql.checks.catalogue import catalogue
from streamsql.checks.judgement import errors_of, judge
from streamsql.checks.plugins import load_rules
from streamsql.checks.runnable import check_runnable
from streamsql.collector import collector_paused
from streamsql.errors import ModelError
from streamsql.findings import Finding, sort_findings
from streamsql.graph import Graph, build_graph
from streamsql.parse import ParsedModel, parse_model
from streamsql.plan import plan_project
from streamsql.plan.nodes import Plan
from streamsql.project import load_project
from streamsql.project.nodes import Project, ProjectFiles
from streamsql.render import RenderContext, render_project
from streamsql.render.rendered import RenderedModel
from streamsql.resolve import Resolution, resolve_models


@dataclass(frozen=True, slots=True)
class Compilation:
    """What each stage gave, upstream models first, and the findings of all of them.

    ``findings`` are weighed as the project's settings of lint say; ``errors`` are those that
    forbid a run, whatever they say. ``adoptable`` is what a baseline may hold. ``disabled`` are
    the models that are switched off; ``readable`` is what ``ref()`` can name, and what that is.
    ``plan`` is None while the project has errors: nothing half right is ever run.
    """

    project: Project
    graph: Graph
    rendered: tuple[RenderedModel, ...]
    parsed: tuple[ParsedModel, ...]
    resolution: Resolution
    plan: Plan | None
    findings: tuple[Finding, ...]
    errors: tuple[Finding, ...] = ()
    adoptable: tuple[Finding, ...] = ()
    disabled: tuple[str, ...] = ()
    readable: Mapping[str, str] = field(default_factory=dict)


def compile_project(
    files: ProjectFiles,
    target: str | None = None,
    *,
    context: RenderContext | None = None,
    installed_spark: str | None = None,
    with_plan: bool = True,
) -> Compilation:
    """Load, render, parse, link, resolve, check and plan a project.

    ``target`` is one of the profile's outputs (default: the profile's own choice);
    ``context`` is what Jinja sees of this invocation; ``installed_spark`` is the version
    that analysis assumes where the profile names none. Without ``with_plan`` there is none,
    only what planning finds: writing the SQL of every query is a good part of a compile.

    Raises:
        ProjectError: the project cannot be read at all.
    """
    with collector_paused():
        project = load_project(files, target, installed_spark=installed_spark)
        rendering = render_project(project, context or RenderContext())
        graph = build_graph(project, rendering.models, rendering.disabled)
        parsed, broken = _parse(graph, rendering.models)
        resolution = resolve_models(project, parsed, rendering.source_tests)
        theirs = load_rules(project.settings, files.texts, catalogue())
        known = catalogue(theirs.rules)
        whole = WholeProject(
            project, graph, rendering.models, resolution.relations, files.own_texts
        )
        checked = check_project(whole, resolution, theirs)
        found = (
            *project.findings,
            *rendering.findings,
            *graph.findings,
            *broken,
            *resolution.findings,
            *checked,
            *theirs.findings,
        )
        broken_below = graph.unsound(errors_of(found, known))
        sound = tuple(m for m in resolution.models if m.name not in broken_below)
        if with_plan:
            planning = plan_project(project, resolution._replace(models=sound))
            faults = planning.findings
        else:
            planning = None
            faults = check_runnable(project, ((m.parsed.rendered, m.output_mode) for m in sound))
    found = sort_findings((*found, *faults))
    judged = judge(found, project, whole.texts, known)
    return Compilation(
        project=project,
        graph=graph,
        rendered=rendering.models,
        parsed=parsed,
        resolution=resolution,
        plan=None if judged.errors or planning is None else planning.plan,
        findings=judged.findings,
        errors=judged.errors,
        adoptable=judged.adoptable,
        disabled=rendering.disabled,
        readable=rendering.readable,
    )


def _parse(
    graph: Graph, rendered: Sequence[RenderedModel]
) -> tuple[tuple[ParsedModel, ...], tuple[Finding, ...]]:
    """Parse what can be parsed, in the graph's order; models of a cycle have no meaning."""
    models = {r.model.name: r for r in rendered}
    parsed: list[ParsedModel] = []
    broken: list[Finding] = []
    for name in graph.order:
        if name not in models or name in graph.cyclic:
            continue
        try:
            parsed.append(parse_model(models[name]))
        except ModelError as error:
            broken.append(error.finding)
    return tuple(parsed), tuple(broken)
