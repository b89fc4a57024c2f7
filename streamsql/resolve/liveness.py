"""Which columns with a watermark are still there where two streams meet.

Spark lets one event time into each side of a join, and judges after it has left out the columns
that nobody above needs. So the joins are noted on the way, and settled when the whole query has
been walked. What only filters rows of one side is left out: Spark filters before it joins.
A view does not know what its readers take of it, so it hands on what depends on that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from streamsql.resolve.relations import PendingMeeting, StatefulOperator, Traveller
from streamsql.resolve.scope import Attribute, Flow, Rowset, Visible

Side = Mapping[str, Attribute]
"""The columns with a watermark on one side of a meeting, by what people call them there."""


class Meeting(NamedTuple):
    """A join with more than one event time on a side.

    ``since`` is how many uses were noted below it, ``needed`` what its condition compares.
    """

    operator: StatefulOperator
    sides: tuple[Side, ...]
    needed: tuple[Attribute, ...]
    since: int


def is_timed(column: Attribute) -> bool:
    """Whether a column carries a watermark, or is made of one that does."""
    return column.event_time is not None or bool(column.keeps)


def kept(*columns: Attribute) -> tuple[Attribute, ...]:
    """Return what a column that is made of others keeps in use."""
    return tuple(c for c in columns if is_timed(c))


def taken(used: list[Attribute], first: int) -> tuple[Attribute, ...]:
    """Take the uses from ``first`` on: they belong to the column that is being made."""
    found = tuple(used[first:])
    del used[first:]
    return found


def event_times(columns: Iterable[Visible]) -> Side:
    """Return the columns with a watermark, each once, with their relation where names repeat."""
    found = {id(v.attribute): v for v in columns if v.attribute.event_time is not None}
    often = Counter(v.attribute.name for v in found.values())
    return {
        f"{v.qualifier}.{v.attribute.name}"
        if v.qualifier and often[v.attribute.name] > 1
        else v.attribute.name: v.attribute
        for v in found.values()
    }


def settled(
    flow: Flow, meetings: Sequence[Meeting], used: Sequence[Attribute], made: Iterable[Attribute]
) -> Flow:
    """Return the flow in which joins name the event times that are too many.

    ``used`` are the columns that expressions named, in the order of the walk; ``made`` those
    of the result.
    """
    result = tuple(made)
    mixed: dict[int, tuple[str, ...]] = {}
    for meeting in meetings:
        live = _closure((*meeting.needed, *used[meeting.since :], *result))
        for side in meeting.sides:
            names = tuple(name for name, c in side.items() if id(c) in live)
            if len(names) > 1:
                mixed[id(meeting.operator)] = names
    if not mixed:
        return flow
    operators = (replace(o, mixed=mixed.get(id(o), o.mixed)) for o in flow.stateful)
    return flow._replace(stateful=tuple(operators))


def pending(
    flow: Flow, meetings: Sequence[Meeting], used: Sequence[Attribute], made: Sequence[Attribute]
) -> Iterator[PendingMeeting]:
    """Yield the meetings of a view in terms of the columns that its readers may take."""
    carried = [(column.name.lower(), _closure((column,))) for column in made]
    places = {id(operator): number for number, operator in enumerate(flow.stateful)}
    for meeting in meetings:
        place = places.get(id(meeting.operator))
        if place is None:  # of a subquery that is no part of the stream
            continue
        always = _closure((*meeting.needed, *used[meeting.since :]))
        sides = [
            tuple(
                Traveller(name, frozenset(n for n, ids in carried if id(c) in ids), id(c) in always)
                for name, c in side.items()
            )
            for side in meeting.sides
        ]
        yield PendingMeeting(place, tuple(sides))


def read_again(rowset: Rowset) -> Rowset:
    """Return a relation that a query reads once more: its event times are others than before."""

    def others(columns: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
        return tuple(c._replace() if c.event_time is not None else c for c in columns)

    return rowset._replace(columns=others(rowset.columns), hidden=others(rowset.hidden))


def met_again(rowset: Rowset, since: int) -> tuple[Rowset, tuple[Meeting, ...]]:
    """Return a relation as one reader sees it, and the meetings that depend on the reader."""
    keeps: dict[str, list[Attribute]] = {}
    meetings: list[Meeting] = []
    # Another view of the query may have the same operator below it, and meetings of its own.
    own = {one.operator: replace(rowset.flow.stateful[one.operator]) for one in rowset.pending}
    for one in rowset.pending:
        sides = tuple({t.name: Attribute(t.name, None) for t in side} for side in one.sides)
        needed: list[Attribute] = []
        for travellers, side in zip(one.sides, sides, strict=True):
            for traveller in travellers:
                needed += [side[traveller.name]] if traveller.always else []
                for name in traveller.carriers:
                    keeps.setdefault(name, []).append(side[traveller.name])
        meetings.append(Meeting(own[one.operator], sides, tuple(needed), since))
    columns = (c._replace(keeps=(*c.keeps, *keeps.get(c.name.lower(), ()))) for c in rowset.columns)
    stateful = tuple(own.get(number, o) for number, o in enumerate(rowset.flow.stateful))
    flow = rowset.flow._replace(stateful=stateful)
    return rowset._replace(columns=tuple(columns), flow=flow, pending=()), tuple(meetings)


def _closure(columns: Iterable[Attribute]) -> set[int]:
    seen: set[int] = set()
    pending = list(columns)
    while pending:
        column = pending.pop()
        if id(column) not in seen:
            seen.add(id(column))
            pending.extend(column.keeps)
    return seen
