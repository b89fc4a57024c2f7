"""Whether records of one Avro schema can be read with another, and which field says no.

The rules are those of "Schema Resolution" in Avro's specification, as its Java library and the
registries check them. In one point this is stricter: decimals of different precision or scale
do not match, as the specification has it; the libraries let them pass, and read other numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamsql.formats.avro_names import NAMED, NamedTypes
from streamsql.formats.compatibility import Clash

# What a reader of the first type takes beside its own.
_WIDER: Mapping[str, tuple[str, ...]] = {
    "long": ("int",),
    "float": ("int", "long"),
    "double": ("int", "long", "float"),
    "bytes": ("string",),
    "string": ("bytes",),
}


def clashes(reader: Any, writer: Any) -> tuple[Clash, ...]:
    """Return why records of ``writer`` cannot be read with ``reader``; nothing if they can."""
    return tuple(dict.fromkeys(_Comparison(NamedTypes(reader), NamedTypes(writer)).compare()))


@dataclass(slots=True)
class _Comparison:
    """Two schemas held against each other; a pair that is being looked at is no clash."""

    reader: NamedTypes
    writer: NamedTypes
    open: set[tuple[str, str]] = field(default_factory=set)

    def compare(self) -> Iterator[Clash]:
        return self._any(self.reader.root, self.writer.root, "")

    def _any(self, reader: Any, writer: Any, path: str) -> Iterator[Clash]:
        mine, theirs = self.reader.follow(reader), self.writer.follow(writer)
        if isinstance(theirs, list):
            for member in theirs:
                yield from self._any(reader, member, path)
        elif isinstance(mine, list):
            yield from self._member(mine, writer, path)
        elif mine["type"] == theirs["type"]:
            yield from self._alike(mine, theirs, path)
        elif theirs["type"] not in _WIDER.get(mine["type"], ()):
            yield Clash(path, f"it is {_told(theirs)}, where {_told(mine)} is read")

    def _member(self, reader: list[Any], writer: Any, path: str) -> Iterator[Clash]:
        """A union takes what one of its members takes."""
        if any(not list(self._any(member, writer, path)) for member in reader):
            return
        theirs = self.writer.follow(writer)
        like = [m for m in reader if _kind(self.reader.follow(m)) == _kind(theirs)]
        if len(like) == 1:  # what is wrong inside it tells more
            yield from self._any(like[0], writer, path)
        else:
            members = ", ".join(_told(self.reader.follow(m)) for m in reader)
            yield Clash(path, f"it is {_told(theirs)}, where one of {members} is read")

    def _alike(self, reader: Any, writer: Any, path: str) -> Iterator[Clash]:
        kind = reader["type"]
        if kind in ("array", "map"):
            inner = "items" if kind == "array" else "values"
            yield from self._any(reader[inner], writer[inner], f"{path}[]" if path else "[]")
            return
        if kind in NAMED and reader["name"] != writer["name"]:
            yield Clash(path, f"it is called {writer['name']}, and {reader['name']} is read")
            return
        yield from _decimals(reader, writer, path)
        if kind == "fixed" and reader.get("size") != writer.get("size"):
            sizes = f"it has {writer.get('size')} bytes, and {reader.get('size')} are read"
            yield Clash(path, sizes)
        elif kind == "enum":
            yield from _enums(reader, writer, path)
        elif kind == "record":
            yield from self._records(reader, writer, path)

    def _records(self, reader: Any, writer: Any, path: str) -> Iterator[Clash]:
        pair = (reader["name"], writer["name"])
        if pair in self.open:
            return
        self.open.add(pair)
        theirs = {f["name"]: f for f in writer["fields"]}
        for mine in reader["fields"]:
            inner = f"{path}.{mine['name']}" if path else mine["name"]
            names = (mine["name"], *mine.get("aliases", ()))
            found = next((theirs[name] for name in names if name in theirs), None)
            if found is not None:
                yield from self._any(mine["type"], found["type"], inner)
            elif "default" not in mine and not _has_enum_default(self.reader.follow(mine["type"])):
                yield Clash(inner, "it is not there, and the reader has no default for it")
        self.open.discard(pair)


def _enums(reader: Any, writer: Any, path: str) -> Iterator[Clash]:
    lost = [s for s in writer["symbols"] if s not in reader["symbols"]]
    if lost and not _has_enum_default(reader):
        yield Clash(path, f"it may be {', '.join(lost)}, which the reader does not know")


def _has_enum_default(node: Any) -> bool:
    return (
        isinstance(node, dict)
        and node.get("type") == "enum"
        and node.get("default") in node.get("symbols", ())
    )


def _decimals(reader: Any, writer: Any, path: str) -> Iterator[Clash]:
    digits = [(n.get("precision"), n.get("scale", 0)) for n in (reader, writer)]
    if reader.get("logicalType") == writer.get("logicalType") == "decimal" and (
        digits[0] != digits[1]
    ):
        (p, s), (q, t) = digits
        yield Clash(path, f"it is decimal({q},{t}), where decimal({p},{s}) is read")


def _kind(node: Any) -> Any:
    return node.get("type") if isinstance(node, dict) else None


def _told(node: Any) -> str:
    if isinstance(node, list):
        return "a union"
    named = f" {node['name']}" if node["type"] in NAMED else ""
    return f"{node['type']}{named}"
