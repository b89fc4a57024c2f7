"""Linting a project by what the last lint knew of each model; what it finds is the same.

A model's rendering depends on its file and YAML, on the macros it names (and those they name),
and on a world that all models share: settings, target, variables, docs, schemas, our own code.
What a query means depends on its rendering and on the relations it reads, as their readers see
them. So work goes down the graph from what has changed, and ends where a relation is as it was.
Rules over the whole project are asked each time, for they read no SQL.

What cannot be known by a key is looked at each time: templates that failed, or that ask for the
time or for chance. Rules of others, models in a circle and names that are ours are for a compile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streamsql.checks import WholeProject, check_model, check_sources, check_whole
from streamsql.checks.catalogue import catalogue
from streamsql.checks.judgement import errors_of, judge
from streamsql.checks.plugins import load_rules
from streamsql.checks.runnable import check_runnable
from streamsql.collector import collector_paused
from streamsql.dialect import take_apart
from streamsql.errors import ModelError
from streamsql.findings import Finding, sort_findings
from streamsql.graph import Graph, build_graph
from streamsql.lint_cache import is_fickle
from streamsql.lint_memory import (
    Memory,
    Record,
    Verdict,
    key_of,
    line_of,
    relation_of,
    relation_text,
    rendering_of,
)
from streamsql.packing import CannotPack
from streamsql.parse import parse_model
from streamsql.project import load_project
from streamsql.project.nodes import MacroFile, Model, Project, ProjectFiles
from streamsql.render import Attempt, RenderContext, RenderedModel, Rendering
from streamsql.render.render import Renderer, gathered
from streamsql.render.rendered import Reference
from streamsql.resolve import Relation, Resolver

_MACRO = re.compile(r"\{%[-+]?\s*macro\s+(\w+)")


class Relinted(NamedTuple):
    """What a lint found, and the lines to keep of it: none where a secret stands in a file."""

    project: Project
    findings: tuple[Finding, ...]
    models: int
    lines: Mapping[str, str] | None


def relint(
    files: ProjectFiles,
    memory: Memory,
    target: str | None = None,
    *,
    context: RenderContext | None = None,
    installed_spark: str | None = None,
) -> Relinted | None:
    """Lint a project; None where only a compile of the whole can say what is wrong with it.

    ``memory`` is of the same world, or empty.

    Raises:
        ProjectError: the project cannot be read at all.
    """
    with collector_paused():
        project = load_project(files, target, installed_spark=installed_spark)
        theirs = load_rules(project.settings, files.texts, catalogue())
        if theirs.rules or theirs.findings:
            return None
        looking = _Looking(Renderer(project, context or RenderContext()), Resolver(project), memory)
        rendering = looking.rendering()
        looking.resolver.test_sources(rendering.source_tests)
        graph = build_graph(project, rendering.models, rendering.disabled)
        if graph.cyclic:
            return None
        try:
            verdicts = looking.verdicts(graph, rendering)
        except CannotPack:
            return None
        if any(f.rule == "reserved-name" for v in verdicts.values() for f in v.found):
            return None
        whole = WholeProject(project, graph, rendering.models, looking.relations, files.own_texts)
        found = _found(whole, rendering, looking.resolver, verdicts)
        judged = judge(found, project, whole.texts, catalogue())
    has_secret = any(f.rule == "literal-secret" for f in found)
    models = sum(node.kind == "model" for node in graph.nodes.values())
    lines = None if has_secret else dict(looking.lines(verdicts))
    return Relinted(project, judged.findings, models, lines)


def _found(
    whole: WholeProject,
    rendering: Rendering,
    resolver: Resolver,
    verdicts: Mapping[str, Verdict],
) -> tuple[Finding, ...]:
    """Return what all stages found, in the order of a compile."""
    resolved = (*resolver.source_findings, *(f for v in verdicts.values() for f in v.found))
    found = (
        *whole.project.findings,
        *rendering.findings,
        *whole.graph.findings,
        *(v.syntax for v in verdicts.values() if v.syntax is not None),
        *dict.fromkeys(resolved),
        *check_sources(whole.project),
        *(f for v in verdicts.values() for f in v.checked),
        *check_whole(whole),
    )
    below = whole.graph.unsound(errors_of(found, catalogue()))
    rendered = {r.model.name: r for r in rendering.models}
    sound = ((rendered[n], v.mode) for n, v in verdicts.items() if v.resolved and n not in below)
    return sort_findings((*found, *check_runnable(whole.project, sound)))


class _Looking:
    """One look at a project: what is remembered of it, and what has to be found out anew."""

    def __init__(self, renderer: Renderer, resolver: Resolver, memory: Memory) -> None:
        self.renderer = renderer
        self.resolver = resolver
        self.memory = memory
        self.records: dict[str, Record] = {}
        self.remembered: set[str] = set()
        self.relations = _Relations(resolver)
        self.relation_keys: dict[str, str] = {}

    def rendering(self) -> Rendering:
        """Render the models whose template may give something else now."""
        keys = _TemplateKeys(self.renderer.project.macros)
        attempts = [self._attempt(m, keys.of(m)) for m in self.renderer.project.models]
        return gathered(self.renderer, attempts)

    def _attempt(self, model: Model, key: str | None) -> Attempt:
        record = self.memory.record(model.name) if key is not None else None
        if record is not None and record.key == key:
            self.records[model.name] = record
            self.remembered.add(model.name)
            return record.attempt(model)
        attempt = self.renderer.render(model)
        rendered = attempt.rendered
        if key is not None and rendered and not any(f.is_error for f in attempt.findings):
            try:
                given = rendering_of(rendered)
            except CannotPack:
                return attempt
            self.records[model.name] = Record(key, given, attempt.findings)
        return attempt

    def verdicts(self, graph: Graph, rendering: Rendering) -> dict[str, Verdict]:
        """Return what is made of each model that rendered, upstream first."""
        models = {r.model.name: r for r in rendering.models}
        for missing in self.renderer.project.models:
            if missing.name not in models:
                self.resolver.give_up(missing.relation, missing.name)
        return {name: self._verdict(models[name]) for name in graph.order if name in models}

    def _verdict(self, rendered: RenderedModel) -> Verdict:
        model = rendered.model
        record = self.records.get(model.name)
        verdict = record.verdict if record is not None else None
        key = key_of(record.key, *map(self._state, rendered.all_references)) if record else ""
        if verdict is None or verdict.key != key:
            verdict = self._looked_at(rendered, key)
        elif verdict.relation is not None:
            self.relations.kept[model.relation] = verdict.relation
        if verdict.blamed is not None:
            self.resolver.give_up(model.relation, verdict.blamed)
        if verdict.merged:
            self.resolver.take_merged(model.relation)
        if verdict.relation_key is not None:
            self.relation_keys[model.relation] = verdict.relation_key
        return verdict

    def _state(self, reference: Reference) -> str:
        """Return all that the reader of a relation can see of it, as a text."""
        name = reference.relation
        blamed = self.resolver.broken.get(name.lower())
        if blamed is not None:
            return f"{name} is broken by {blamed}"
        key = self.relation_keys.get(name)
        if key is None and name in self.resolver.relations:
            key = key_of(relation_text(self.resolver.relations[name]))
            self.relation_keys[name] = key
        return f"{name} {key} {name.lower() in self.resolver.merged}"

    def _looked_at(self, rendered: RenderedModel, key: str) -> Verdict:
        model = rendered.model
        if model.name in self.remembered:
            again = self.renderer.render(model).rendered
            assert again is not None, "it could be rendered, and nothing has changed"
            rendered = again
        for reference in rendered.all_references:
            self.relations.get(reference.relation)
        try:
            parsed = parse_model(rendered)
        except ModelError as error:
            return Verdict(key, error.finding, blamed=model.name)
        outcome = self.resolver.resolve(parsed)
        made = outcome.resolved
        checked = tuple(check_model(made, self.resolver.relations)) if made is not None else ()
        take_apart(parsed.nodes)
        text = None if outcome.relation is None else relation_text(outcome.relation)
        return Verdict(
            key,
            None,
            outcome.findings,
            checked,
            text,
            None if text is None else key_of(text),
            outcome.blamed,
            outcome.merged,
            None if made is None else made.output_mode,
            made is not None,
        )

    def lines(self, verdicts: Mapping[str, Verdict]) -> Iterator[tuple[str, str]]:
        """Yield the line to keep of each model; those that nothing has changed in are there."""
        for name, record in self.records.items():
            verdict = verdicts.get(name, record.verdict)
            if name in self.remembered and verdict is record.verdict:
                yield name, self.memory.lines[name]
            else:
                yield name, line_of(record._replace(verdict=verdict))


class _Relations(Mapping[str, Relation]):
    """All that can be read; what is remembered is made of its text when somebody asks."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.kept: dict[str, str] = {}

    def __getitem__(self, name: str) -> Relation:
        text = self.kept.pop(name, None)
        if text is not None:
            self.resolver.take(relation_of(text))
        return self.resolver.relations[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.resolver.relations
        yield from self.kept

    def __len__(self) -> int:
        return len(self.resolver.relations) + len(self.kept)


class _TemplateKeys:
    """A hash of all that a template gives, for each model."""

    def __init__(self, macros: tuple[MacroFile, ...]) -> None:
        self.files = {file.path: file.template for file in macros}
        self.defined = [
            (name, path) for path, text in self.files.items() for name in _MACRO.findall(text)
        ]

    def of(self, model: Model) -> str | None:
        """Return the key of a model; None where a template gives something else each time."""
        tests = " ".join(f"test_{test.name}" for test in model.tests)
        used = self._files_named_in(f"{model.template} {tests}")
        if any(map(is_fickle, (model.template, *(self.files[path] for path in used)))):
            return None
        return key_of(repr(model), *(part for p in used for part in (p, self.files[p])))

    def _files_named_in(self, template: str) -> list[str]:
        """Return the macro files that a template may call into: those whose macros it names."""
        reached: set[str] = set()
        waiting = [template]
        while waiting:
            text = waiting.pop()
            for name, path in self.defined:
                if path not in reached and name in text:
                    reached.add(path)
                    waiting.append(self.files[path])
        return sorted(reached)
