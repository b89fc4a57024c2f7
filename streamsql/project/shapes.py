"""What a value in a project file may look like: one description for reading, help and schemas.

A shape reads a ``Marked`` value: it returns a plain one, or reports what was expected and
returns ``MISSING``. The same tables of keys make the JSON Schemas for editors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from streamsql.datatypes import DataTypeError, ddl, parse_type
from streamsql.findings import Location, did_you_mean
from streamsql.intervals import parse_interval
from streamsql.project.faults import Faults
from streamsql.project.marked import UNREADABLE, Marked, Table, plain


class Missing:
    """Stands for a value that could not be read, or is not there."""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()
JsonSchema = dict[str, Any]
_TEMPLATE: JsonSchema = {"type": "string", "pattern": r"\{\{"}


class Shape(Protocol):
    """One kind of value."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the plain value, or MISSING once the fault is reported."""
        ...

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        ...


def wrong_type(expected: str, marked: Marked, faults: Faults) -> Missing:
    """Report that something else was expected, unless the value was reported already."""
    if marked.value is not UNREADABLE:
        message = f"expected {expected}, found {_described(marked.value)}"
        faults.add("wrong-type", message, marked.location)
    return MISSING


_MOST_BITS = 10_000  # Python writes no longer ones


def _described(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case Table():
            return "a mapping"
        case tuple():
            return "a list"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value[:40]}'"
        case int() | float():
            huge = isinstance(value, int) and value.bit_length() > _MOST_BITS
            return "a huge number" if huge else f"the number {str(value)[:40]}"
    return type(value).__name__


def _text(marked: Marked) -> str | None:
    """Return a scalar as it was spelled; nothing for lists, mappings and null."""
    if isinstance(marked.value, (Table, tuple)) or marked.value in (None, UNREADABLE):
        return None
    return marked.text


class Text(NamedTuple):
    """Any text; a number or a date counts as the text it was spelled with."""

    expected: str = "a text"
    may_be_empty: bool = False

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the text."""
        text = _text(marked)
        if text is None or not (text.strip() or self.may_be_empty):
            return wrong_type(self.expected, marked, faults)
        return text

    def schema(self) -> JsonSchema:
        """Return the schema of a text."""
        return {"type": ["string", "number"]}


_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}([.+-]\S*)?)?")


class Version:
    """A version: numbers with points between them."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the version as a text."""
        text = Text("a version such as 4.1.1").read(marked, faults)
        if text is MISSING or _VERSION.fullmatch(text.strip()):
            return text
        message = f"'{text}' is no version: expected one such as 4.1.1"
        faults.add("wrong-type", message, marked.location)
        return MISSING

    def schema(self) -> JsonSchema:
        """Return the schema of a version."""
        return {"type": ["string", "number"]}


class Name(NamedTuple):
    """A name that becomes part of an identifier: letters, digits and underscores."""

    of: str

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the name."""
        text = Text(f"the name of a {self.of}").read(marked, faults)
        if text is MISSING:
            return MISSING
        if problem := bad_name(text):
            faults.add("bad-name", f"'{text}' cannot name a {self.of}", marked.location, problem)
            return MISSING
        return text

    def schema(self) -> JsonSchema:
        """Return the schema of a name."""
        return {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}


def bad_name(text: str) -> str | None:
    """Say why a text cannot be the name of a model, source or table; nothing if it can."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return "use letters, digits and underscores, not beginning with a digit"
    if "__" in text and text.startswith(("ref__", "source__")):
        return "names beginning with ref__ or source__ are streamsql's own"
    return None


class ColumnName:
    """The name of a column: anything Spark can quote."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the name."""
        return Text("the name of a column").read(marked, faults)

    def schema(self) -> JsonSchema:
        """Return the schema of a column's name."""
        return {"type": "string"}


class Flag:
    """True or false."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the truth value."""
        if isinstance(marked.value, bool):
            return marked.value
        text = str(marked.value).strip().lower()
        if marked.templated and text in ("true", "false"):
            return text == "true"
        return wrong_type("true or false", marked, faults)

    def schema(self) -> JsonSchema:
        """Return the schema of a truth value."""
        return {"anyOf": [{"type": "boolean"}, _TEMPLATE]}


