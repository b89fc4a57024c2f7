"""Rendering a project: Jinja becomes SQL text, references and complete settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jinja2 import Template

from streamsql.findings import Finding, Location, sort_findings
from streamsql.project.config import merge_config
from streamsql.project.faults import Faults
from streamsql.project.masking import mask_finding
from streamsql.project.nodes import DataTest, MacroFile, Model, ModelConfig, Project
from streamsql.project.sandbox import whole_text
from streamsql.project.schema_files import SchemaFiles
from streamsql.render.data_tests import render_tests
from streamsql.render.environment import ModelEnvironment, Parsed, Work
from streamsql.render.functions import (
    Functions,
    RenderContext,
    This,
    builtin_names,
    check_references,
    model_view,
)
from streamsql.render.mistakes import Whereabouts, explain, explain_unreadable
from streamsql.render.pieces import Piece, join_pieces, source_map
from streamsql.render.rendered import Reference, RenderedModel, RenderedTest
from streamsql.render.simple import read_simple, simple_pieces


@dataclass(frozen=True, slots=True)
class Rendering:
    """The models that could be rendered and are enabled, and what was wrong with the others.

    ``readable`` is what ``ref()`` can name, and what it is: a materialization, ``seed`` or
    ``disabled``. ``source_tests`` are the data tests of sources, by relation.
    """

    models: tuple[RenderedModel, ...]
    findings: tuple[Finding, ...]
    disabled: tuple[str, ...] = ()
    readable: Mapping[str, str] = field(default_factory=dict)
    source_tests: Mapping[str, tuple[RenderedTest, ...]] = field(default_factory=dict)


class Attempt(NamedTuple):
    """One model's rendering: nothing rendered if its template failed."""

    model: Model
    rendered: RenderedModel | None
    findings: tuple[Finding, ...]

    @property
    def enabled(self) -> bool:
        """Whether the model takes part; a broken one does unless its YAML says otherwise."""
        if self.rendered is not None:
            return self.rendered.config.enabled
        return bool(self.model.yaml_config.get("enabled", True))


def render_project(project: Project, context: RenderContext | None = None) -> Rendering:
    """Render every model of a project; a broken model does not stop the others.

    A model with an error of its own is left out, and so is one whose references lead nowhere.
    """
    renderer = Renderer(project, context or RenderContext())
    return gathered(renderer, [renderer.render(model) for model in project.models])


def gathered(renderer: Renderer, attempts: Sequence[Attempt]) -> Rendering:
    """Return what the attempts at all models of a project come to."""
    project = renderer.project
    readable = _readable(project, attempts)
    known = _Known.of(project, readable)
    findings = list(renderer.findings)
    models = []
    for attempt in attempts:
        if not attempt.enabled:
            continue
        found = (*attempt.findings, *_reference_findings(known, attempt))
        findings += found
        if attempt.rendered is not None and not any(f.is_error for f in found):
            models.append(attempt.rendered)
    source_tests, found = _source_tests(renderer, readable)
    masked = (mask_finding(finding, project.secrets) for finding in (*findings, *found))
    disabled = tuple(attempt.model.name for attempt in attempts if not attempt.enabled)
    return Rendering(tuple(models), sort_findings(masked), disabled, readable, source_tests)


def _source_tests(
    renderer: Renderer, readable: Mapping[str, str]
) -> tuple[Mapping[str, tuple[RenderedTest, ...]], tuple[Finding, ...]]:
    made: dict[str, tuple[RenderedTest, ...]] = {}
    faults = Faults()
    for source in renderer.project.sources:
        if source.tests:
            tests, found = renderer.tests(source.tests, source.unique_name, None)
            made[source.relation] = tests
            faults.found += found
            references = tuple(r for test in tests for r in test.references)
            seeds = {name: kind for name, kind in readable.items() if kind == "seed"}
            check_references(references, seeds, (), faults)
    return made, tuple(faults.found)


