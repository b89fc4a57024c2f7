"""The YAML files beside models and seeds: descriptions, columns, settings, sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamsql.findings import Location
from streamsql.project.columns import MODEL_COLUMN, SEED_COLUMN
from streamsql.project.config_keys import config_section
from streamsql.project.data_tests import DataTests
from streamsql.project.faults import Faults
from streamsql.project.marked import read_yaml
from streamsql.project.shapes import (
    Choice,
    FreeMap,
    JsonSchema,
    Key,
    ListOf,
    Missing,
    Name,
    OneOrMany,
    Record,
    Refused,
    Section,
    Text,
)
from streamsql.project.sources import SOURCE
from streamsql.project.values import may_have_jinja, render_values

_NOT_YET = "{} are not supported yet"
_DESCRIPTION = Text("a description", may_be_empty=True)

MODEL = Section(
    "a model",
    (
        Key("name", Name("model"), "The model: its file's name without .sql.", required=True),
        Key("description", _DESCRIPTION, "What it is, for people."),
        Key("config", config_section("model"), "Settings, as in `config()`."),
        Key("columns", ListOf(MODEL_COLUMN), "The columns, with types if they matter."),
        Key("data_tests", DataTests(of_column=False), "What must hold for its rows."),
        Key("tags", OneOrMany(Text("a tag")), "Words to select by; also under `config`."),
        Key("meta", FreeMap(), "Anything you want to note; also under `config`."),
    ),
)
SEED = Section(
    "a seed",
    (
        Key("name", Name("seed"), "The seed: its file's name without .csv.", required=True),
        Key("description", _DESCRIPTION, "What it is, for people."),
        Key("config", config_section("seed"), "How the CSV is written."),
        Key("columns", ListOf(SEED_COLUMN), "The columns whose types are declared."),
        Key("tags", OneOrMany(Text("a tag")), "Words to select by; also under `config`."),
    ),
)
PROPERTIES = Section(
    "a project's YAML file",
    (
        Key("version", Choice(("2",)), "Always 2, as in dbt; may be left out."),
        Key("sources", ListOf(SOURCE), "Topics that are read and not written."),
        Key("models", ListOf(MODEL), "What there is to say about models."),
        Key("seeds", ListOf(SEED), "What there is to say about seeds."),
        Key(
            "unit_tests",
            Refused("unsupported-test", _NOT_YET.format("unit tests")),
            "Tests of models: not there yet.",
        ),
        Key(
            "exposures",
            Refused("unknown-key", _NOT_YET.format("exposures")),
            "Who uses the models: not there yet.",
        ),
    ),
)


def properties_schema() -> JsonSchema:
    """Return the JSON Schema of the YAML files beside models."""
    return PROPERTIES.schema()


def read_properties(text: str, path: str, names: Mapping[str, Any], faults: Faults) -> Record:
    """Read one YAML file; what cannot be read is reported and left out."""
    whole = read_yaml(text, path, faults)
    empty = Record({}, {}, Location(path))
    if whole is None or whole.value is None:
        return empty
    values = render_values(whole, names, faults) if may_have_jinja(text) else whole
    record: Record | Missing = PROPERTIES.read(values, faults)
    return empty if isinstance(record, Missing) else record


def tags_of(record: Record) -> tuple[str, ...]:
    """Return the tags of an entry, wherever they stand."""
    config: Record | None = record.get("config")
    inner = config.get("tags", ()) if config else ()
    return tuple(dict.fromkeys((*record.get("tags", ()), *inner)))