class Whole(NamedTuple):
    """A whole number, at least ``least``."""

    least: int = 1
    most: int = 2**31 - 1

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the number."""
        value = marked.value
        if marked.templated and re.fullmatch(r"\s*\d{1,18}\s*", str(value)):
            value = int(value)
        if type(value) is not int or not self.least <= value <= self.most:
            return wrong_type(f"a whole number, {self.least} or more", marked, faults)
        return value

    def schema(self) -> JsonSchema:
        """Return the schema of a whole number."""
        return {"anyOf": [{"type": "integer", "minimum": self.least}, _TEMPLATE]}


class Choice(NamedTuple):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the word."""
        text = Text(f"one of {', '.join(self.words)}").read(marked, faults)
        if text is MISSING or text in self.words:
            return text
        hint = did_you_mean(text, self.words) or f"one of {', '.join(self.words)}"
        faults.add("unknown-value", f"'{text}' is not known here", marked.location, hint)
        return MISSING

    def schema(self) -> JsonSchema:
        """Return the schema of a choice."""
        return {"anyOf": [{"enum": list(self.words)}, _TEMPLATE]}


class Interval:
    """A length of time: ``10 minutes``."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the text, once it is known to be an interval."""
        text = Text("an interval such as '10 minutes'").read(marked, faults)
        if text is MISSING:
            return MISSING
        try:
            parse_interval(text)
        except ValueError as error:
            faults.add("bad-interval", str(error), marked.location)
            return MISSING
        return text

    def schema(self) -> JsonSchema:
        """Return the schema of an interval."""
        return {"type": "string", "examples": ["10 minutes", "1 hour 30 minutes"]}


class DataTypeText:
    """A data type in Spark's DDL, normalised as Spark spells it."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the type's text."""
        text = Text("a data type such as decimal(10,2)").read(marked, faults)
        if text is MISSING:
            return MISSING
        try:
            return ddl(parse_type(text))
        except DataTypeError as error:
            message = f"'{text}' is not a data type of Spark's: {error}"
            # A flow mapping ends a value at its comma.
            cut = text.count("(") > text.count(")")
            hint = "put quotes around it: 'decimal(10,2)'" if cut else error.hint
            faults.add("bad-data-type", message, marked.location, hint)
            return MISSING

    def schema(self) -> JsonSchema:
        """Return the schema of a data type."""
        return {"type": "string", "examples": ["bigint", "decimal(10,2)", "struct<a:int>"]}


class OneOrMany(NamedTuple):
    """One value, or a list of such values; read as a tuple."""

    item: Shape

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the values that could be read."""
        items = marked.value if isinstance(marked.value, tuple) else (marked,)
        values = [self.item.read(item, faults) for item in items]
        return tuple(value for value in values if value is not MISSING)

    def schema(self) -> JsonSchema:
        """Return the schema of one or many."""
        one = self.item.schema()
        return {"anyOf": [one, {"type": "array", "items": one}]}


class ListOf(NamedTuple):
    """A list of values of one shape; read as a tuple."""

    item: Shape

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the values that could be read."""
        if not isinstance(marked.value, tuple):
            return wrong_type("a list (each entry begins with '- ')", marked, faults)
        values = [self.item.read(item, faults) for item in marked.value]
        return tuple(value for value in values if value is not MISSING)

    def schema(self) -> JsonSchema:
        """Return the schema of a list."""
        return {"type": "array", "items": self.item.schema()}


class TextMap:
    """Options: texts by name. Numbers and truth values become the texts Spark takes."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the options that could be read."""
        if not isinstance(marked.value, Table):
            return wrong_type("a mapping of names to texts", marked, faults)
        options = {}
        for name, entry in marked.value.entries.items():
            spelled = str(entry.value).lower() if isinstance(entry.value, bool) else _text(entry)
            if spelled is None:
                wrong_type(f"a text for '{name}'", entry, faults)
            else:
                options[name] = spelled
        return options

    def schema(self) -> JsonSchema:
        """Return the schema of options."""
        return {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        }


