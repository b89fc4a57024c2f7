"""JSON Schemas of the project's files, for editors; made from the tables that read the files."""

from __future__ import annotations

import json
from pathlib import Path

from streamsql.project.profiles import profiles_schema
from streamsql.project.properties import properties_schema
from streamsql.project.settings import SETTINGS
from streamsql.project.shapes import JsonSchema

SCHEMAS_FOLDER = Path(__file__).with_name("schemas")
_DIALECT = "http://json-schema.org/draft-07/schema#"


def editor_schemas() -> dict[str, str]:
    """Return the text of every schema by its file's name."""
    schemas = {
        "models.json": ("streamsql: sources, models and seeds", properties_schema()),
        "profiles.json": ("streamsql: profiles.yml", profiles_schema()),
        "settings.json": ("streamsql: settings", SETTINGS.schema()),
    }
    return {name: _text(title, schema) for name, (title, schema) in schemas.items()}


def _text(title: str, schema: JsonSchema) -> str:
    whole = {"$schema": _DIALECT, "title": title, **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path = SCHEMAS_FOLDER) -> None:
    """Write the schemas that ship with the package anew."""
    folder.mkdir(exist_ok=True)
    for name, text in editor_schemas().items():
        (folder / name).write_text(text, "utf-8")
