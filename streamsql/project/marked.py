"""YAML, TOML and Python values that know where they were written.

YAML is composed by PyYAML's C loader, which keeps the line and column of every node, and turned
into ``Marked`` values; duplicate keys, odd tags and endless aliases are findings. TOML has no
such loader, so a scan of its lines finds the places of its keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from streamsql.findings import Location, as_ours
from streamsql.project.faults import Faults

_LARGEST = 200_000
_DEEPEST = 60
_UNSUSPICIOUS = 1_000
# Blocks nest by what stands before their text, on one line at last. A pair of brackets with no
# others in it, and with quotes only where a value begins, is closed and deepens nothing else.
_DEEP_BLOCKS = re.compile(r"[ \t?:-]{500}")
_INNERMOST = re.compile(
    r"""[\[{](?:[^\[\]{}"'\#]++|(?<=[:,][ ])(?:"[^\[\]{}"\\]*+"|'[^\[\]{}']*+'))*+[\]}]"""
)
# Dates and times are texts to us.
_TEXT_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "timestamp")}
_SCALAR_TAGS = _TEXT_TAGS | {
    f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null")
}


class Unreadable:
    """Stands for a value that a finding was reported for already."""


UNREADABLE = Unreadable()


class Marked(NamedTuple):
    """A value and its place: a scalar, a tuple of Marked, or a ``Table``.

    ``text`` is how a scalar was spelled (``4.10`` is no longer the number 4.1 as text);
    ``templated`` says that Jinja made it, so that ``"3"`` may stand for a number.
    """

    value: Any
    location: Location
    text: str | None = None
    templated: bool = False
    size: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """The entries of a mapping, in order, and the place of each key."""

    entries: Mapping[str, Marked]
    key_locations: Mapping[str, Location]


def plain(marked: Marked) -> Any:
    """Return the value without its marks: dicts, lists and scalars."""
    value = marked.value
    if isinstance(value, Table):
        return {key: plain(entry) for key, entry in value.entries.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return None if value is UNREADABLE else value


def mark(
    value: Any, location: Location, locate: Callable[[tuple[str, ...]], Location] | None = None
) -> Marked:
    """Mark a plain value; ``locate`` gives the place of a key by its path, else all share one."""
    return _mark(value, location, locate, ())


def _mark(
    value: Any,
    location: Location,
    locate: Callable[[tuple[str, ...]], Location] | None,
    path: tuple[str, ...],
) -> Marked:
    if isinstance(value, Mapping):
        paths = {str(key): (*path, str(key)) for key in value}
        places = {key: locate(p) if locate else location for key, p in paths.items()}
        entries = {
            str(key): _mark(inner, places[str(key)], locate, paths[str(key)])
            for key, inner in value.items()
        }
        return Marked(Table(entries, places), location)
    if isinstance(value, str):
        # An exact str: what templates hand over may be a subclass with marks of its own.
        return Marked("".join((value, "")), location, "".join((value, "")))
    if isinstance(value, Sequence):
        return Marked(tuple(_mark(item, location, locate, path) for item in value), location)
    return Marked(value, location, str(value))


def replace_texts(marked: Marked, change: Callable[[Marked], Marked]) -> Marked:
    """Return the value with ``change`` applied to each text in it; keys stay."""
    value = marked.value
    if isinstance(value, str):
        return change(marked)
    if isinstance(value, tuple):
        items = tuple(replace_texts(item, change) for item in value)
        return Marked(items, marked.location, size=marked.size)
    if isinstance(value, Table):
        entries = {key: replace_texts(entry, change) for key, entry in value.entries.items()}
        return Marked(Table(entries, value.key_locations), marked.location, size=marked.size)
    return marked


def read_yaml(text: str, path: str, faults: Faults) -> Marked | None:
    """Read one YAML document. Nothing is returned for an empty or unreadable one."""
    try:
        _refuse_depth(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        location = _location(path, place) if place else Location(path)
        faults.add("yaml-syntax", _yaml_message(error), location, _yaml_hint(text, location))
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        line = before.count("\n") + 1
        location = Location(path, line, len(before) - before.rfind("\n"))
        faults.add("yaml-syntax", f"YAML does not allow this character: {error.reason}", location)
    except (yaml.YAMLError, RecursionError, UnicodeEncodeError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        faults.add("yaml-syntax", f"this is not YAML: {reason}", Location(path))
    else:
        return None if node is None else _Converter(path, faults).convert(node)
    return None


def _refuse_depth(text: str) -> None:
    """Raise RecursionError for a nesting that would overflow the C composer's stack."""
    opened = text.count("[") + text.count("{") - len(_INNERMOST.findall(text))
    if opened < _UNSUSPICIOUS and not _DEEP_BLOCKS.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _UNSUSPICIOUS:
            raise RecursionError


def _yaml_message(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or "this is not YAML")
    return f"{problem} ({error.context})" if error.context else problem


def _yaml_hint(text: str, location: Location) -> str | None:
    lines = text.split("\n")
    line = lines[location.line - 1] if location.line <= len(lines) else ""
    if "\t" in line[: location.column]:
        return "YAML is indented with blanks, not tabs"
    if re.search(r"[:\-,\[{]\s*(\{\{|\{%)", line):
        return "put quotes around a value with Jinja: \"{{ var('x') }}\""
    return None


def _location(path: str, start: Any, end: Any = None) -> Location:
    """Turn marks, which count from 0, into a Location; the end is kept within one line."""
    if end is None or end.line != start.line:
        return Location(path, start.line + 1, start.column + 1)
    return Location(path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


class _Converter:
    """From PyYAML's nodes to Marked values; a node used twice by alias is converted once."""

    def __init__(self, path: str, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self.done: dict[int, Marked] = {}
        self.open: set[int] = set()
        self.scalars = yaml.constructor.SafeConstructor()

    def convert(self, node: yaml.Node) -> Marked:
        if node.__class__ is yaml.ScalarNode and len(self.open) < _DEEPEST:
            return self.scalar(node, _location(self.path, node.start_mark, node.end_mark))
        known = self.done.get(id(node))
        if known is not None:
            return known
        location = _location(self.path, node.start_mark, node.end_mark)
        if id(node) in self.open or len(self.open) >= _DEEPEST:
            self.faults.add("yaml-syntax", "this is nested too deeply, or in itself", location)
            return Marked(UNREADABLE, location)
        self.open.add(id(node))
        marked = self.converted(node, location)
        self.open.discard(id(node))
        if marked.size > _LARGEST:
            self.faults.add("yaml-syntax", "its aliases expand to too many values", location)
            marked = Marked(UNREADABLE, location)
        self.done[id(node)] = marked
        return marked

    def converted(self, node: yaml.Node, location: Location) -> Marked:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, location)
        if isinstance(node, yaml.SequenceNode):
            items = tuple([self.convert(item) for item in node.value])
            return Marked(items, location, size=1 + sum([i.size for i in items]))
        table = self.table(node)
        if table is None:
            return Marked(UNREADABLE, location)
        size = 1 + sum([entry.size for entry in table.entries.values()])
        return Marked(table, location, size=size)

    def scalar(self, node: yaml.ScalarNode, location: Location) -> Marked:
        tag = str(node.tag)
        if tag not in _SCALAR_TAGS:
            self.faults.add("yaml-syntax", f"the YAML tag '{tag}' is not supported", location)
            return Marked(UNREADABLE, location)
        if tag in _TEXT_TAGS:
            return Marked(node.value, location, node.value)
        try:
            value = self.scalars.construct_object(node)
        except (ValueError, KeyError, OverflowError, yaml.YAMLError):
            self.faults.add("yaml-syntax", f"'{node.value[:40]}' is no valid value", location)
            return Marked(UNREADABLE, location)
        return Marked(value, location, None if value is None else node.value)

    def table(self, node: yaml.Node) -> Table | None:
        sound = True
        entries: dict[str, Marked] = {}
        places: dict[str, Location] = {}
        merged: list[Table] = []
        for key_node, value_node in node.value:
            place = _location(self.path, key_node.start_mark, key_node.end_mark)
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged += self.merged(self.convert(value_node), place)
            elif not isinstance(key_node, yaml.ScalarNode):
                self.faults.add(
                    "wrong-type",
                    "a key must be a text",
                    place,
                    'put quotes around Jinja: "{{ … }}"',
                )
                sound = False
            elif key_node.value in entries:
                first = places[key_node.value]
                self.faults.add(
                    "duplicate-key",
                    f"'{key_node.value}' is given twice",
                    place,
                    f"it is there at line {first.line} already",
                )
            else:
                entries[key_node.value] = self.convert(value_node)
                places[key_node.value] = place
        for table in merged:
            entries = {**table.entries, **entries}
            places = {**table.key_locations, **places}
        return Table(entries, places) if sound else None

    def merged(self, marked: Marked, place: Location) -> list[Table]:
        """Return the tables that a merge key (``<<: *defaults``) brings in."""
        parts = marked.value if isinstance(marked.value, tuple) else (marked,)
        tables = [part.value for part in parts if isinstance(part.value, Table)]
        if len(tables) != len(parts):
            self.faults.add("wrong-type", "'<<' merges mappings only", place)
        return tables


def read_toml(text: str, path: str, faults: Faults) -> Marked | None:
    """Read a TOML file; the place of a table or key is the line it stands on."""
    try:
        values = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(error), re.DOTALL)
        last = text.count("\n") + 1
        place = Location(path, int(found[2]), int(found[3])) if found else Location(path, last)
        faults.add("toml-syntax", as_ours(found[1] if found else str(error)), place)
        return None
    except (RecursionError, ValueError) as error:
        reason = "a number is too long" if "digits" in str(error) else str(error)
        faults.add("toml-syntax", f"this is not TOML: {reason}", Location(path))
        return None
    places = _toml_places(text, path)

    def locate(keys: tuple[str, ...]) -> Location:
        while keys and keys not in places:
            keys = keys[:-1]
        return places.get(keys, Location(path))

    try:
        return mark(values, Location(path), locate)
    except (RecursionError, ValueError) as error:
        huge = isinstance(error, ValueError)
        message = "a number is too long" if huge else "this is nested too deeply"
        faults.add("toml-syntax", message, Location(path))
        return None


_TOML_HEADER = re.compile(r"\s*\[\[?(?P<keys>[^\[\]]+)\]\]?\s*(#.*)?$")
_TOML_ENTRY = re.compile(r"\s*(?P<keys>(?:[\w-]++|\"[^\"]*\"|'[^']*'|[ \t]*+\.[ \t]*+)+?)\s*=")
_TOML_INLINE = re.compile(r"[{,]\s*(?P<keys>[\w-]+|\"[^\"]*\"|'[^']*')\s*=")
_TOML_WORD = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


def _toml_places(text: str, path: str) -> dict[tuple[str, ...], Location]:
    """Find the keys of a TOML text line by line; good enough for places, not for values."""
    places: dict[tuple[str, ...], Location] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TOML_HEADER.match(line)
        entry = _TOML_ENTRY.match(line)
        if header:
            table = _toml_keys(header["keys"])
            start = header.start("keys")
            places.setdefault(table, Location(path, number, start + 1))
        elif entry:
            keys = (*table, *_toml_keys(entry["keys"]))
            places.setdefault(keys, Location(path, number, entry.start("keys") + 1))
            for inner in _TOML_INLINE.finditer(line, entry.end()):
                inner_keys = (*keys, *_toml_keys(inner["keys"]))
                places.setdefault(inner_keys, Location(path, number, inner.start("keys") + 1))
    return places


def _toml_keys(dotted: str) -> tuple[str, ...]:
    return tuple(word.strip("\"'") for word in _TOML_WORD.findall(dotted))
