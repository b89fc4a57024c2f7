"""Lengths of time as users write them: ``10 minutes``, ``1 hour 30 minutes``.

Words and rules are those of Spark 4.1 (``IntervalUtils.stringToInterval``), so a text that is
accepted here can be handed to Spark as it stands; months and years are refused because a delay,
a trigger or a window of theirs has no fixed length.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

_MICROSECONDS = {
    "microsecond": 1,
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
_ABBREVIATIONS = {
    "ms": "milliseconds",
    "us": "microseconds",
    "s": "seconds",
    "sec": "seconds",
    "secs": "seconds",
    "m": "minutes",
    "min": "minutes",
    "mins": "minutes",
    "h": "hours",
    "hr": "hours",
    "hrs": "hours",
    "d": "days",
    "w": "weeks",
}
_PART = re.compile(r"\s*(?P<number>[+-]?\s*(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[A-Za-z]+)")
_EXAMPLES = "write it as '10 minutes' or '1 hour 30 minutes'"


@lru_cache(maxsize=1024)
def parse_interval(text: str) -> timedelta:
    """Return the length of an interval of fixed length; it may be zero, not negative.

    >>> parse_interval("1 hour 30 minutes")
    datetime.timedelta(seconds=5400)

    Raises:
        ValueError: the text is no such interval; the message says why.
    """
    body = _body(text)
    total = 0
    at = 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None:
            raise ValueError(f"'{text}' is not an interval: {_EXAMPLES}")
        total += _part_microseconds(part, text)
        at = part.end()
    if total < 0:
        raise ValueError(f"'{text}' is negative")
    try:
        return timedelta(microseconds=total)
    except OverflowError:
        raise ValueError(f"'{text}' is too long") from None


def spark_interval(text: str) -> str:
    """Return the interval in the words Spark's options and functions take: ``90 minutes``.

    Raises:
        ValueError: as ``parse_interval``.
    """
    microseconds = parse_interval(text) // timedelta(microseconds=1)
    for unit in ("day", "hour", "minute", "second", "millisecond", "microsecond"):
        count, rest = divmod(microseconds, _MICROSECONDS[unit])
        if count and not rest:
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return "0 seconds"


def _body(text: str) -> str:
    """Take away the word INTERVAL and its quotes: ``INTERVAL '10' MINUTE`` is ``10 MINUTE``."""
    body = re.sub(r"^interval\b", "", text.strip(), flags=re.IGNORECASE).strip()
    quoted = re.fullmatch(r"'([^']*)'(\s+[A-Za-z]+)?", body)
    if quoted:
        body = quoted[1] + (quoted[2] or "")
    if not body.strip():
        raise ValueError(f"an interval is empty: {_EXAMPLES}")
    return body.strip()


def _part_microseconds(part: re.Match[str], text: str) -> int:
    unit = part["unit"].lower()
    singular = unit.removesuffix("s")
    if singular in ("month", "year"):
        raise ValueError(f"'{text}' has no fixed length: use days")
    if singular not in _MICROSECONDS:
        known = _ABBREVIATIONS.get(unit)
        hint = f"write '{known}'" if known else "units are microseconds to weeks"
        raise ValueError(f"'{text}' has the unknown unit '{part['unit']}': {hint}")
    if part.end("number") == part.start("unit"):
        raise ValueError(f"'{text}' needs a blank between number and unit")
    number = re.sub(r"\s+", "", part["number"])
    whole, _, decimals = number.partition(".")
    if decimals.strip("0") and singular != "second":
        raise ValueError(f"'{text}': only seconds may have a fraction")
    scale: int = 10 ** len(decimals)
    length = abs(int(whole + decimals)) * _MICROSECONDS[singular] // scale
    return -length if number.startswith("-") else length
