"""What models and macros can call and look at while they are rendered."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

import yaml

from streamsql.findings import Finding, Location, Severity, did_you_mean
from streamsql.project.faults import Faults
from streamsql.project.lookups import DocLookup, EnvLookup, VarLookup, target_view
from streamsql.project.marked import plain, read_yaml
from streamsql.project.nodes import Model, Project
from streamsql.project.sandbox import TemplateFault, whole_text
from streamsql.render.environment import MacroReturn, ModelEnvironment, Site
from streamsql.render.rendered import Reference

_LOG = logging.getLogger("streamsql.jinja")
_NOTHING = object()


class RenderContext(NamedTuple):
    """What a compile is given from outside, so that rendering itself reads no clock."""

    run_started_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    invocation_id: str = "00000000-0000-0000-0000-000000000000"


@dataclass(slots=True)
class Call:
    """What the template of one model has called so far."""

    model: Model | None = None
    references: list[Reference] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    config_places: dict[str, Location] = field(default_factory=dict)
    warnings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class This:
    """The model being rendered, as ``this``; it is written as its plain name."""

    OFFERED: ClassVar = ("name", "identifier")
    name: str

    @property
    def identifier(self) -> str:
        """The same name, as dbt calls it."""
        return self.name

    def __str__(self) -> str:
        return self.name


class Functions:
    """The functions of one project's templates; ``call`` is the model they work for."""

    def __init__(self, project: Project, environment: ModelEnvironment) -> None:
        self.project = project
        self.environment = environment
        self.call = Call()

    def begin(self, model: Model | None) -> Call:
        """Start anew, for another model."""
        self.call = Call(model)
        return self.call

    def ref(self, *names: Any, **options: Any) -> str:
        """Refer to a model or seed; dbt's form with the project's name first is known too."""
        if options or not 1 <= len(names) <= 2 or not _are_texts(names):
            raise TemplateFault("wrong-arguments", "ref() takes the name of a model", "ref('x')")
        if len(names) == 2 and names[0] != self.project.settings.name:
            raise TemplateFault(
                "unknown-ref",
                f"there is no project '{names[0]}' beside this one",
                f"this project is '{self.project.settings.name}'",
            )
        name = str(names[-1])
        return self._refer("ref", name, f"ref__{name}", name)

    def source(self, *names: Any, **options: Any) -> str:
        """Refer to a table of a source."""
        if options or len(names) != 2 or not _are_texts(names):
            raise TemplateFault(
                "wrong-arguments",
                "source() takes the names of a source and of its table",
                "source('shop', 'orders')",
            )
        source, table = (str(name) for name in names)
        return self._refer("source", f"{source}.{table}", f"source__{source}__{table}", table)

    def _refer(self, kind: str, name: str, relation: str, alias: str) -> str:
        location = self._site().location
        self.call.references.append(Reference(kind, name, relation, alias, location))
        return relation

    def _site(self) -> Site:
        return self.environment.work.sites[-1]

    def log(self, message: Any, info: bool = False) -> str:
        """Write a line to the log, at level info or debug."""
        _LOG.log(logging.INFO if info else logging.DEBUG, "%s", message)
        return ""

    def warn(self, message: Any) -> str:
        """Report a warning where it is called."""
        model = self.call.model
        finding = Finding(
            "raised",
            str(message),
            self._site().location,
            Severity.WARNING,
            model=model.name if model else None,
        )
        self.call.warnings.append(finding)
        return ""