def render_again(
    renderer: Renderer, model: Model, readable: Mapping[str, str]
) -> tuple[Attempt, tuple[Finding, ...]]:
    """Render one model of a project whose other models are ``readable``, and check its refs.

    As in ``render_project``, a model with an error among the findings counts as broken.
    """
    attempt = renderer.render(model)
    if not attempt.enabled:
        return attempt, ()
    known = _Known.of(renderer.project, readable)
    found = (*attempt.findings, *_reference_findings(known, attempt))
    return attempt, tuple(mask_finding(f, renderer.project.secrets) for f in found)


def render_model(project: Project, name: str, context: RenderContext | None = None) -> Attempt:
    """Render one model alone; whether its references lead anywhere is not looked at.

    Raises:
        KeyError: the project has no such model.
    """
    model = {model.name: model for model in project.models}[name]
    return Renderer(project, context or RenderContext()).render(model)


def _readable(project: Project, attempts: Sequence[Attempt]) -> Mapping[str, str]:
    """Return what ``ref()`` can name: what it is, as far as that decides if it can be read."""
    readable = {seed.name: "seed" for seed in project.seeds}
    for attempt in attempts:
        config = attempt.rendered.config if attempt.rendered else ModelConfig()
        readable[attempt.model.name] = config.materialized if attempt.enabled else "disabled"
    return readable


class _Known(NamedTuple):
    """What references can lead to; ``unreadable`` are the files that may declare more."""

    readable: Mapping[str, str]
    sources: Mapping[str, None]
    unreadable: tuple[str, ...]

    @classmethod
    def of(cls, project: Project, readable: Mapping[str, str]) -> _Known:
        broken = {f.location.path for f in project.findings if f.rule == "yaml-syntax"}
        sources = dict.fromkeys(source.unique_name for source in project.sources)
        return cls(readable, sources, tuple(sorted(broken)))


def _reference_findings(known: _Known, attempt: Attempt) -> tuple[Finding, ...]:
    if attempt.rendered is None:
        return ()
    faults = Faults(attempt.model.name)
    references = attempt.rendered.all_references
    check_references(references, known.readable, known.sources, faults, known.unreadable)
    return tuple(_naming_caller(finding, attempt.model) for finding in faults.found)


