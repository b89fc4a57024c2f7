"""``data_tests:`` of the YAML files: what must hold for each row, and what becomes of one that
fails. The shape is dbt's, with ``arguments`` and ``config``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from streamsql.findings import Location, did_you_mean
from streamsql.project.faults import Faults
from streamsql.project.marked import UNREADABLE, Marked, Table, plain
from streamsql.project.nodes import DataTest
from streamsql.project.shapes import (
    MISSING,
    Choice,
    ColumnName,
    Flag,
    Interval,
    JsonSchema,
    Key,
    ListOf,
    Name,
    Record,
    Section,
    Text,
    wrong_type,
)

ON_FAILURE = ("warn", "drop", "quarantine", "fail")
_SEVERITIES = {"warn": "warn", "error": "fail"}  # dbt's words, and what they mean here


class SqlValue:
    """A number, a text or a truth value, as it is written in SQL."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the literal."""
        value = marked.value
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float) and marked.text is not None:
            return marked.text
        if isinstance(value, str):
            return _literal(value)
        return wrong_type("a number, a text, true or false", marked, faults)

    def schema(self) -> JsonSchema:
        """Return the schema of a plain value."""
        return {"type": ["string", "number", "boolean"]}


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


_VALUES = Key("values", ListOf(SqlValue()), "The values that are allowed.", required=True)
_RANGE = (
    Key("min", SqlValue(), "The least value that is allowed."),
    Key("max", SqlValue(), "The greatest value that is allowed."),
    Key("min_inclusive", Flag(), "Whether `min` itself is allowed; true if not given."),
    Key("max_inclusive", Flag(), "Whether `max` itself is allowed; true if not given."),
)
_REGEX = Key("regex", Text("a pattern"), "A pattern in Java's regex.", required=True)
_EXPRESSION = Key("expression", Text("a condition"), "SQL over one row.", required=True)
_RELATIONSHIP = (
    Key("to", Text("ref('…')"), "The seed or static model: `ref('currencies')`.", required=True),
    Key("field", ColumnName(), "Its column.", required=True),
)
_WITHIN = Key("within", Interval(), "How far apart duplicates may be; the watermark's delay.")

ARGUMENTS: Mapping[str, Section] = {
    "not_null": Section("'arguments' of not_null", ()),
    "accepted_values": Section("'arguments' of accepted_values", (_VALUES,)),
    "range": Section("'arguments' of range", _RANGE),
    "matches": Section("'arguments' of matches", (_REGEX,)),
    "expression": Section("'arguments' of expression", (_EXPRESSION,)),
    "relationships": Section("'arguments' of relationships", _RELATIONSHIP),
    "unique": Section("'arguments' of unique", (_WITHIN,)),
}
OF_A_ROW = ("expression",)  # of a model as well as of a column; the other ones need a column
TEST_CONFIG = Section(
    "the config of a data test",
    (
        Key("on_failure", Choice(ON_FAILURE), "What becomes of a row that fails; `warn`."),
        Key("severity", Choice(tuple(_SEVERITIES)), "dbt's word: `error` is `on_failure: fail`."),
        Key("where", Text("a condition"), "The rows that the test is about, as SQL."),
        Key("enabled", Flag(), "False leaves the test out."),
    ),
)


class Arguments:
    """The arguments of a test whose name is not known yet: its section reads them later."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the mapping with its marks."""
        if not isinstance(marked.value, Table):
            return wrong_type("a mapping of arguments", marked, faults)
        return marked

    def schema(self) -> JsonSchema:
        """Return the schema of any mapping."""
        return {"type": "object"}


DATA_TEST = Section(
    "a data test",
    (
        Key("arguments", Arguments(), "What the test is told."),
        Key("config", TEST_CONFIG, "What becomes of rows that fail."),
        Key("name", Name("test"), "What results call it; made of its parts if not given."),
        Key("description", Text("a description", may_be_empty=True), "What it is, for people."),
    ),
)


