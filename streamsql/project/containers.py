"""Lists and dicts of templates stay small: ``[x, x]`` over and over holds little and prints much.

A container that shares its parts costs no memory until somebody looks at all of it: prints it,
compares it, hashes it. So each one is weighed when it is made, by the weights of its parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jinja2.exceptions import SecurityError

_HEAVIEST = 200_000
_DEEPEST = 60
_CHARACTERS = 64  # that weigh as much as one item
_KINDS = (list, tuple, dict)


@dataclass(slots=True)
class Scales:
    """Weighs what one rendering makes. What was weighed is kept, so that its id stays its own."""

    known: dict[int, tuple[Any, int, int]] = field(default_factory=dict)

    def check(self, value: Any) -> Any:
        """Return a value that is not too large.

        Raises:
            SecurityError: it holds too much, or too many containers in each other.
        """
        if isinstance(value, _KINDS):
            weight, depth = self._weigh(value, 1)
            if weight > _HEAVIEST:
                raise SecurityError("a list or dict holds too much")
            if depth > _DEEPEST:
                raise SecurityError("lists or dicts are nested too deeply")
        return value

    def _weigh(self, value: Any, level: int) -> tuple[int, int]:
        """Return the weight of a value, and how many containers are in each other."""
        if isinstance(value, str):
            return 1 + len(value) // _CHARACTERS, 0
        if isinstance(value, range):
            return 1 + len(value), 1
        if not isinstance(value, _KINDS):
            return 1, 0
        known = self.known.get(id(value))
        if known is not None:
            return known[1], known[2]
        if level > _DEEPEST:
            return 1, _DEEPEST
        weight, depth = 1, 0
        for item in _parts(value):
            inner, below = self._weigh(item, level + 1)
            weight, depth = weight + inner, max(depth, below)
            if weight > _HEAVIEST:
                break
        self.known[id(value)] = (value, weight, depth + 1)
        return weight, depth + 1


def _parts(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> Iterable[Any]:
    if isinstance(value, dict):
        return (part for pair in value.items() for part in pair)
    return value
