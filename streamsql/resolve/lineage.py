"""Where columns come from: found by the walk that finds their types, for next to nothing.

While the walk visits an expression, each column it names leaves its origins on a trail
(``Walk.read``); whoever makes a column of the expression takes what is new on it. What
decides over rows and not over one column (WHERE, ON, GROUP BY) is kept apart, once for all
columns of a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from streamsql.datatypes import Array, DataType, Map, Struct


class How(IntEnum):
    """How a value is used, the strongest last.

    ``IDENTITY`` is the value itself or a part of it (a struct's field, an array's element).
    """

    IDENTITY = 0
    TRANSFORMATION = 1
    AGGREGATION = 2


class Field(NamedTuple):
    """A column of a relation, or a field inside it: ``customer.address.city``."""

    relation: str
    path: str


class Use(NamedTuple):
    """A field, and how it is used."""

    field: Field
    how: How


class Origins(NamedTuple):
    """The fields that a column is made of.

    ``members`` are those of the fields of a struct that the query itself puts together.
    """

    uses: tuple[Use, ...] = ()
    members: Mapping[str, Origins] = MappingProxyType({})


NOWHERE = Origins()


class Influences(NamedTuple):
    """The fields that decide which rows there are, by how; they belong to every column.

    ``grouped`` are the keys of GROUP BY, DISTINCT and dedup. What ORDER BY names counts as
    ``filtered`` where a LIMIT follows it, and not at all elsewhere. ``relations`` are those
    whose rows come in: what decides over rows of a view does so here, too.
    """

    filtered: frozenset[Field] = frozenset()
    joined: frozenset[Field] = frozenset()
    grouped: frozenset[Field] = frozenset()
    relations: frozenset[str] = frozenset()

    def __or__(self, other: Influences) -> Influences:
        if other is self or other == NO_INFLUENCES:
            return self
        if self == NO_INFLUENCES:
            return other
        return Influences(
            self.filtered | other.filtered,
            self.joined | other.joined,
            self.grouped | other.grouped,
            self.relations | other.relations,
        )

    @property
    def all(self) -> frozenset[Field]:
        """The fields of all three kinds."""
        return self.filtered | self.joined | self.grouped


NO_INFLUENCES = Influences()

Trail = list[Origins | Influences]
"""What was read: columns, and what subqueries filter, join and group by."""


class ModelLineage(NamedTuple):
    """What a model's columns come from, in terms of the relations that it reads itself.

    A column that no field goes into (a constant, ``count(*)``) has empty origins.
    """

    columns: Mapping[str, Origins] = MappingProxyType({})
    influences: Influences = NO_INFLUENCES


def column_of(relation: str, name: str) -> Origins:
    """Return the origins of a relation's own column."""
    return Origins((Use(Field(relation, name), How.IDENTITY),))


def unlisted_of(relation: str) -> Origins:
    """Return the origins of the columns of a relation that nobody has listed."""
    return column_of(relation, "")


# The trail


def take(trail: Trail, since: int) -> Trail:
    """Take what was read since the trail was ``since`` long."""
    taken = trail[since:]
    del trail[since:]
    return taken


def used_by(taken: Trail, how: How = How.TRANSFORMATION) -> Origins:
    """Return the origins of an expression that reads these, at least transformed by ``how``."""
    return united((o for o in taken if isinstance(o, Origins)), how)


def influences_in(taken: Trail) -> Influences:
    """Return what the subqueries of an expression filter, join and group by."""
    found = NO_INFLUENCES
    for read in taken:
        if isinstance(read, Influences):
            found |= read
    return found


def fields_in(taken: Iterable[Origins | Influences]) -> frozenset[Field]:
    """Return every field that was read, for whatever reason."""
    fields: set[Field] = set()
    for read in taken:
        if isinstance(read, Influences):
            fields |= read.all
        else:
            fields.update([use.field for use in read.uses])
    return frozenset(fields)