class DataTests(NamedTuple):
    """A list of data tests: of a column, or of whole rows."""

    of_column: bool

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the tests that could be read; those of macros are checked once those are known."""
        if not isinstance(marked.value, tuple):
            return wrong_type("a list of tests (each begins with '- ')", marked, faults)
        tests = (self._test(item, faults) for item in marked.value)
        return tuple(test for test in tests if test is not None)

    def _test(self, item: Marked, faults: Faults) -> DataTest | None:
        named = _named(item, faults)
        if named is None:
            return None
        name, location, body = named
        if not self.of_column and name in ARGUMENTS and name not in OF_A_ROW:
            message = f"the data test '{name}' is about a column, and stands beside none"
            faults.add("wrong-arguments", message, location, "put it under the column")
            return None
        record = DATA_TEST.read(_with_arguments(body, name, faults), faults)
        if record is MISSING:
            return None
        return _data_test(name, location, record, faults)

    def schema(self) -> JsonSchema:
        """Return the schema of the list."""
        known = [n for n in ARGUMENTS if self.of_column or n in OF_A_ROW]
        properties = {n: _body_schema(ARGUMENTS[n]) for n in known}
        named = {
            "type": "object",
            "properties": properties,
            "additionalProperties": DATA_TEST.schema(),
            "minProperties": 1,
            "maxProperties": 1,
        }
        return {"type": "array", "items": {"anyOf": [{"type": "string"}, named]}}


def _body_schema(arguments: Section) -> JsonSchema:
    schema = DATA_TEST.schema()
    told = {**arguments.schema(), "description": schema["properties"]["arguments"]["description"]}
    return {**schema, "properties": {**schema["properties"], "arguments": told}}


def _named(item: Marked, faults: Faults) -> tuple[str, Location, Marked] | None:
    """Return the name of a test, its place and what is said of it."""
    if isinstance(item.value, str):
        return item.value, item.location, Marked(Table({}, {}), item.location)
    if not isinstance(item.value, Table) or len(item.value.entries) != 1:
        if item.value is not UNREADABLE:
            expected = "the name of a test, or a mapping with one name (its settings inside)"
            wrong_type(expected, item, faults)
        return None
    ((name, body),) = item.value.entries.items()
    empty = body.value is None
    whole = Marked(Table({}, {}), body.location) if empty else body
    return name, item.value.key_locations[name], whole


def _with_arguments(body: Marked, name: str, faults: Faults) -> Marked:
    """Put arguments that stand where dbt wanted them before 1.10 where they belong, saying so."""
    if not isinstance(body.value, Table) or name not in ARGUMENTS:
        return body
    known = {key.name for key in ARGUMENTS[name].keys}
    misplaced = {k: v for k, v in body.value.entries.items() if k in known}
    places = body.value.key_locations
    for key in misplaced:
        hint = f"write arguments: {{{key}: …}}"
        faults.add("unknown-key", f"'{key}' is an argument of {name}", places[key], hint)
    entries = {k: v for k, v in body.value.entries.items() if k not in misplaced}
    if misplaced and "arguments" not in entries:
        entries["arguments"] = Marked(Table(misplaced, places), body.location)
    return Marked(Table(entries, {**places, "arguments": body.location}), body.location)


def _data_test(name: str, location: Location, record: Record, faults: Faults) -> DataTest | None:
    told: Marked = record.get("arguments", Marked(Table({}, {}), location))
    places = dict(told.value.key_locations)
    if name in ARGUMENTS:
        read = ARGUMENTS[name].read(told, faults)
        if read is MISSING or (name == "range" and not _is_range(read, location, faults)):
            return None
        arguments, places = dict(read.values), {**places, **read.places}
    else:
        arguments = plain(told)
    config: Record = record.get("config", Record({}, {}, location))
    if config.get("enabled", True) is False:
        return None
    return DataTest(
        name=name,
        column=None,
        location=location,
        arguments=arguments,
        places=places,
        on_failure=_on_failure(config, faults),
        where=config.get("where"),
        where_location=config.place("where"),
        failure_location=config.places.get("on_failure", config.places.get("severity")),
        label=record.get("name"),
        description=record.get("description", "").strip(),
    )


def _on_failure(config: Record, faults: Faults) -> str:
    """Return what becomes of a row that fails; dbt's ``severity`` says the same in its words."""
    asked, severity = config.get("on_failure"), config.get("severity")
    meant = _SEVERITIES.get(severity or "")
    if asked is not None and meant is not None and asked != meant:
        faults.add(
            "conflicting-keys",
            f"on_failure is '{asked}', and severity: {severity} means '{meant}'",
            config.place("severity"),
            "give one of them",
        )
    return str(asked or meant or "warn")


def _is_range(read: Record, location: Location, faults: Faults) -> bool:
    least, most = read.get("min"), read.get("max")
    if least is None and most is None:
        if not {"min", "max"} & read.places.keys():
            faults.add("missing-key", "range needs 'min' or 'max'", location)
        return False
    for bound in ("min", "max"):
        flag = f"{bound}_inclusive"
        if flag in read.values and bound not in read.values:
            message = f"'{flag}' means nothing without '{bound}'"
            faults.add("conflicting-keys", message, read.place(flag), f"give '{bound}' too")
            return False
    empty = _is_number(least) and _is_number(most) and float(least) > float(most)
    if empty:
        message = f"no value is in this range: min {least} is above max {most}"
        faults.add("conflicting-keys", message, read.place("min"))
    return not empty


def _is_number(literal: str | None) -> bool:
    try:
        float(literal or "")
    except ValueError:
        return False
    return True


def unknown_test(name: str, macros: tuple[str, ...]) -> tuple[str, str | None]:
    """Return what to say of a test that is neither built in nor a macro, and a hint."""
    known = (*ARGUMENTS, *macros)
    hint = did_you_mean(name, known) or f"known here: {', '.join(sorted(known))}"
    return f"there is no data test '{name}'", f"{hint}; one of your own is a macro 'test_{name}'"
