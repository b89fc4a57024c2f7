"""Whom a new schema would break, by the level that a registry keeps for a subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from streamsql.formats.avro_schema import parse_schema
from streamsql.formats.schemas import Writer

LEVELS = (
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a reader's schema cannot read what a writer's schema wrote.

    ``field`` is the path of the reader's field (``method.type``), empty for the whole.
    """

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Breach:
    """Whom a new schema would break, and where.

    ``version`` is that of the schema it does not go with. ``reads`` is ``old`` if it is readers
    with the new schema who cannot read records of that version, ``new`` if readers with that
    version cannot read new records.
    """

    version: int
    reads: str
    clash: Clash

    def __str__(self) -> str:
        where = f"{self.clash.field}: " if self.clash.field else ""
        if self.reads == "old":
            return f"{where}readers of the new schema break on version {self.version}: " + (
                self.clash.why
            )
        return f"{where}readers of version {self.version} break on the new schema: {self.clash.why}"


# Of a reader's and a writer's schema: why records of the second cannot be read with the first.
Clashes = Callable[[Any, Any], tuple[Clash, ...]]


def breaches(
    level: str, text: str, versions: Sequence[Writer], clashes: Clashes
) -> tuple[Breach, ...]:
    """Return whom a schema would break that comes after ``versions``, by a subject's level.

    A level that is not transitive looks at the newest version alone.

    Raises:
        SchemaError: one of the schemas cannot be read.
    """
    ordered = sorted(versions, key=lambda v: v.version, reverse=True)
    held = ordered if level.endswith("_TRANSITIVE") else ordered[:1]
    new = parse_schema(text)
    found: list[Breach] = []
    for old in held if level != "NONE" else ():
        node = parse_schema(old.text)
        if level.startswith(("BACKWARD", "FULL")):
            found += (Breach(old.version, "old", c) for c in clashes(new, node))
        if level.startswith(("FORWARD", "FULL")):
            found += (Breach(old.version, "new", c) for c in clashes(node, new))
    return tuple(found)