class MapOf(NamedTuple):
    """A mapping of the user's own names to values of one shape; read as a Record."""

    item: Shape

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the values that could be read, with the places of their names."""
        if not isinstance(marked.value, Table):
            return wrong_type("a mapping", marked, faults)
        read = {name: self.item.read(entry, faults) for name, entry in marked.value.entries.items()}
        values = {name: value for name, value in read.items() if value is not MISSING}
        return Record(values, marked.value.key_locations, marked.location)

    def schema(self) -> JsonSchema:
        """Return the schema of the mapping."""
        return {"type": "object", "additionalProperties": self.item.schema()}


class FreeMap:
    """A mapping that means something to the user only (``meta``, ``vars``)."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the mapping as it is."""
        if not isinstance(marked.value, Table):
            return wrong_type("a mapping", marked, faults)
        return plain(marked)

    def schema(self) -> JsonSchema:
        """Return the schema of any mapping."""
        return {"type": "object"}


class Refused(NamedTuple):
    """A key that dbt knows and streamsql does not have: never ignored, always said."""

    rule: str
    message: str
    hint: str | None = None

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Report that the key cannot be used."""
        faults.add(self.rule, self.message, marked.location, self.hint)
        return MISSING

    def schema(self) -> JsonSchema:
        """Return a schema that allows nothing."""
        return {"not": {}, "description": self.message}


class Key(NamedTuple):
    """A key of a section: its name, what it takes, and one line of help."""

    name: str
    shape: Shape
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A section that was read: values by key, the place of each, and of the whole.

    A key with a place and no value is there, and could not be read.
    """

    values: Mapping[str, Any]
    places: Mapping[str, Location]
    location: Location

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default if it is not there."""
        return self.values.get(key, default)

    def place(self, *keys: str) -> Location:
        """Return the place of the first of these keys that is there, else of the whole."""
        return next((self.places[key] for key in keys if key in self.places), self.location)


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping with known keys. ``build`` may turn the record into something better."""

    what: str
    keys: tuple[Key, ...]
    build: Callable[[Record], Any] | None = None
    shapes: Mapping[str, Shape] = field(init=False, compare=False, repr=False)
    required: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shapes", {key.name: key.shape for key in self.keys})
        object.__setattr__(self, "required", tuple(k.name for k in self.keys if k.required))

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the record; a section whose required keys are not readable is MISSING."""
        if not isinstance(marked.value, Table):
            return wrong_type(f"a mapping with the keys of {self.what}", marked, faults)
        values, places = self._values(marked.value, faults)
        if any(name not in values for name in self.required):
            for name in self.required:
                if _is_absent(marked.value, name):
                    faults.add("missing-key", f"{self.what} needs '{name}'", marked.location)
            return MISSING
        record = Record(values, places, marked.location)
        return self.build(record) if self.build else record

    def _values(self, table: Table, faults: Faults) -> tuple[dict[str, Any], dict[str, Location]]:
        values: dict[str, Any] = {}
        places: dict[str, Location] = {}
        for name, entry in table.entries.items():
            shape = self.shapes.get(name)
            if shape is None:
                report_unknown_key(name, self.what, self.shapes, table.key_locations[name], faults)
            elif isinstance(shape, Refused):
                shape.read(Marked(None, table.key_locations[name]), faults)
            elif entry.value is not None:
                value = shape.read(entry, faults)
                places[name] = entry.location
                if value is not MISSING:
                    values[name] = value
        return values, places

    def schema(self) -> JsonSchema:
        """Return the schema of a mapping that allows no other keys."""
        schema: JsonSchema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {k.name: {**k.shape.schema(), "description": k.help} for k in self.keys},
        }
        return {**schema, "required": [*self.required]} if self.required else schema


def _is_absent(table: Table, name: str) -> bool:
    return name not in table.entries or table.entries[name].value is None


def report_unknown_key(
    name: str, what: str, known: Iterable[str], place: Location, faults: Faults
) -> None:
    """Report a key that means nothing, naming those that are near or all there are."""
    names = sorted(known)
    hint = did_you_mean(name, names) or f"known keys: {', '.join(names)}"
    faults.add("unknown-key", f"{what} has no key '{name}'", place, hint)
