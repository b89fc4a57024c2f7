"""Relations as the queries that read them see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streamsql.resolve.declared import declared_type
from streamsql.resolve.lineage import NOWHERE, Influences, column_of, unlisted_of
from streamsql.resolve.relations import OutputColumn, Relation, mark_of
from streamsql.resolve.scope import Attribute, Flow, Rowset


class Rowsets(Mapping[str, Rowset]):
    """What can be read, by identifiers in lower case; made when the first query reads it."""

    def __init__(self) -> None:
        self._unread: dict[str, Relation] = {}
        self._made: dict[str, Rowset] = {}

    def add(self, relation: Relation) -> None:
        """Know a relation, as it is now."""
        name = relation.name.lower()
        self._made.pop(name, None)
        self._unread[name] = relation

    def __getitem__(self, name: str) -> Rowset:
        relation = self._unread.pop(name, None)
        if relation is not None:
            self._made[name] = rowset_of(relation)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._unread
        yield from self._made

    def __len__(self) -> int:
        return len(self._unread) + len(self._made)


def rowset_of(relation: Relation) -> Rowset:
    """Return a relation as the queries that read it see it."""
    marked = {w.column.lower(): w for w in relation.watermarks}

    def attribute(column: OutputColumn, origin: str | None = None) -> Attribute:
        event_time = marked.get(column.name.lower())
        origins = column_of(relation.name, column.name)
        return Attribute(
            column.name,
            declared_type(column.data_type),
            event_time,
            origin=origin,
            origins=origins,
            never_null=column.never_null,
            said=column.said,
        )

    return Rowset(
        tuple(attribute(c) for c in relation.columns),
        tuple(attribute(c, relation.name) for c in relation.hidden),
        Flow(
            relation.streaming,
            relation.stateful,
            relation.operations,
            relation.losses,
            relation.reads,
            relation.marks or tuple(mark_of(w, relation.reads) for w in relation.watermarks),
            unread=relation.unread,
            still=relation.still,
        ),
        relation.complete,
        influences=Influences(relations=frozenset((relation.name,))),
        unlisted=NOWHERE if relation.complete else unlisted_of(relation.name),
        pending=relation.pending,
    )
