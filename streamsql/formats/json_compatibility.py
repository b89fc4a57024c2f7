"""Whether all that one JSON Schema allows is allowed by another, and which field says no.

That is what JSON Schema means and what registries ask: a property that is new in an open schema
is no harmless addition, for old records may have anything under that name. What cannot be
decided (``allOf``, ``not``, …) has to be the same in both. In two points this is stricter: a
``format`` or ``connect.type`` that is another column type is a clash, where registries look at
neither. In some it is milder than Apicurio, which then has the last word:
``tests/registry/json_pairs.py`` lists them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamsql.formats.avro_schema import SchemaError
from streamsql.formats.compatibility import Clash
from streamsql.formats.json_schema import FORMATS, referred

_ANY = "any value"
_OPAQUE = (
    *("allOf", "not", "if", "then", "else", "contains", "propertyNames", "patternProperties"),
    *("dependencies", "dependentRequired", "dependentSchemas", "uniqueItems", "additionalItems"),
)
_MOST = ("maxLength", "maxItems", "maxProperties")
_LEAST = ("minLength", "minItems", "minProperties")
_WIDTHS = ("int8", "int16", "int32", "int64")
_NAMES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def clashes(reader: Any, writer: Any) -> tuple[Clash, ...]:
    """Return why records of ``writer`` cannot be read with ``reader``; nothing if they can.

    Raises:
        SchemaError: a schema refers to what is not in it.
    """
    found = _Comparison(reader, writer).any(reader, writer, "")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two schemas held against each other; a pair that is being looked at is no clash."""

    reader: Any
    writer: Any
    open: set[tuple[int, int]] = field(default_factory=set)

    def any(self, reader: Any, writer: Any, path: str) -> Iterator[Clash]:
        pair = (id(reader), id(writer))
        if pair in self.open:
            return
        self.open.add(pair)
        mine = list(_kinds(reader, self.reader))
        for theirs in _kinds(writer, self.writer):
            yield from self._one_of(mine, theirs, path)
        self.open.discard(pair)

    def _one_of(
        self, mine: list[Mapping[str, Any]], theirs: Mapping[str, Any], path: str
    ) -> Iterator[Clash]:
        """What the writer writes is read by one of the reader's kinds."""
        found = [(kind, list(self._alike(kind, theirs, path))) for kind in mine]
        if any(not wrong for _, wrong in found):
            return
        like = [wrong for kind, wrong in found if _takes(kind, theirs)]
        if len(like) == 1:  # what is wrong inside it tells more
            yield from like[0]
            return
        told = " or ".join(dict.fromkeys(_told(kind) for kind in mine)) or "nothing"
        yield Clash(path, f"it may be {_told(theirs)}, where {told} is read")

    def _alike(
        self, reader: Mapping[str, Any], writer: Mapping[str, Any], path: str
    ) -> Iterator[Clash]:
        if not _takes(reader, writer):
            yield Clash(path, f"it may be {_told(writer)}, where {_told(reader)} is read")
            return
        yield from _values(reader, writer, path)
        yield from _limits(reader, writer, path)
        yield from _types(reader, writer, path)
        for name in _OPAQUE:
            if name in reader and reader[name] != writer.get(name):
                yield Clash(path, f"'{name}' is not the same in both, and is not looked into")
        if reader["type"] == "array":
            yield from self._items(reader.get("items", True), writer.get("items", True), path)
        if reader["type"] == "object":
            yield from self._objects(reader, writer, path)

    def _items(self, reader: Any, writer: Any, path: str) -> Iterator[Clash]:
        if isinstance(reader, list) or isinstance(writer, list):
            if reader is not True and reader != writer:
                yield Clash(path, "'items' is not the same in both, and is not looked into")
            return
        yield from self.any(reader, writer, f"{path}[]")

    def _objects(
        self, reader: Mapping[str, Any], writer: Mapping[str, Any], path: str
    ) -> Iterator[Clash]:
        mine, theirs = reader.get("properties", {}), writer.get("properties", {})
        more = reader.get("additionalProperties", True)
        others = writer.get("additionalProperties", True)
        given = _listed(writer, "required")
        for name in _listed(reader, "required"):
            if name not in given:
                yield Clash(_inside(path, name), "it may be missing, and the reader requires it")
        for name, kind in mine.items():
            yield from self._property(kind, theirs.get(name, others), _inside(path, name))
        for name, kind in theirs.items():
            if name in mine:
                continue
            if more is False:
                yield Clash(_inside(path, name), "the reader takes no field of that name")
            else:
                yield from self.any(more, kind, _inside(path, name))
        if more is False and others is not False:
            yield Clash(path, "it may have any other fields, and the reader takes none")
        elif others is not False:
            yield from self.any(more, others, f"{path}[]")

    def _property(self, kind: Any, theirs: Any, path: str) -> Iterator[Clash]:
        if theirs is False:
            return  # it is never there
        found = list(self.any(kind, theirs, path))
        if found and theirs is True:
            found = [Clash(path, "it may be anything, for that schema takes further fields")]
        yield from found


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kinds(node: Any, root: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what a schema may be, one type each; the type is ``any value`` if it says none."""
    seen: set[str] = set()
    while isinstance(node, dict) and "$ref" in node:
        target = str(node["$ref"])
        if target in seen:
            raise SchemaError(f"{target} refers to itself")
        seen.add(target)
        node = referred(root, target, "the schema")
    if node is False:
        return
    if not isinstance(node, dict):
        yield {"type": _ANY}
        return
    choices = node.get("oneOf", node.get("anyOf"))
    if isinstance(choices, list):
        rest = {k: v for k, v in node.items() if k not in ("oneOf", "anyOf")}
        for choice in choices:
            for kind in _kinds(choice, root):
                yield kind if not rest else {**rest, **kind}
        return
    for name in _type_names(node):
        yield {**node, "type": name}


def _type_names(node: Mapping[str, Any]) -> tuple[str, ...]:
    given = node.get("type")
    if isinstance(given, list):
        return tuple(str(name) for name in given)
    if given is not None:
        return (str(given),)
    values = _allowed(node)
    if values is not None:
        return tuple(dict.fromkeys(_NAMES[type(value)] for value in values))
    return ("object",) if "properties" in node else (_ANY,)


def _takes(reader: Mapping[str, Any], writer: Mapping[str, Any]) -> bool:
    mine, theirs = reader["type"], writer["type"]
    return mine in (theirs, _ANY) or (mine, theirs) == ("number", "integer")


def _told(node: Mapping[str, Any]) -> str:
    return str(node["type"])


def _allowed(node: Mapping[str, Any]) -> list[Any] | None:
    """Return the values that a schema lists, if it does."""
    values = node.get("enum", [node["const"]] if "const" in node else None)
    return values if isinstance(values, list) else None


def _values(reader: Mapping[str, Any], writer: Mapping[str, Any], path: str) -> Iterator[Clash]:
    mine, theirs = _allowed(reader), _allowed(writer)
    if mine is None:
        return
    if theirs is None:
        listed = ", ".join(json.dumps(v) for v in mine)
        yield Clash(path, f"it may be any {_told(writer)}, where only {listed} is read")
        return
    fitting = [v for v in theirs if _NAMES[type(v)] == writer["type"]]
    if lost := [json.dumps(v) for v in fitting if v not in mine]:
        yield Clash(path, f"it may be {', '.join(lost)}, which the reader does not know")


def _limits(reader: Mapping[str, Any], writer: Mapping[str, Any], path: str) -> Iterator[Clash]:
    """What the reader limits, the writer limits as much."""
    for names, sign in (
        (("maximum", "exclusiveMaximum"), 1),
        (("minimum", "exclusiveMinimum"), -1),
    ):
        mine, theirs = _bound(reader, *names, sign), _bound(writer, *names, sign)
        if mine is not None and (theirs is None or theirs > mine):
            yield _beyond(path, names[0], reader)
    for name in _MOST:
        if _number(writer, name, math.inf) > _number(reader, name, math.inf):
            yield _beyond(path, name, reader)
    for name in _LEAST:
        if _number(reader, name, 0) > _number(writer, name, 0):
            yield _beyond(path, name, reader)
    step, other = _number(reader, "multipleOf", 0), _number(writer, "multipleOf", 0)
    if step and (not other or other % step):
        yield _beyond(path, "multipleOf", reader)
    if "pattern" in reader and writer.get("pattern") != reader["pattern"]:
        yield _beyond(path, "pattern", reader)


def _beyond(path: str, name: str, reader: Mapping[str, Any]) -> Clash:
    told = next(k for k in (name, f"exclusive{name.capitalize()}") if k in reader)
    return Clash(path, f"it may be beyond the reader's {told}, {json.dumps(reader[told])}")


def _bound(
    node: Mapping[str, Any], name: str, exclusive: str, sign: int
) -> tuple[float, int] | None:
    """Return a bound as what is greater if it lets more pass: draft 4 has a flag for < and >."""
    plain, beyond = (_number(node, key, math.inf) for key in (name, exclusive))
    found = [(sign * plain, -1 if node.get(exclusive) is True else 0), (sign * beyond, -1)]
    return min((bound for bound in found if not math.isinf(bound[0])), default=None)


def _number(node: Mapping[str, Any], name: str, otherwise: float) -> float:
    given = node.get(name)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return given
    return otherwise


def _listed(node: Mapping[str, Any], name: str) -> list[Any]:
    given = node.get(name)
    return given if isinstance(given, list) else []  # in draft 3, required is a flag


def _types(reader: Mapping[str, Any], writer: Mapping[str, Any], path: str) -> Iterator[Clash]:
    """What registries do not look at, and what makes a column of another type."""
    mine, theirs = reader.get("format"), writer.get("format")
    if reader["type"] == "string" and mine in FORMATS and mine != theirs:
        yield Clash(path, f"it may be any string, where the format {mine} is read")
    if reader["type"] == "integer":
        width, other = (_width(node) for node in (reader, writer))
        if other > width:
            yield Clash(path, f"it may be {_WIDTHS[other]}, where {_WIDTHS[width]} is read")


def _width(node: Mapping[str, Any]) -> int:
    given = node.get("connect.type", _WIDTHS[-1])
    return _WIDTHS.index(given) if given in _WIDTHS else len(_WIDTHS) - 1