class Renderer:
    """Renders the models of one project, one after the other, with its macros at hand.

    Without ``shortcuts`` every template is compiled by Jinja; the result is the same.
    """

    def __init__(self, project: Project, context: RenderContext, shortcuts: bool = True) -> None:
        self.project = project
        self.shortcuts = shortcuts
        self.environment = ModelEnvironment()
        self.functions = Functions(project, self.environment)
        self.names: dict[str, Any] = {
            **self.environment.globals,
            **builtin_names(project, self.functions, context),
        }
        self.parsed: dict[str, Parsed] = {}
        self.unparsed: dict[str, str] = {}
        self.environment.known_names = self.names
        self.findings: list[Finding] = []
        macro_places: dict[str, Location] = {}
        for file in project.macros:
            self._add_macros(file, macro_places)

    def render(self, model: Model) -> Attempt:
        """Render one model."""
        call = self.functions.begin(model)
        self.names.update(this=This(model.name), model=model_view(model))
        text = self._text(model.path, model.template)
        if isinstance(text, Finding):
            return Attempt(model, None, (_naming_caller(text, model), *call.warnings))
        config, findings = merge_config(
            model,
            call.config,
            call.config_places,
            self.project.target.connections,
            SchemaFiles(self.project.schemas, self.project.settings),
        )
        references = tuple(call.references)
        tests, wrong = self.tests(model.tests, model.name, model)
        rendered = RenderedModel(
            model=model,
            sql="".join((text, "")),
            references=references,
            config=config,
            source_map=source_map(text, Location(model.path)),
            config_places={**model.config_locations, **call.config_places},
            tests=tests,
            test_references=tuple(r for test in tests for r in test.references),
        )
        found = (*findings, *call.warnings, *wrong)
        return Attempt(model, rendered, tuple(_naming_caller(f, model) for f in found))

    def tests(
        self, tests: Sequence[DataTest], owner: str, model: Model | None
    ) -> tuple[tuple[RenderedTest, ...], tuple[Finding, ...]]:
        """Render the data tests of a model or, without one, of a source."""

        def expand(
            path: str, called: Callable[[], str]
        ) -> tuple[Piece | Finding, tuple[Reference, ...]]:
            call = self.functions.begin(model)
            text = self._joined(path, lambda: (called(),))
            return text, tuple(call.references)

        return render_tests(tests, owner, self.names, expand)

    def _text(self, path: str, template: str) -> Piece | Finding:
        parts = read_simple(path, template) if self.shortcuts else None
        if parts is not None:
            self.unparsed[path] = template
            return self._joined(
                path, lambda: simple_pieces(self.environment, path, parts, self.names)
            )
        parsed = self._parsed(path, template)
        if isinstance(parsed, Finding):
            return parsed
        ready = self._compiled(parsed)
        if isinstance(ready, Finding):
            return ready
        context = ready.new_context(self.names, shared=True)
        return self._joined(path, lambda: ready.root_render_func(context))

    def _parsed(self, path: str, text: str) -> Parsed | Finding:
        try:
            parsed = self.environment.parse_template(path, text)
        except Exception as error:  # noqa: BLE001 - deep nesting is too much for Jinja
            return explain_unreadable(error, path)
        self.parsed[path] = parsed
        return parsed

    def _compiled(self, parsed: Parsed) -> Template | Finding:
        try:
            return self.environment.template(parsed)
        except Exception as error:  # noqa: BLE001 - or for Python
            return explain_unreadable(error, parsed.path)

    def _joined(self, path: str, pieces: Callable[[], Iterable[str]]) -> Piece | Finding:
        work = self.environment.work = Work()
        try:
            text = join_pieces(pieces())
            whole_text(text)
            return text
        except Exception as error:  # noqa: BLE001 - whatever a template does is the user's
            return explain(error, path, work, Whereabouts(self._names_in, self.names))

    def _names_in(self, path: str) -> Mapping[str, tuple[Location, ...]]:
        if path in self.unparsed:
            self._parsed(path, self.unparsed.pop(path))
        return self.parsed[path].names() if path in self.parsed else {}

    def _add_macros(self, file: MacroFile, places: dict[str, Location]) -> None:
        """Make the macros of a file known to all templates."""
        parsed = self._parsed(file.path, file.template)
        ready = self._compiled(parsed) if isinstance(parsed, Parsed) else parsed
        if isinstance(parsed, Finding) or isinstance(ready, Finding):
            self.findings += [f for f in (parsed, ready) if isinstance(f, Finding)][:1]
            return
        self.functions.begin(None)
        context = ready.new_context(self.names, shared=True)
        text = self._joined(file.path, lambda: ready.root_render_func(context))
        if isinstance(text, Finding):
            self.findings.append(text)
        self._take_macros(parsed, context.vars, places)

    def _take_macros(
        self, parsed: Parsed, made: Mapping[str, Any], places: dict[str, Location]
    ) -> None:
        for name, place in parsed.macros:
            if name in places:
                message = f"there are two macros '{name}'"
                hint = f"the other is at {places[name]}"
                self.findings.append(Finding("duplicate-name", message, place, hint=hint))
            elif name in self.names:
                message = f"a macro cannot be called '{name}': that is built in"
                self.findings.append(Finding("bad-name", message, place))
            elif name in made:
                places[name] = place
                self.names[name] = made[name]


def _naming_caller(finding: Finding, model: Model) -> Finding:
    """Add which model it was that a macro failed for."""
    yaml_files = {place.path for place in model.config_locations.values()}
    yaml_files |= {test.location.path for test in model.tests}
    message = finding.message
    if finding.location.path not in {model.path, *yaml_files}:
        message = f"{message} (rendering the model '{model.name}')"
    return finding._replace(message=message, model=model.name)
