"""Types of CSV cells: whether a text fits a type, and which type a column of texts has.

A cell fits if Spark's ``CAST`` of the text, in ANSI mode, gives the same value without rounding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

from streamsql.datatypes import DataType, Decimal, Primitive, ddl

_WHOLE = re.compile(r"[+-]?[0-9]+")
_PLAIN = re.compile(r"[+-]?(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?")
_FLOATING = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|[+-]?Infinity", re.ASCII)
_TIMESTAMP = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[ T](?P<time>\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_TRUTHS = ("true", "false", "t", "f", "yes", "no", "y", "n", "1", "0")
_MAX_DIGITS = 38


def cell_problem(text: str, data_type: DataType) -> str | None:
    """Say why a cell does not fit a type; nothing if it does."""
    fits = _fits(data_type)
    if fits is None:
        return f"a CSV cannot hold {ddl(data_type)}"
    return None if fits(text) else f"'{text[:40]}' is no {ddl(data_type)}"


def infer_type(cells: Sequence[str | None]) -> str:
    """Return the narrowest type, in DDL, that every cell fits; string if there are none.

    Numbers with leading zeros are texts: they are codes. Plain decimals are exact.
    """
    texts = [cell for cell in cells if cell is not None]
    if not texts:
        return "string"
    if not any(re.match(r"[+-]?0\d", text) for text in texts):
        if all(_is_whole(text, 64) for text in texts):
            return "bigint"
        if decimal := _common_decimal(texts):
            return ddl(decimal)
        if all(_FLOATING.fullmatch(text) for text in texts):
            return "double"
    if all(text.lower() in ("true", "false") for text in texts):
        return "boolean"
    for name in ("date", "timestamp"):
        if all(cell_problem(text, Primitive(name)) is None for text in texts):
            return name
    return "string"


def _fits(data_type: DataType) -> Callable[[str], bool] | None:
    match data_type:
        case Decimal(precision, scale):
            return lambda text: _is_decimal(text, precision, scale)
        case Primitive(name) if name in _BITS:
            return lambda text: _is_whole(text, _BITS[name])
        case Primitive("float" | "double"):
            return lambda text: _FLOATING.fullmatch(text) is not None
        case Primitive("boolean"):
            return lambda text: text.lower() in _TRUTHS
        case Primitive("date"):
            return _is_date
        case Primitive("timestamp" | "timestamp_ntz"):
            return _is_timestamp
        case Primitive(name) if name.startswith("string"):
            return lambda _: True
        case Primitive(name) if found := re.fullmatch(r"(?:var)?char\((\d+)\)", name):
            length = int(found[1])
            return lambda text: len(text) <= length
    return None


def _is_whole(text: str, bits: int) -> bool:
    if not _WHOLE.fullmatch(text) or len(text) > _MAX_DIGITS:
        return False
    return -(1 << (bits - 1)) <= int(text) < 1 << (bits - 1)


def _digits(text: str) -> tuple[int, int] | None:
    """Return how many digits stand before and after the point, if it is a plain number."""
    found = _PLAIN.fullmatch(text)
    if found is None or not (found["whole"] or found["part"]):
        return None
    return len(found["whole"].lstrip("0")), len(found["part"] or "")


def _is_decimal(text: str, precision: int, scale: int) -> bool:
    digits = _digits(text.rstrip("0") if "." in text else text)
    return digits is not None and digits[0] <= precision - scale and digits[1] <= scale


def _common_decimal(texts: Sequence[str]) -> Decimal | None:
    digits = [_digits(text) for text in texts]
    known = [d for d in digits if d is not None]
    if len(known) < len(digits):
        return None
    scale = max(d[1] for d in known)
    precision = max(1, max(d[0] for d in known) + scale)
    return Decimal(precision, scale) if precision <= _MAX_DIGITS else None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None


def _is_timestamp(text: str) -> bool:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return _is_date(text)
    try:
        datetime.fromisoformat(f"{found['day']}T{found['time'][:8]}{found['zone'] or ''}")
    except ValueError:
        return False
    return True
