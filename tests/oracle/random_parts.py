"""What made-up queries are made of: relations, windows, bounds, and one source of chance."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Columns = Mapping[str, str]  # name → string, double, bigint, timestamp, window or array

EVENTS: Columns = {
    "id": "string",
    "user": "string",
    "amount": "double",
    "ts": "timestamp",
    "arr": "array",
    "raw": "string",
}
CLICKS: Columns = {
    "id": "string",
    "user": "string",
    "url": "string",
    "ts": "timestamp",
    "amount": "double",
}
TABLES: Mapping[str, Columns] = {
    "events": EVENTS,
    "clicks": CLICKS,
    "clicks2": CLICKS,
    "events_nw": EVENTS,
    "clicks_nw": CLICKS,
    "dim": {"k": "string", "name": "string", "vf": "double"},
}
WINDOWS = ("'10 minutes'", "'1 hour'", "'10 minutes', '5 minutes'")
GAPS = ("'5 minutes'", "'30 minutes'")
JOINS = (
    "JOIN",
    "LEFT JOIN",
    "RIGHT JOIN",
    "FULL OUTER JOIN",
    "LEFT SEMI JOIN",
    "LEFT ANTI JOIN",
    "CROSS JOIN",
)
BOUNDS = (
    "{l} BETWEEN {r} - INTERVAL 5 MINUTES AND {r} + INTERVAL 10 MINUTES",
    "{r} BETWEEN {l} AND {l} + INTERVAL 1 HOUR",
    "{r} >= {l} AND {r} <= {l} + INTERVAL '15' MINUTE",
    "{l} >= {r}",
    "{l} <= {r} + INTERVAL 1 HOUR",
    "{l} = {r}",
    "abs(unix_timestamp({l}) - unix_timestamp({r})) < 60",
    "{r} <= {l} + INTERVAL 1 MONTH",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A query, and the columns it gives."""

    sql: str
    columns: Columns


class Chance:
    """One seeded source of chance, which also makes up names."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._names = 0

    def begin(self) -> None:
        """Begin to count names anew."""
        self._names = 0

    def maybe(self, share: float) -> bool:
        """Return True in this share of cases."""
        return self._chance.random() < share

    def one(self, of: Sequence[Any]) -> Any:
        """Return one of several."""
        return self._chance.choice(of)

    def weighed(self, of: Sequence[tuple[int, Any]]) -> Any:
        """Return one of several, the heavier ones more often."""
        return self._chance.choices([what for _, what in of], [weight for weight, _ in of])[0]

    def some(self, of: Columns, least: int, most: int) -> list[str]:
        """Return the names of some columns, in their order."""
        count = min(len(of), self._chance.randint(least, most))
        chosen = set(self._chance.sample(list(of), count))
        return [name for name in of if name in chosen]

    def name(self, prefix: str) -> str:
        """Return a name that no other part of the query has."""
        self._names += 1
        return f"{prefix}{self._names}"
