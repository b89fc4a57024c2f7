"""From the files of a project to a Project: a pure function, in which every mistake is located."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from posixpath import basename, splitext
from typing import Any, NamedTuple

from streamsql.errors import ProjectError
from streamsql.findings import Location, did_you_mean, sort_findings
from streamsql.project.columns import check_columns
from streamsql.project.config import Given
from streamsql.project.docs import read_docs
from streamsql.project.faults import Faults
from streamsql.project.lookups import DocLookup, EnvLookup, VarLookup, target_view
from streamsql.project.marked import Marked
from streamsql.project.masking import mask_finding
from streamsql.project.nodes import (
    DocBlock,
    MacroFile,
    Model,
    Project,
    ProjectFiles,
    Seed,
    Settings,
    Source,
    Target,
)
from streamsql.project.profiles import read_target
from streamsql.project.properties import read_properties
from streamsql.project.schema_files import SchemaFiles
from streamsql.project.seeds import read_seed
from streamsql.project.settings import (
    defaults_of,
    folder_of,
    read_folder_defaults,
    read_settings,
    settings_file,
)
from streamsql.project.shapes import Record, bad_name
from streamsql.project.sources import build_sources

_YAML = (".yml", ".yaml")


def load_project(
    files: ProjectFiles, target: str | None = None, *, installed_spark: str | None = None
) -> Project:
    """Make a project of its files, for one target of its profile.

    ``installed_spark`` is the version that analysis assumes where the profile names none.

    Raises:
        ProjectError: there are no settings, no profile or no such target, or they are unreadable.
    """
    path = settings_file(files.texts)
    if path is None:
        raise ProjectError(
            "there is no streamsql project here",
            hint="write a streamsql.toml, or [tool.streamsql] in pyproject.toml",
        )
    faults = Faults()
    settings, folder_defaults = read_settings(files.texts[path], path, faults)
    chosen = read_target(files, settings, target, installed_spark, faults)
    texts = _sort_texts(files.texts, settings)
    docs = _docs(texts.docs, faults)
    names = value_names(files.env, settings, chosen.target, docs)
    entries = _entries(texts.properties, names, faults)
    models = _models(texts.models, entries.models, settings, folder_defaults, faults)
    seeds = _seeds(texts.seeds, entries.seeds, models, faults)
    schemas = _schema_texts(files.texts, settings)
    sources = _sources(entries.sources, chosen.target, SchemaFiles(schemas, settings), faults)
    found = (mask_finding(f, chosen.secrets) for f in (*files.unreadable, *faults.found))
    return Project(
        settings=settings,
        target=chosen.target,
        sources=sources,
        models=models,
        seeds=seeds,
        macros=tuple(MacroFile(path, text) for path, text in texts.macros.items()),
        docs=docs,
        env=files.env,
        secrets=tuple(sorted(chosen.secrets)),
        schemas=schemas,
        findings=sort_findings(found),
    )


@dataclass(slots=True)
class _Texts:
    """The project's texts by what they are, each in order of their paths."""

    models: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    docs: dict[str, str] = field(default_factory=dict)


def _sort_texts(texts: Mapping[str, str], settings: Settings) -> _Texts:
    found = _Texts()
    roots = _roots(settings)
    for path in sorted(texts):
        kind = _kind(path, roots)
        if kind is not None:
            getattr(found, kind)[path] = texts[path]
    return found


