"""docs/configuration.md lists every key of a project's files, as the code reads them.

``STREAMSQL_UPDATE_DOCS=1 pytest tests/documents`` writes the tables anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from streamsql.formats import FORMATS
from streamsql.formats.records import (
    DEAD_LETTER_HEADERS,
    ERROR_HEADER,
    MODEL_HEADER,
    TEST_HEADER,
)
from streamsql.project.columns import MODEL_COLUMN, SEED_COLUMN, SOURCE_COLUMN
from streamsql.project.config_keys import (
    CONFIG_KEYS,
    DEAD_LETTER,
    DEDUP,
    SOURCE_WATERMARK,
    WATERMARK,
    TriggerShape,
)
from streamsql.project.data_tests import (
    ARGUMENTS,
    DATA_TEST,
    ON_FAILURE,
    TEST_CONFIG,
    Arguments,
    DataTests,
)
from streamsql.project.linting import LINT, Pattern
from streamsql.project.profiles import CONNECTION, OUTPUT, PROFILE, SPARK, NamedSections
from streamsql.project.properties import MODEL, SEED
from streamsql.project.settings import SETTINGS
from streamsql.project.shapes import (
    Choice,
    DataTypeText,
    Flag,
    FreeMap,
    Interval,
    ListOf,
    MapOf,
    OneOrMany,
    Refused,
    Section,
    Shape,
    TextMap,
    Whole,
)
from streamsql.project.sources import KEY, SOURCE, TABLE

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"<!-- table: ([a-z_ ]+) -->\n(.*?)<!-- /table -->", re.DOTALL)
SECTIONS: Mapping[str, Section] = {
    "watermark": WATERMARK,
    "dedup": DEDUP,
    "settings": SETTINGS,
    "lint": LINT,
    "profile": PROFILE,
    "target": OUTPUT,
    "spark": SPARK,
    "connection": CONNECTION,
    "source": SOURCE,
    "source table": TABLE,
    "source watermark": SOURCE_WATERMARK,
    "dead letter": DEAD_LETTER,
    "source key": KEY,
    "source column": SOURCE_COLUMN,
    "model": MODEL,
    "model column": MODEL_COLUMN,
    "seed": SEED,
    "seed column": SEED_COLUMN,
    "data test": DATA_TEST,
    "data test config": TEST_CONFIG,
}


def kind(shape: Shape) -> str:
    """Say in a few words what a value of this shape looks like."""
    match shape:
        case Choice(words):
            return ", ".join(f"`{word}`" for word in words)
        case Flag():
            return "`true`, `false`"
        case Whole():
            return "number"
        case Interval():
            return "length of time"
        case DataTypeText():
            return "type"
        case OneOrMany(item):
            return f"{kind(item)}, or a list"
        case ListOf() | DataTests():
            return "list"
        case Pattern():
            return "pattern"
        case TextMap() | MapOf() | FreeMap() | Arguments() | Section() | NamedSections():
            return "mapping"
        case TriggerShape():
            return "word or mapping"
    return "text"


def section_table(section: Section) -> str:
    rows = [
        f"| `{key.name}`{' (required)' if key.required else ''} | {kind(key.shape)} | {key.help} |"
        for key in section.keys
        if not isinstance(key.shape, Refused)
    ]
    return "\n".join(("| key | value | |", "|---|---|---|", *rows)) + "\n"


def config_table() -> str:
    rows = [
        f"| `{key.name}` | {', '.join(key.accepted_by)} | {kind(key.shape)} | {key.help} |"
        for key in CONFIG_KEYS
    ]
    return "\n".join(("| key | for | value | |", "|---|---|---|---|", *rows)) + "\n"


def option_table(options: Mapping[str, str]) -> str:
    rows = [f"| `{name}` | {about} |" for name, about in options.items()]
    return "\n".join(("| option | |", "|---|---|", *rows)) + "\n"


def tables() -> dict[str, str]:
    return {
        "config": config_table(),
        **{name: section_table(section) for name, section in SECTIONS.items()},
        **{f"{f.name} options": option_table(f.options) for f in FORMATS if f.options},
    }


def test_tables_are_those_of_the_code() -> None:
    wanted = tables()
    found: dict[str, str] = {}
    for name in ("configuration.md", "sources-and-sinks.md", "data-tests.md"):
        page = (DOCS / name).read_text(encoding="utf-8")
        if os.environ.get("STREAMSQL_UPDATE_DOCS"):
            page = BLOCK.sub(
                lambda m: f"<!-- table: {m[1]} -->\n{wanted[m[1]]}<!-- /table -->", page
            )
            (DOCS / name).write_text(page, encoding="utf-8")
        found |= BLOCK.findall(page)
    assert found == wanted


def test_headers_of_dead_letters_are_documented() -> None:
    page = (DOCS / "sources-and-sinks.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in (ERROR_HEADER, *DEAD_LETTER_HEADERS))


def test_data_tests_and_their_arguments_are_documented() -> None:
    page = (DOCS / "data-tests.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in (*ARGUMENTS, *ON_FAILURE) if name != "warn")
    arguments = {key.name for section in ARGUMENTS.values() for key in section.keys}
    assert all(f"`{name}`" in page for name in arguments)
    assert all(f"`{name}`" in page for name in (TEST_HEADER, MODEL_HEADER))


def test_formats_are_documented() -> None:
    page = (DOCS / "sources-and-sinks.md").read_text(encoding="utf-8")
    assert all(f"**`{format_.name}`**" in page for format_ in FORMATS)
