"""One model looked at again inside a project that is open, as an editor does at each keystroke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from streamsql.checks import WholeProject, check_model, check_whole
from streamsql.checks.catalogue import catalogue
from streamsql.checks.judgement import judge
from streamsql.checks.plugins import load_rules
from streamsql.errors import ModelError
from streamsql.findings import Finding, sort_findings
from streamsql.graph import Graph
from streamsql.parse import parse_model
from streamsql.pipeline import Compilation, compile_project
from streamsql.project.nodes import Model, ProjectFiles
from streamsql.render import RenderContext
from streamsql.render.render import Renderer, render_again
from streamsql.render.rendered import RenderedModel
from streamsql.resolve import Relation, resolve_again


@dataclass(frozen=True, slots=True)
class OpenProject:
    """A project that was compiled, and what is needed to look at single models of it again.

    ``alone`` is False where rules of others are in use: what those look at is not known, so
    that the whole is compiled again each time.
    """

    files: ProjectFiles
    target: str | None
    context: RenderContext
    installed_spark: str | None
    compilation: Compilation
    renderer: Renderer
    alone: bool

    def model_at(self, path: str) -> Model | None:
        """Return the model of a file."""
        return next((m for m in self.compilation.project.models if m.path == path), None)


def open_project(
    files: ProjectFiles,
    target: str | None = None,
    *,
    context: RenderContext | None = None,
    installed_spark: str | None = None,
) -> OpenProject:
    """Compile a project so that its models can be looked at again one by one.

    Raises:
        ProjectError: the project cannot be read at all.
    """
    given = context or RenderContext()
    compilation = compile_project(
        files, target, context=given, installed_spark=installed_spark, with_plan=False
    )
    project = compilation.project
    theirs = load_rules(project.settings, files.texts, catalogue())
    return OpenProject(
        files,
        target,
        given,
        installed_spark,
        compilation,
        Renderer(project, given),
        not theirs.rules and not theirs.findings,
    )


def recheck(opened: OpenProject, path: str, text: str) -> tuple[Finding, ...]:
    """Return the findings of one model as they would be if its file had this text.

    They are those of a compile of the whole project that belong to this model, or to its file
    and to no model. What the change does to the models that read it is for a compile to say.
    """
    model = opened.model_at(path)
    if model is None or not opened.alone:
        return _compiled(opened, path, text)
    edited = model._replace(template=text)
    attempt, found = render_again(opened.renderer, edited, opened.compilation.readable)
    rendered = attempt.rendered
    is_broken = rendered is None or any(f.is_error for f in found)
    if attempt.enabled == (model.name in opened.compilation.disabled) or not attempt.enabled:
        return _compiled(opened, path, text)
    now = None if is_broken else rendered
    graph = _linked(opened.compilation.graph, edited, now)
    if graph is None:
        return _compiled(opened, path, text)
    everything = (*found, *_of_the_rest(opened, edited, now, graph))
    return _judged(opened, edited, everything)


def _compiled(opened: OpenProject, path: str, text: str) -> tuple[Finding, ...]:
    """Compile the whole project with a file changed: what is always right."""
    files = replace(opened.files, texts={**opened.files.texts, path: text})
    compilation = compile_project(
        files,
        opened.target,
        context=opened.context,
        installed_spark=opened.installed_spark,
        with_plan=False,
    )
    name = next((m.name for m in compilation.project.models if m.path == path), None)
    return tuple(f for f in compilation.findings if _belongs(f, name, path))


def _belongs(finding: Finding, model: str | None, path: str) -> bool:
    if finding.model is None:
        return finding.location.path == path
    return finding.model == model


def _linked(graph: Graph, model: Model, rendered: RenderedModel | None) -> Graph | None:
    """Return the graph with what the model reads now; None where models may form a circle."""
    if graph.cyclic:
        return None
    names = (r.name for r in rendered.all_references) if rendered is not None else ()
    parents = tuple(dict.fromkeys(name for name in names if name in graph.nodes))
    before = graph.parents[model.name]
    config = rendered.config if rendered is not None else None
    node = graph.nodes[model.name]._replace(tags=config.tags if config else (), config=config)
    nodes = {**graph.nodes, model.name: node}
    if parents == before:
        return graph._replace(nodes=nodes)
    added = set(parents) - set(before)
    if model.name in added or model.name in graph.ancestors(added):
        return None
    children = dict(graph.children)
    for name in set(before) - set(parents):
        children[name] = tuple(c for c in children[name] if c != model.name)
    for name in added:
        children[name] = (*children[name], model.name)
    return graph._replace(
        nodes=nodes, parents={**graph.parents, model.name: parents}, children=children
    )


def _of_the_rest(
    opened: OpenProject, model: Model, rendered: RenderedModel | None, graph: Graph
) -> Iterator[Finding]:
    """Yield what parsing, resolving and rules find, with the other models as they were."""
    before = opened.compilation.resolution
    spark = opened.compilation.project.target.spark
    relations = {k: v for k, v in before.relations.items() if k != model.relation}
    if rendered is not None:
        try:
            parsed = parse_model(rendered)
        except ModelError as error:
            yield error.finding
        else:
            resolved, after = resolve_again(parsed, before, spark)
            yield from after.findings
            relations = dict(after.relations)
            if resolved is not None:
                yield from check_model(resolved, relations)
    others = (r for r in opened.compilation.rendered if r.model.name != model.name)
    seen = (*others, *((rendered,) if rendered is not None else ()))
    yield from check_whole(_whole(opened, model, seen, graph, relations))


def _whole(
    opened: OpenProject,
    model: Model,
    rendered: tuple[RenderedModel, ...],
    graph: Graph,
    relations: Mapping[str, Relation],
) -> WholeProject:
    project = opened.compilation.project
    models = tuple(model if m.name == model.name else m for m in project.models)
    texts = {**opened.files.own_texts, model.path: model.template}
    return WholeProject(replace(project, models=models), graph, rendered, relations, texts)


def _judged(opened: OpenProject, model: Model, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Weigh what was found of a model. Of all else it matters only whether there are errors."""
    compilation = opened.compilation
    project, path = compilation.project, model.path
    errors = (f for f in compilation.errors if not _belongs(f, model.name, path))
    others = tuple(islice(errors, 1))
    loading = (f for f in project.findings if _belongs(f, model.name, path))
    mine = (f for f in found if _belongs(f, model.name, path))
    texts = {**opened.files.texts, path: model.template}
    every = sort_findings((*others, *loading, *mine))
    judged = judge(every, project, texts, catalogue())
    return tuple(f for f in judged.findings if _belongs(f, model.name, path))