def _roots(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the folders of the settings, and patterns, with what is in them."""
    roots = {
        "macros": settings.macro_paths,
        "seeds": settings.seed_paths,
        "models": settings.model_paths,
        "tests": settings.model_tests,
    }
    return tuple((root, kind) for kind, folders in roots.items() for root in folders)


def _kind(path: str, roots: Iterable[tuple[str, str]]) -> str | None:
    """Return what a file is, by its folder and its ending; nothing if it is not ours."""
    inside = [(len(root), kind) for root, kind in roots if is_below(path, root)]
    if not inside:
        return None
    suffix = splitext(path)[1].lower()
    kind = max(inside)[1]
    if suffix in _YAML:
        return "properties"
    if suffix == ".md":
        return "docs"
    return kind if suffix == {"seeds": ".csv", "tests": None}.get(kind, ".sql") else None


def is_below(path: str, root: str) -> bool:
    """Tell whether a file is in a folder of the settings, or matches its pattern."""
    if any(c in root for c in "*?["):
        return PurePosixPath(path).match(root)
    return root in ("", ".") or path == root or path.startswith(f"{root}/")


def _docs(texts: Mapping[str, str], faults: Faults) -> tuple[DocBlock, ...]:
    blocks: dict[str, DocBlock] = {}
    for path, text in texts.items():
        for block in read_docs(text, path, faults):
            first = blocks.setdefault(block.name, block)
            if first is not block:
                _report_twice(f"the docs block '{block.name}'", block.location, first, faults)
    return tuple(blocks.values())


def _report_twice(what: str, place: Location, first: Any, faults: Faults) -> None:
    faults.add("duplicate-name", f"{what} is there twice", place, f"first at {first.location}")


def value_names(
    env: Mapping[str, str], settings: Settings, target: Target, docs: Iterable[DocBlock]
) -> dict[str, Any]:
    """Return what Jinja in YAML values may use."""
    return {
        "env_var": EnvLookup(env),
        "var": VarLookup(target.vars),
        "doc": DocLookup({block.name: block for block in docs}),
        "target": target_view(target),
        "project_name": settings.name,
    }


class _Entries(NamedTuple):
    """What all YAML files say, by kind."""

    sources: tuple[Record, ...]
    models: tuple[Record, ...]
    seeds: tuple[Record, ...]


def _entries(texts: Mapping[str, str], names: Mapping[str, Any], faults: Faults) -> _Entries:
    read = [read_properties(text, path, names, faults) for path, text in texts.items()]
    kinds = ("sources", "models", "seeds")
    return _Entries(*(tuple(e for record in read for e in record.get(kind, ())) for kind in kinds))


def _schema_texts(texts: Mapping[str, str], settings: Settings) -> dict[str, str]:
    return {
        path: text
        for path, text in texts.items()
        if path.endswith((".avsc", ".json"))
        and any(is_below(path, r) for r in settings.schema_paths)
    }


def _sources(
    records: Iterable[Record], target: Target, schemas: SchemaFiles, faults: Faults
) -> tuple[Source, ...]:
    sources: dict[str, Source] = {}
    for record in records:
        for source in build_sources(record, target.connections, schemas, faults):
            check_columns(source.columns, source.unique_name, faults)
            first = sources.setdefault(source.relation.lower(), source)
            if first is not source:
                what = f"the source table '{source.unique_name}'"
                _report_twice(what, source.location, first, faults)
    return tuple(sorted(sources.values(), key=lambda s: s.unique_name))


def _by_name(
    records: Iterable[Record], kind: str, known: Iterable[str], faults: Faults
) -> dict[str, Record]:
    """Return the YAML entries by name; those that fit no file, or come twice, are faults."""
    names = dict.fromkeys(known)
    entries: dict[str, Record] = {}
    for record in records:
        name = record.values["name"]
        place = record.place("name")
        if name not in names:
            hint = did_you_mean(name, names) or f"a {kind} is a file of that name"
            faults.add("unknown-model", f"there is no {kind} '{name}'", place, hint)
        elif name in entries:
            first = entries[name].place("name")
            message = f"the {kind} '{name}' is described twice"
            faults.add("duplicate-name", message, place, f"first at {first}")
        else:
            entries[name] = record
    return entries


def _stem(path: str) -> str:
    return splitext(basename(path))[0]


def _models(
    texts: Mapping[str, str],
    records: Iterable[Record],
    settings: Settings,
    folder_defaults: Marked | None,
    faults: Faults,
) -> tuple[Model, ...]:
    folders = {path: folder_of(path, settings.model_paths) for path in texts}
    defaults = read_folder_defaults(folder_defaults, folders.values(), faults)
    entries = _by_name(records, "model", map(_stem, texts), faults)
    models: dict[str, Model] = {}
    for path, text in texts.items():
        name = _stem(path)
        given = defaults_of(folders[path], defaults)
        model = _model(name, path, text, entries.get(name), given, faults)
        if _is_usable_name(name, "model", path, models.get(name.lower()), faults):
            models[name.lower()] = model
    return tuple(models.values())


def _is_usable_name(name: str, kind: str, path: str, first: Any, faults: Faults) -> bool:
    if problem := bad_name(name):
        faults.add("bad-name", f"'{name}' cannot name a {kind}", Location(path), problem)
        return False
    if first is not None:
        message = f"there are two files for the name '{name}'"
        hint = f"the other is {first.path}; models and seeds share their names"
        faults.add("duplicate-name", message, Location(path), hint)
        return False
    return True


def _model(
    name: str, path: str, text: str, entry: Record | None, given: Given, faults: Faults
) -> Model:
    if entry is not None:
        top = {key: entry.values[key] for key in ("tags", "meta") if key in entry.values}
        given = given.over(top, {key: entry.places[key] for key in top})
        config: Record | None = entry.get("config")
        if config is not None:
            given = given.over(config.values, config.places)
        check_columns(entry.get("columns", ()), f"'{name}'", faults)
    return Model(
        name=name,
        path=path,
        template=text,
        description=entry.get("description", "").strip() if entry else "",
        columns=entry.get("columns", ()) if entry else (),
        yaml_config=given.values,
        config_locations=given.places,
        location=Location(path),
        yaml_location=entry.place("name") if entry else None,
        data_tests=entry.get("data_tests", ()) if entry else (),
    )


def _seeds(
    texts: Mapping[str, str], records: Iterable[Record], models: Iterable[Model], faults: Faults
) -> tuple[Seed, ...]:
    entries = _by_name(records, "seed", map(_stem, texts), faults)
    taken: dict[str, Model | Seed] = {model.name.lower(): model for model in models}
    seeds = []
    for path, text in texts.items():
        name = _stem(path)
        if not _is_usable_name(name, "seed", path, taken.get(name.lower()), faults):
            continue
        seed = read_seed(name, path, text, entries.get(name), faults)
        if seed is not None:
            check_columns(seed.columns, f"'{name}'", faults)
            taken[name.lower()] = seed
            seeds.append(seed)
    return tuple(seeds)
