"""The casts of ``casts.txt``: pairs of types, and whether Spark takes a CAST and a TRY_CAST."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streamsql.datatypes import parse_type
from streamsql.resolve.casts import not_cast

MATRIX = Path(__file__).parent / "casts.txt"
_LINES = [x for x in MATRIX.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
TYPES = dict(line.split(" ", 1) for line in _LINES if "\t" not in line)
"""Types by the letter that stands for each."""
ROWS = tuple(line.split("\t") for line in _LINES if "\t" in line)
WAYS = ("CAST", "TRY_CAST")


class Cast(NamedTuple):
    """A cast of one type to another in one of ``WAYS``."""

    way: str
    source: str
    target: str

    @property
    def call(self) -> str:
        return f"{self.way}(CAST(NULL AS {self.source}) AS {self.target})"

    @property
    def refused(self) -> bool:
        """Whether lint refuses it."""
        source, target = parse_type(self.source), parse_type(self.target)
        trying = self.way == "TRY_CAST"
        return source != target and not_cast(source, target, False, trying) is not None


def recorded() -> Iterator[tuple[Cast, bool]]:
    """Yield each cast, and whether Spark took it."""
    for way, source, taken in ROWS:
        for letter, target in TYPES.items():
            yield Cast(way, TYPES[source], target), letter in taken


def made_up(seed: int, count: int) -> list[Cast]:
    """Return casts of types that are nested at will, each to one of the same shape."""
    chance = random.Random(seed)
    plain = [t for t in TYPES.values() if "<" not in t]

    def pair(depth: int) -> tuple[str, str]:
        shape = chance.randrange(5) if depth else 4
        if shape == 4 or chance.random() < 0.1:
            return chance.choice(plain), chance.choice(plain)
        (a, b), (c, d) = pair(depth - 1), pair(depth - 1)
        if "map" in a or "map" in b:
            shape %= 2
        shapes = ("array<{}>", "struct<x:{},y:{}>", "map<{},{}>", "array<map<{},{}>>")
        return shapes[shape].format(a, c), shapes[shape].format(b, d)

    return [Cast(chance.choice(WAYS), *pair(chance.randint(1, 3))) for _ in range(count)]
