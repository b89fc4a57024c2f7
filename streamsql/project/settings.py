"""The project's settings: ``[tool.streamsql]`` of pyproject.toml, or all of streamsql.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamsql.disk import OWN_FILE, SHARED_FILE, has_settings
from streamsql.errors import ProjectError
from streamsql.findings import Location, sort_findings
from streamsql.project.config import Given
from streamsql.project.config_keys import CONFIG, CONFIG_KEYS
from streamsql.project.faults import Faults
from streamsql.project.linting import LINT
from streamsql.project.marked import Marked, Table, read_toml
from streamsql.project.nodes import LintSettings, Settings
from streamsql.project.shapes import (
    MISSING,
    FreeMap,
    JsonSchema,
    Key,
    Missing,
    Name,
    OneOrMany,
    Record,
    Section,
    Text,
    report_unknown_key,
)

_PATHS = OneOrMany(Text("a path"))


class FolderDefaults:
    """The ``models`` table as it was written: settings and folders are told apart later."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the marked table."""
        return marked if FreeMap().read(marked, faults) is not MISSING else MISSING

    def schema(self) -> JsonSchema:
        """Return the schema of settings and, beside them, folders of the same shape."""
        keys = {k.name: {**k.shape.schema(), "description": k.help} for k in _FOR_FOLDERS}
        folder = {"$ref": "#/properties/models"}
        return {"type": "object", "properties": keys, "additionalProperties": folder}


_FOR_FOLDERS = tuple(key for key in CONFIG_KEYS if key.accepted_by != ("seed",))

SETTINGS = Section(
    "the table of settings",
    (
        Key("name", Name("project"), "The project's name; checkpoints are kept under it.", True),
        Key("profile", Text(), "The profile of profiles.yml; the project's name if not given."),
        Key("model-paths", _PATHS, "Folders of models and their YAML: `models`."),
        Key("macro-paths", _PATHS, "Folders of Jinja macros: `macros`."),
        Key("seed-paths", _PATHS, "Folders of CSV files: `seeds`."),
        Key("schema-paths", _PATHS, "Folders of Avro schemas, `.avsc` and `.json`: `schemas`."),
        Key("model-tests", _PATHS, "Folders or patterns of YAML files with model tests."),
        Key("dev-events", Text("a path"), "A Python file that makes sample events for `dev`."),
        Key("vars", FreeMap(), "What `var()` gives; a target's and `--vars` go before it."),
        Key("lint", LINT, "Which findings of lint count, and where."),
        Key("models", FolderDefaults(), "Settings of all models below a folder of models."),
    ),
)


def settings_file(texts: Mapping[str, str]) -> str | None:
    """Return which of a folder's files holds the settings, if one does."""
    if OWN_FILE in texts:
        return OWN_FILE
    return SHARED_FILE if has_settings(texts.get(SHARED_FILE, "")) else None


def read_settings(text: str, path: str, faults: Faults) -> tuple[Settings, Marked | None]:
    """Read the settings, and the folder defaults as they were written.

    Raises:
        ProjectError: the file is no TOML, or the project has no name.
    """
    mine = Faults()
    whole = read_toml(text, path, mine)
    table = whole if path.endswith(OWN_FILE) or whole is None else _tool_table(whole)
    record: Record | Missing = MISSING if table is None else SETTINGS.read(table, mine)
    if isinstance(record, Missing):
        found = sort_findings(mine.found)
        raise ProjectError(
            f"{found[0].location}: {found[0].message}" if found else f"{path} has no settings",
            hint=(found[0].hint if found else None) or 'the least is: name = "my_project"',
            findings=found,
        )
    faults.found += mine.found
    return _settings(record), record.get("models")


def load_settings(texts: Mapping[str, str]) -> Settings | None:
    """Return the settings among a project's texts, whatever may be wrong with single keys.

    Raises:
        ProjectError: the file is no TOML, or the project has no name.
    """
    path = settings_file(texts)
    return None if path is None else read_settings(texts[path], path, Faults())[0]


def _tool_table(whole: Marked) -> Marked | None:
    for name in ("tool", "streamsql"):
        if not isinstance(whole.value, Table) or name not in whole.value.entries:
            return None
        whole = whole.value.entries[name]
    return whole


def _settings(record: Record) -> Settings:
    def paths(key: str, *default: str) -> tuple[str, ...]:
        given = record.get(key, default)
        return tuple(path.replace("\\", "/").strip("/").removeprefix("./") for path in given)

    return Settings(
        name=record.values["name"],
        profile=record.get("profile", record.values["name"]),
        model_paths=paths("model-paths", "models"),
        macro_paths=paths("macro-paths", "macros"),
        seed_paths=paths("seed-paths", "seeds"),
        model_tests=paths("model-tests"),
        vars=record.get("vars", {}),
        location=record.place("name"),
        dev_events=record.get("dev-events"),
        lint=record.get("lint", LintSettings()),
        schema_paths=paths("schema-paths", "schemas"),
    )


def folder_of(path: str, roots: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of a file below the root it is in: ``("marts", "finance")``."""
    inside = [root for root in roots if root in ("", ".") or path.startswith(f"{root}/")]
    root = max(inside, key=len, default="")
    below = path if root in ("", ".") else path[len(root) + 1 :]
    return tuple(below.split("/")[:-1])


def read_folder_defaults(
    marked: Marked | None, folders: Iterable[tuple[str, ...]], faults: Faults
) -> Mapping[tuple[str, ...], Given]:
    """Read the ``models`` table into settings by folder; unknown keys and folders are faults."""
    known = {folder[:depth] for folder in folders for depth in range(len(folder) + 1)}
    defaults: dict[tuple[str, ...], Given] = {}
    if marked is not None:
        _read_folder(marked, (), known, defaults, faults)
    return defaults


def _read_folder(
    marked: Marked,
    folder: tuple[str, ...],
    known: set[tuple[str, ...]],
    defaults: dict[tuple[str, ...], Given],
    faults: Faults,
) -> None:
    values: dict[str, Any] = {}
    places: dict[str, Location] = {}
    assert isinstance(marked.value, Table)
    for name, entry in marked.value.entries.items():
        place = marked.value.key_locations[name]
        inner = (*folder, name)
        if name in CONFIG and CONFIG[name].accepted_by != ("seed",):
            value = CONFIG[name].shape.read(entry, faults)
            places[name] = place
            if value is not MISSING:
                values[name] = value
        elif inner in known and isinstance(entry.value, Table):
            _read_folder(entry, inner, known, defaults, faults)
        else:
            siblings = {f[-1] for f in known if f and f[:-1] == folder}
            names = {key.name for key in _FOR_FOLDERS} | siblings
            what = "/".join(folder) or "the models folder"
            report_unknown_key(name, f"the defaults of {what}", names, place, faults)
    defaults[folder] = Given(values, places)


def defaults_of(folder: tuple[str, ...], defaults: Mapping[tuple[str, ...], Given]) -> Given:
    """Return the settings that a folder gives its models, outer folders first."""
    given = Given({}, {})
    for depth in range(len(folder) + 1):
        inner = defaults.get(folder[:depth])
        if inner is not None:
            given = given.over(inner.values, inner.places)
    return given