@dataclass(frozen=True, slots=True)
class Config:
    """``config(…)`` sets settings of the model; ``config.get`` looks at them."""

    OFFERED: ClassVar = ("get", "require")
    functions: Functions

    def __call__(self, *tables: Any, **settings: Any) -> str:
        """Set settings; what they mean is checked once the model is rendered."""
        if len(tables) > 1 or not all(isinstance(t, Mapping) for t in tables):
            raise TemplateFault(
                "wrong-arguments", "config() takes settings by name", "config(materialized='topic')"
            )
        call, site = self.functions.call, self.functions._site()  # noqa: SLF001 - one module
        given = {str(k): v for table in tables for k, v in table.items()} | settings
        for name, value in given.items():
            call.config[name] = _settled(value)
            call.config_places[name] = site.keywords.get(name, site.location)
        return ""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting as it is known so far: from folders, YAML, or calls above."""
        call = self.functions.call
        if name in call.config:
            return call.config[name]
        return call.model.yaml_config.get(name, default) if call.model else default

    def require(self, name: str) -> Any:
        """Return a setting that must be there."""
        value = self.get(name, _NOTHING)
        if value is _NOTHING:
            raise TemplateFault("missing-config", f"this model needs the setting '{name}'")
        return value


def _settled(value: Any) -> Any:
    """Return a value that is surely one: what is undefined is reported where it is written."""
    if isinstance(value, Mapping):
        return {whole_text(str(key)): _settled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(inner) for inner in value]
    whole_text(str(value))  # raises if it is undefined, or a number that no text can hold
    return value


@dataclass(frozen=True, slots=True)
class Exceptions:
    """``exceptions``: how a template reports a mistake of its caller."""

    OFFERED: ClassVar = ("raise_compiler_error", "warn")
    warn: Callable[[Any], str]

    def raise_compiler_error(self, message: Any) -> None:
        """Stop this model with a message."""
        raise TemplateFault("raised", str(message))


def builtin_names(project: Project, functions: Functions, context: RenderContext) -> dict[str, Any]:
    """Return everything templates know by name, apart from macros and the model itself."""
    return {
        "ref": functions.ref,
        "source": functions.source,
        "config": Config(functions),
        "var": VarLookup(project.target.vars),
        "env_var": EnvLookup(project.env),
        "doc": DocLookup({block.name: block for block in project.docs}),
        "target": target_view(project.target),
        "project_name": project.settings.name,
        "run_started_at": context.run_started_at,
        "invocation_id": context.invocation_id,
        "exceptions": Exceptions(functions.warn),
        "log": functions.log,
        "return": _return,
        "fromjson": _fromjson,
        "tojson": _tojson,
        "fromyaml": _fromyaml,
        "toyaml": _toyaml,
        "execute": True,
    }


def model_view(model: Model) -> Mapping[str, Any]:
    """Return what templates see as ``model``."""
    return {
        "name": model.name,
        "path": model.path,
        "description": model.description,
        "tags": list(model.yaml_config.get("tags", ())),
        "meta": dict(model.yaml_config.get("meta", {})),
        "columns": {c.name: {"name": c.name, "data_type": c.data_type} for c in model.columns},
    }


def check_references(
    references: tuple[Reference, ...],
    readable: Mapping[str, str],
    sources: Collection[str],
    faults: Faults,
    unreadable: Sequence[str] = (),
) -> None:
    """Report references to what is not there. ``readable`` says why a known name is not;
    ``unreadable`` are the files that may declare what seems to be missing."""
    for reference in references:
        if reference.kind == "ref":
            _check_ref(reference, readable, faults)
        elif reference.name not in sources:
            hint = did_you_mean(reference.name, sources) or _perhaps_in(unreadable)
            message = f"there is no source '{reference.name}'"
            faults.add("unknown-source", message, reference.location, hint)


def _perhaps_in(unreadable: Sequence[str]) -> str | None:
    listed = ", ".join(unreadable)
    return f"{listed} cannot be read, and may declare it: mend that first" if listed else None


def _check_ref(reference: Reference, readable: Mapping[str, str], faults: Faults) -> None:
    reason = readable.get(reference.name)
    if reason is None:
        message = f"there is no model or seed '{reference.name}'"
        hint = did_you_mean(reference.name, readable)
        faults.add("unknown-ref", message, reference.location, hint)
    elif reason == "disabled":
        message = f"the model '{reference.name}' is disabled"
        faults.add("unknown-ref", message, reference.location, "enable it, or do not refer to it")
    elif reason == "sink":
        message = f"the model '{reference.name}' is a sink, which nothing can read back"
        hint = "refer to what the sink reads, or materialize it as a topic or table"
        faults.add("sink-not-readable", message, reference.location, hint)


def _are_texts(values: tuple[Any, ...]) -> bool:
    return all(isinstance(value, str) for value in values)


def _return(value: Any = None) -> None:
    raise MacroReturn(value)


def _fromjson(text: Any, default: Any = None) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return default


def _tojson(value: Any, default: Any = None, sort_keys: bool = False) -> Any:
    try:
        return json.dumps(value, sort_keys=sort_keys, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return default


def _fromyaml(text: Any, default: Any = None) -> Any:
    faults = Faults()
    marked = read_yaml(str(text), "", faults)
    return default if marked is None or faults.found else plain(marked)


def _toyaml(value: Any, default: Any = None, sort_keys: bool = False) -> Any:
    try:
        text: str = yaml.safe_dump(value, sort_keys=sort_keys, allow_unicode=True)
    except (yaml.YAMLError, RecursionError):
        return default
    return text
