"""Which types an arithmetic takes: as Spark 4.1 does with ANSI mode on, pair by pair.

Read off Spark itself, see ``tests/oracle/operands.txt``. Types that are not known are let pass.
"""

from __future__ import annotations

from collections.abc import Mapping

from streamsql.datatypes import DataType, Decimal, Primitive
from streamsql.resolve.coercion import STRING
from streamsql.resolve.kinds import kind_of

_FAMILIES = {
    "string": "text",
    "tinyint": "int",
    "smallint": "int",
    "int": "int",
    "bigint": "bigint",
    "float": "double",
    "double": "double",
    "timestamp": "moment",
    "timestamp_ntz": "moment",
    "date": "date",
    "void": "void",
    "variant": "variant",
}
_NUMBERS = "double int bigint decimal"
_NUMBERS_OR_TEXT = f"text {_NUMBERS} void"
_TAKEN: Mapping[str, Mapping[str, str]] = {
    "+": {
        "text": f"{_NUMBERS} days",
        "double": _NUMBERS_OR_TEXT,
        "moment": "days months void",
        "date": "int days months void",
        "int": f"{_NUMBERS_OR_TEXT} date",
        "bigint": _NUMBERS_OR_TEXT,
        "decimal": _NUMBERS_OR_TEXT,
        "days": "text moment date days void",
        "months": "moment date months void",
        "void": f"{_NUMBERS} moment date days months void",
    },
    "-": {
        "text": f"{_NUMBERS} moment date days",
        "double": _NUMBERS_OR_TEXT,
        "moment": "text moment date days months void",
        "date": "text moment date int days months void",
        "int": _NUMBERS_OR_TEXT,
        "bigint": _NUMBERS_OR_TEXT,
        "decimal": _NUMBERS_OR_TEXT,
        "days": "days void",
        "months": "months void",
        "void": f"{_NUMBERS} moment date days months void",
    },
    "*": {
        "text": f"{_NUMBERS} days months",
        "double": f"{_NUMBERS_OR_TEXT} days months",
        "int": f"{_NUMBERS_OR_TEXT} days months",
        "bigint": f"{_NUMBERS_OR_TEXT} days months",
        "decimal": f"{_NUMBERS_OR_TEXT} days months",
        "days": _NUMBERS_OR_TEXT,
        "months": _NUMBERS_OR_TEXT,
        "void": f"{_NUMBERS} days months void",
    },
    "/": {
        "text": _NUMBERS,
        "double": _NUMBERS_OR_TEXT,
        "int": _NUMBERS_OR_TEXT,
        "bigint": _NUMBERS_OR_TEXT,
        "decimal": _NUMBERS_OR_TEXT,
        "days": _NUMBERS_OR_TEXT,
        "months": _NUMBERS_OR_TEXT,
        "void": f"{_NUMBERS} void",
    },
    "%": {
        "text": _NUMBERS,
        "double": _NUMBERS_OR_TEXT,
        "int": _NUMBERS_OR_TEXT,
        "bigint": _NUMBERS_OR_TEXT,
        "decimal": _NUMBERS_OR_TEXT,
        "void": f"{_NUMBERS} void",
    },
    "&": {
        "text": "int bigint",
        "int": "text int bigint void",
        "bigint": "text int bigint void",
        "void": "int bigint void",
    },
    "DIV": {
        "text": "int bigint",
        "int": "text int bigint decimal void",
        "bigint": "text int bigint decimal void",
        "decimal": "int bigint decimal void",
        "days": "days void",
        "months": "months void",
        "void": "int bigint decimal days months void",
    },
}


def is_refused(operator: str, left: DataType | None, right: DataType | None) -> bool:
    """Whether Spark surely refuses an arithmetic of two types."""
    one, other = _family(left), _family(right)
    if one is None or other is None:
        return "none" in (one, other)
    return other not in _TAKEN[operator].get(one, "").split()


def _family(found: DataType | None) -> str | None:
    """Return the family of a type: ``none`` of one that nothing is computed with."""
    match found:
        case Decimal():
            return "decimal"
        case Primitive(name) if name in _FAMILIES:
            return _FAMILIES[name]
        case Primitive(name) if name.startswith("interval "):
            return "months" if name.split()[1] in ("year", "month") else "days"
    return "none" if kind_of(found) is not None else None


def is_text(found: DataType | None) -> bool:
    """Whether a value is text, without a collation."""
    return found == STRING
