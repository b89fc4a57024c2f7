"""Frozen values as JSON, and back: only of the classes listed here, so that nothing can execute.

A dataclass or named tuple is written once and then pointed to, however often it is part of
others: the operators of a query each know those below them. Fields that have their default are
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any

from streamsql.datatypes import Array, Decimal, Field, Map, Primitive, Struct
from streamsql.findings import Location
from streamsql.formats.avro_schema import SchemaField, Shape
from streamsql.formats.schemas import RecordSchema, Writer
from streamsql.project.nodes import DeadLetter, Dedup, ModelConfig, Trigger, Watermark
from streamsql.render.rendered import Reference
from streamsql.resolve import (
    EventTime,
    JoinSide,
    Mark,
    Operation,
    OutputColumn,
    PendingMeeting,
    Relation,
    Said,
    Standstill,
    StateBound,
    StatefulOperator,
    StateKey,
    Traveller,
    Unread,
    WatermarkLoss,
)

_CLASSES: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Location, Reference, ModelConfig, DeadLetter, Dedup, Trigger, Watermark),
        *(RecordSchema, SchemaField, Shape, Writer),
        *(Primitive, Decimal, Array, Map, Field, Struct),
        *(Relation, OutputColumn, EventTime, WatermarkLoss, Operation, StatefulOperator),
        *(StateKey, StateBound, JoinSide, PendingMeeting, Traveller, Mark, Unread),
        *(Said, Standstill),
    )
}


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these fields of a value, in one step."""
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda value: (read(value),)


def _fields_of(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return the fields that a class is made with, and what they are where nobody says."""
    named: tuple[str, ...] | None = getattr(kind, "_fields", None)
    if named is not None:
        return tuple((name, kind._field_defaults.get(name, MISSING)) for name in named)
    found = []
    for one in fields(kind):
        if one.init:
            made = one.default_factory() if one.default_factory is not MISSING else one.default
            found.append((one.name, made))
    return tuple(found)


_FIELDS = {kind: _fields_of(kind) for kind in _CLASSES.values()}
_READ = {
    kind: (
        kind.__name__,
        _reader(tuple(name for name, _ in known)),
        tuple(default for _, default in known),
    )
    for kind, known in _FIELDS.items()
}
"""By its class: a value's name, what reads its fields, and their defaults."""
_MADE_OF = {
    kind.__name__: (
        kind,
        [default for _, default in known],
        [number for number, (_, default) in enumerate(known) if default is MISSING],
    )
    for kind, known in _FIELDS.items()
}
"""By its name: a class, its defaults, and which fields have none; those come first."""
_PLAIN = frozenset({str, int, float, bool, type(None)})


class CannotPack(Exception):  # noqa: N818 - nobody is told
    """A value of a class that is not known here."""


def pack(value: Any) -> list[Any]:
    """Return a value as JSON can hold it.

    Raises:
        CannotPack: a part of it is nothing that ``unpack`` would make again.
    """
    packing = _Packing()
    root = packing.part(value)
    return [packing.table, root]


class _Packing:
    """One value on its way: the dataclasses in it, each after its parts."""

    def __init__(self) -> None:
        self.table: list[Any] = []
        self.seen: dict[int, int] = {}

    def part(self, value: Any) -> Any:
        kind = value.__class__
        if kind in _PLAIN or isinstance(value, (str, int, float)):
            return value
        if kind is tuple:
            return [self.part(v) for v in value]
        if kind in _READ:
            return {"o": self.number(value)}
        if isinstance(value, Mapping):
            return {"m": [[self.part(k), self.part(v)] for k, v in value.items()]}
        if kind is list:
            return {"l": [self.part(v) for v in value]}
        if kind is frozenset:
            return {"s": sorted(value)}  # of texts, in an order that is always the same
        raise CannotPack(kind.__name__)

    def number(self, value: Any) -> int:
        """Return the place of a dataclass in the table, where it is by then."""
        number = self.seen.get(id(value))
        if number is None:
            name, read, defaults = _READ[value.__class__]
            row: list[Any] = [name]
            for index, given in enumerate(read(value)):
                default = defaults[index]
                if given is not default and given != default:
                    row += (index, given if given.__class__ in _PLAIN else self.part(given))
            number = self.seen[id(value)] = len(self.table)
            self.table.append(row)
        return number


def unpack(packed: list[Any]) -> Any:
    """Return the value that was packed.

    Raises:
        LookupError, TypeError, ValueError: that is no packed value.
    """
    table, root = packed
    made: list[Any] = []
    for name, *given in table:
        kind, defaults, needed = _MADE_OF[name]
        numbers, values = given[::2], list(defaults)
        if numbers[: len(needed)] != needed:
            raise TypeError(name)
        for number, value in zip(numbers, given[1::2], strict=True):
            values[number] = value if value.__class__ in _PLAIN else _part(value, made)
        made.append(kind(*values))
    return _part(root, made)


def _part(value: Any, made: list[Any]) -> Any:
    if isinstance(value, list):
        return tuple([_part(v, made) for v in value])
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    match kind:
        case "o":
            return made[inner]
        case "m":
            return {_part(k, made): _part(v, made) for k, v in inner}
        case "l":
            return [_part(v, made) for v in inner]
        case "s":
            return frozenset(inner)
    raise ValueError(kind)