def filtered_by(taken: Trail) -> Influences:
    """Return what a condition makes of these: whatever it reads, it reads to choose rows."""
    if not taken:
        return NO_INFLUENCES
    return Influences(fields_in(taken), relations=influences_in(taken).relations)


def joined_by(taken: Trail) -> Influences:
    """Return what the condition of a join makes of these."""
    return Influences(joined=fields_in(taken), relations=influences_in(taken).relations)


def grouped_by(taken: Trail) -> Influences:
    """Return what grouping makes of these."""
    if not taken:
        return NO_INFLUENCES
    return Influences(grouped=fields_in(taken), relations=influences_in(taken).relations)


def aggregate(trail: Trail, since: int) -> None:
    """Say that what was read since then went into an aggregate."""
    for number in range(since, len(trail)):
        read = trail[number]
        if isinstance(read, Origins):
            trail[number] = united((read,), How.AGGREGATION)


def leave_out_wholes(trail: Trail, places: Iterable[int], since: int) -> None:
    """Take collections off the trail of which a lambda, visited ``since``, reads fields."""
    read = fields_in(o for o in trail[since:] if isinstance(o, Origins))
    for place in places:
        whole = trail[place]
        uses = whole.uses if isinstance(whole, Origins) else ()
        if uses and all(any(_is_in(field, use.field) for field in read) for use in uses):
            trail[place] = NOWHERE


def _is_in(inner: Field, outer: Field) -> bool:
    same = inner.relation == outer.relation
    return same and (inner.path == outer.path or inner.path.startswith(f"{outer.path}."))


# Columns out of columns


def united(origins: Iterable[Origins], how: How = How.IDENTITY) -> Origins:
    """Return the origins of what is made of several columns, each used at least as ``how``."""
    given = list(origins)
    if not given:
        return NOWHERE
    if len(given) == 1 and how is How.IDENTITY:
        return given[0]
    if len(given) == 1 and len(given[0].uses) == 1:
        ((name, used),) = given[0].uses
        return Origins((Use(name, max(used, how)),))
    strongest: dict[Field, How] = {}
    for one in given:
        for name, used in one.uses:
            strongest[name] = max(used, how, strongest.get(name, how))
    if not strongest and not any(o.members for o in given):
        return NOWHERE
    members = _shared_members(given) if how is How.IDENTITY else {}
    return Origins(tuple(Use(f, h) for f, h in strongest.items()), members)


def _shared_members(given: Sequence[Origins]) -> dict[str, Origins]:
    first, *others = given
    return {
        name: united((found, *(o.members[name] for o in others)))
        for name, found in first.members.items()
        if all(name in o.members for o in others)
    }


def struct_of(members: Iterable[tuple[str, Origins]]) -> Origins:
    """Return the origins of a struct that is put together of these."""
    made = dict(members)
    return united(made.values(), How.TRANSFORMATION)._replace(
        members={name.lower(): origins for name, origins in made.items()},
    )


def inside(origins: Origins, data_type: DataType | None, names: Sequence[str]) -> Origins:
    """Return the origins of ``column.a.b``, as far as they can be told apart."""
    for name in names:
        plain = data_type.element if isinstance(data_type, Array) else data_type
        written, data_type = _member(plain, name)
        member = origins.members.get(name.lower())
        if member is not None:
            origins = member
        elif written is not None:
            origins = Origins(tuple(_extended(use, written) for use in origins.uses))
    return origins


def _member(data_type: DataType | None, name: str) -> tuple[str | None, DataType | None]:
    """Return a field's name as it is declared, and its type; no name for a map's entry."""
    if isinstance(data_type, Map):
        return None, data_type.value
    if isinstance(data_type, Struct):
        for found in data_type.fields:
            if found.name.lower() == name.lower():
                return found.name, found.type
    return name, None


def _extended(use: Use, name: str) -> Use:
    if use.how is not How.IDENTITY:
        return use
    relation, path = use.field
    return Use(Field(relation, f"{path}.{name}" if path else name), use.how)
