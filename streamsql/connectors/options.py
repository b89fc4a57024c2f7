"""Options of Spark's readers and writers: which there are, and what they may be.

Spark ignores an option that it does not know without a word, so a typing error would
silently change what is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from streamsql.findings import Finding, Location, Severity, did_you_mean

Check = Callable[[str], str | None]  # what is wrong with a value, or None


@dataclass(frozen=True, slots=True)
class Options:
    """The options that a reader or writer takes.

    ``known`` maps a name to the check of its value; ``forbidden`` maps a name to why it
    must not be given; ``prefix`` begins names that are passed through (``kafka.``).
    """

    what: str
    known: Mapping[str, Check]
    forbidden: Mapping[str, str] = field(default_factory=dict)
    prefix: str | None = None


# streamsql says these itself, of every writer.
OURS = {
    "checkpointLocation": "streamsql keeps the checkpoints",
    "path": "give 'location' in the config instead",
}


def check_options(
    options: Mapping[str, str], allowed: Options, location: Location
) -> tuple[Finding, ...]:
    """Find unknown and forbidden options, and values that are wrong.

    Spark's option names do not count their case, and so it is here.
    """
    found = [_check(name, value, allowed, location) for name, value in options.items()]
    return tuple(f for f in found if f)


def _check(name: str, value: str, allowed: Options, location: Location) -> Finding | None:
    lower = name.lower()
    forbidden = {k.lower(): why for k, why in allowed.forbidden.items()}
    if lower in forbidden:
        message = f"the option '{name}' cannot be set for {allowed.what}"
        return Finding("forbidden-option", message, location, hint=forbidden[lower])
    if allowed.prefix and lower.startswith(allowed.prefix):
        return None
    known = {k.lower(): check for k, check in allowed.known.items()}
    if lower not in known:
        names = [*allowed.known, *allowed.forbidden]
        hint = did_you_mean(name, names)
        if hint is None and allowed.prefix:
            hint = f"options of Kafka's client begin with '{allowed.prefix}'"
        message = f"{allowed.what} has no option '{name}'"
        # Spark takes it without a word, and a newer one may know it.
        return Finding("unknown-option", message, location, Severity.WARNING, hint)
    wrong = known[lower](str(value))
    if wrong is None:
        return None
    return Finding("invalid-option", f"the option '{name}' is {wrong}", location)


def text(_: str) -> str | None:
    """Any text will do."""
    return None


def flag(value: str) -> str | None:
    """Either ``true`` or ``false``."""
    if value.lower() in ("true", "false"):
        return None
    return f"'{value}', and must be true or false"


def whole(value: str) -> str | None:
    """A whole number above zero: with 0, Spark would read nothing and say nothing."""
    if re.fullmatch(r"\d{1,18}", value) and int(value) > 0:
        return None
    return f"'{value}', and must be a whole number above 0"


def one_of(*choices: str) -> Check:
    """One of the words given, in any case."""

    def check(value: str) -> str | None:
        if value.lower() in choices:
            return None
        return f"'{value}', and must be one of {', '.join(choices)}"

    return check


def duration(value: str) -> str | None:
    """A time as Spark's configuration has it: ``15m``, ``100ms``."""
    if re.fullmatch(r"\d+\s*(us|ms|s|m|min|h|d)?", value.strip()):
        return None
    return f"'{value}', and must be a time such as 15m or 30s"
