"""Formats that are written out: of numbers, bytes and times, as Spark 4.1 reads them.

Those of numbers and bytes are refused with the query (``ToNumberParser``, ``ToCharacterBuilder``),
those of times in its first batch (``DateTimeFormatterHelper``). What Spark said of some is kept in
``tests/oracle/formats.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from streamsql.resolve.arguments import Argument
from streamsql.resolve.coercion import BINARY, DATE, STRING, TIMESTAMP, TIMESTAMP_NTZ
from streamsql.resolve.walk import Walk

_NUMBER = re.compile(
    r"(?P<first>MI|S)?\$?(?:[09]+(?:[,G][09]+)*(?:[.D][09]*)?|[.D][09]+)(?P<last>PR|MI|S)?",
    re.IGNORECASE,
)
_BYTES = {
    "to_binary": ("hex", "utf-8", "utf8", "base64"),
    "to_char": ("base64", "hex", "utf-8"),
}
_NUMBERS = frozenset({"to_number", "try_to_number"})
_TEXTS = frozenset({"to_char", "to_varchar"})
_FORMATTED = frozenset({"date_format", "from_unixtime"})
_PARSED = frozenset(
    (
        *("to_date", "to_timestamp", "to_timestamp_ltz", "to_timestamp_ntz", "to_unix_timestamp"),
        *("try_to_date", "try_to_timestamp", "unix_timestamp"),
    )
)
_TIMES = (DATE, TIMESTAMP, TIMESTAMP_NTZ)
_POLICY = "spark.sql.legacy.timeParserPolicy"


def check_format(name: str, arguments: Sequence[Argument], walk: Walk) -> None:
    """Report a format that Spark would not read, where it is one text."""
    if name not in _EVERY or len(arguments) != 2:
        return
    value, written = arguments
    text = _as_written(written.node)
    if name in _FORMATTED or name in _PARSED:
        if text is not None and (name in _FORMATTED or value.type == STRING):
            _check_time(text, name in _PARSED, written.node, walk)
    elif name in _TEXTS and value.type in _TIMES:
        if text is not None:
            _check_time(text, False, written.node, walk)
    elif name == "to_binary" or (name in _TEXTS and value.type == BINARY):
        _check_bytes("to_char" if name in _TEXTS else name, text, written.node, walk)
    elif name in _NUMBERS or value.type is not None:
        _check_number(text, written.node, walk)


def _as_written(node: exp.Expr) -> str | None:
    """Return a text that stands in quotes, and has no quotes or escapes in it that were lost."""
    node = node.unnest()
    if not isinstance(node, exp.Literal) or not node.is_string:
        return None
    text, place = str(node.this), node.meta
    whole = "start" in place and place["end"] - place["start"] + 1 == len(text) + len("''")
    return text if whole else None


_EVERY = _NUMBERS | _TEXTS | _FORMATTED | _PARSED | {"to_binary"}


def is_number_format(text: str) -> bool:
    """Whether Spark reads a text as the format of a number."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return False
    return found["first"] is None or found["first"].upper() != (found["last"] or "").upper()


def _check_number(text: str | None, node: exp.Expr, walk: Walk) -> None:
    if text is None:
        if isinstance(node, exp.Column):
            message = "the format of a number is one text for all rows, and this is none"
            walk.report("bad-format-text", message, node, "write it in quotes: '999,999.99'")
    elif not is_number_format(text):
        walk.report(
            "bad-format-text",
            f"'{text}' is no format of a number",
            node,
            "write digits as 9 or 0, with ',' between and one '.': 'S$999,999.99'",
        )


def _check_bytes(name: str, text: str | None, node: exp.Expr, walk: Walk) -> None:
    taken = _BYTES[name]
    if text is not None and text.lower() not in taken:
        message = f"'{text}' is no format of bytes"
        walk.report("bad-format-text", message, node, f"write one of {', '.join(taken)}")


_COUNTS = {
    **dict.fromkeys("EGLM", 4),
    **dict.fromkeys("dHhKkms", 2),
    **dict.fromkeys("aF", 1),
    **dict.fromkeys("Xx", 5),
    "D": 3,
    "g": 99,
    "Q": 4,
    "q": 4,
    "S": 9,
    "y": 6,
    "z": 4,
    "Z": 5,
}
"""How often a letter may stand, at most."""
_OFTEN = {"O": (1, 4), "v": (1, 4), "V": (2,)}
_NOT_PARSED = frozenset("EFQq")
_PARTS = re.compile(r"'(?:[^']|'')*'|(?P<letters>([A-Za-z])\2*)|(?P<reserved>[{}#'])")


def time_fault(text: str, parsing: bool) -> str | None:
    """Return what in the pattern of a time Spark cannot read, None if nothing is seen."""
    for found in _PARTS.finditer(text):
        if found["reserved"]:
            return None if found[0] == "'" else f"'{found[0]}' means nothing"
        letters = found["letters"]
        if letters and not _is_read(letters, parsing):
            known = letters[0] in _COUNTS or letters[0] in _OFTEN
            if known and not (parsing and letters[0] in _NOT_PARSED):
                return f"'{letters}' has too many letters"
            return f"'{letters}' means nothing" + (" where text is read" if known else "")
    return None


def _is_read(letters: str, parsing: bool) -> bool:
    letter, count = letters[0], len(letters)
    if letter in _OFTEN:
        return count in _OFTEN[letter]
    return count <= _COUNTS.get(letter, 0) and not (parsing and letter in _NOT_PARSED)


def _check_time(text: str, parsing: bool, node: exp.Expr, walk: Walk) -> None:
    if walk.spark.conf.get(_POLICY, "").upper() == "LEGACY":
        return
    fault = time_fault(text, parsing)
    if fault is not None:
        walk.report(
            "bad-format-text",
            f"this is no pattern of a time: {fault}",
            node,
            "write yyyy-MM-dd HH:mm:ss.SSS, and words in quotes of their own: ''T''",
        )
