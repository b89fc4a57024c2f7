"""Which columns with a watermark are still there where two streams meet.

Spark lets one event time into each side of a join, and judges after it has left out the columns
that nobody above needs. So the joins are noted on the way, and settled when the whole query has
been walked. What only filters rows of one side is left out: Spark filters before it joins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from streamsql.resolve.relations import StatefulOperator
from streamsql.resolve.scope import Attribute, Flow


@dataclass(frozen=True, slots=True)
class Meeting:
    """A join with more than one event time on a side.

    ``since`` is how many uses were noted below it, ``needed`` what its condition compares.
    """

    operator: StatefulOperator
    sides: tuple[tuple[Attribute, ...], ...]
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


def event_times(columns: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Return the columns with a watermark, each once."""
    return tuple({id(c): c for c in columns if c.event_time is not None}.values())


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
            names = tuple(c.name for c in side if id(c) in live)
            if len(names) > 1:
                mixed[id(meeting.operator)] = names
    if not mixed:
        return flow
    operators = (replace(o, mixed=mixed.get(id(o), o.mixed)) for o in flow.stateful)
    return replace(flow, stateful=tuple(operators))


def _closure(columns: Iterable[Attribute]) -> set[int]:
    seen: set[int] = set()
    pending = list(columns)
    while pending:
        column = pending.pop()
        if id(column) not in seen:
            seen.add(id(column))
            pending.extend(column.keeps)
    return seen
