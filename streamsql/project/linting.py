"""``[tool.streamsql.lint]``: what findings count, where, and how names must look."""

from __future__ import annotations

import re
from typing import Any

from streamsql.findings import Location, Severity
from streamsql.project.faults import Faults
from streamsql.project.marked import Marked
from streamsql.project.nodes import LintSettings
from streamsql.project.shapes import (
    MISSING,
    Choice,
    Flag,
    JsonSchema,
    Key,
    MapOf,
    OneOrMany,
    Record,
    Section,
    Text,
)

LEVELS = ("off", *(str(s) for s in reversed(Severity)))
BASELINE_FILE = "lint-baseline.json"
RULES_FOLDER = "lint"
_SEVERITIES = tuple(str(s) for s in Severity)


class Pattern:
    """A regular expression of Python's."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the expression's text, once it is known to be one."""
        text = Text("a regular expression").read(marked, faults)
        if text is MISSING:
            return MISSING
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            message = f"'{text}' is no regular expression: {error}"
            faults.add("bad-pattern", message, marked.location)
            return MISSING
        return text

    def schema(self) -> JsonSchema:
        """Return the schema of a regular expression."""
        return {"type": "string", "format": "regex"}


def _lint(record: Record) -> LintSettings:
    places: dict[tuple[str, ...], Location] = {}
    rules: dict[str, str] = {}
    for rule in record.get("ignore", ()):
        rules[rule] = "off"
        places["rules", rule] = record.place("ignore")
    rules |= _entries(record, "rules", places)
    folders: dict[str, dict[str, str]] = {}
    for folder, inner in _entries(record, "folders", places).items():
        folders[folder] = dict(inner.values)
        places |= {("folders", folder, rule): place for rule, place in inner.places.items()}
    return LintSettings(
        rules=rules,
        folders=folders,
        naming=_entries(record, "naming", places),
        fail_on=record.get("fail-on", "error"),
        baseline=record.get("baseline", BASELINE_FILE).replace("\\", "/").removeprefix("./"),
        project_rules=record.get("project-rules", False),
        places=places,
    )


def _entries(record: Record, key: str, places: dict[tuple[str, ...], Location]) -> dict[str, Any]:
    table: Record | None = record.get(key)
    if table is None:
        return {}
    places |= {(key, name): place for name, place in table.places.items()}
    return dict(table.values)


_LEVEL = Choice(LEVELS)
LINT = Section(
    "lint",
    (
        Key("rules", MapOf(_LEVEL), f"What a rule's findings are: {', '.join(LEVELS)}."),
        Key("ignore", OneOrMany(Text("the name of a rule")), "Rules that are off everywhere."),
        Key("folders", MapOf(MapOf(_LEVEL)), "`rules` of a folder or file; the inner one wins."),
        Key("naming", MapOf(Pattern()), "How models of a folder are named: a pattern for each."),
        Key("fail-on", Choice(_SEVERITIES), "What makes the exit code 1: `error`."),
        Key("baseline", Text("a path"), f"The file of known findings: `{BASELINE_FILE}`."),
        Key("project-rules", Flag(), f"Whether Python in `{RULES_FOLDER}/` is run as rules."),
    ),
    _lint,
)
