"""Words of other engines' SQL that sqlglot reads and Spark does not have, told by their tokens.

What can be told by the tree is in ``resolve.foreign``. Tried on Spark 4.1: see
``tests/oracle/foreign_syntax.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from sqlglot.tokenizer_core import Token, TokenType

from streamsql.datatypes import DataTypeError, parse_type

Fault = tuple[Token, str, str | None]
"""Where it stands, what is wrong, and what to write instead."""

_SUSPECTS = re.compile(
    r"""(?i)\b(?:isnull|notnull|exclude|changes|identified|stream|(?:safe_|try_)?cast)\b"""
    r"""|::|\bas\s*['"]"""
)
_SUSPECT_WORDS = ("CAST", "::", "ISNULL", "NOTNULL", "EXCLUDE", "CHANGES", "IDENTIFIED", "STREAM")
_QUOTED_ALIAS = re.compile(r"""AS\s*['"]""")
_INSTEAD = {"ISNULL": "IS NULL", "NOTNULL": "IS NOT NULL"}
_QUOTED = (TokenType.STRING, TokenType.IDENTIFIER)
_TYPE_NAMES = """
    ARRAY BIGINT BINARY BOOLEAN BYTE CHAR CHARACTER DATE DEC DECIMAL DOUBLE FLOAT GEOGRAPHY
    GEOMETRY INT INTEGER INTERVAL LONG MAP NUMERIC REAL SHORT SMALLINT STRING STRUCT TIME
    TIMESTAMP TIMESTAMP_LTZ TIMESTAMP_NTZ TINYINT VARCHAR VARIANT VOID
"""
_TYPES = frozenset(_TYPE_NAMES.split())
_BESIDE = {
    "CHANGES": (
        "FROM",
        "CHANGES reads the change feed of a table in Spark's catalog, and a model reads views",
        "set change_feed in the model that writes the table, and read that with ref()",
    ),
    "IDENTIFIED": (
        "BY",
        "IDENTIFIED BY names a table of Spark's catalog, and a model reads views",
        "leave it out: streamsql knows each source by its name",
    ),
    "WITH": (
        "(",
        "options of a stream are said where it is declared, not where it is read",
        "put them under options of the source",
    ),
}


def foreign_words(sql: str, tokens: Sequence[Token]) -> Iterator[Fault]:
    """Yield what stands in a query that Spark would not read."""
    text = sql.upper()
    if not (any(word in text for word in _SUSPECT_WORDS) or _QUOTED_ALIAS.search(text)):
        return  # ten times as fast as the pattern, and true of most queries
    if not _SUSPECTS.search(sql):
        return
    for index, token in enumerate(tokens):
        if token.token_type in _QUOTED:
            continue
        word, after = token.text.upper(), _kind(tokens, index + 1)
        if word in _INSTEAD and after is not TokenType.L_PAREN:
            yield _missing(token, f"{word} after a value", f"write {_INSTEAD[word]}")
        elif word == "EXCLUDE" and _kind(tokens, index - 1) is TokenType.STAR:
            yield _missing(token, "EXCLUDE after *", "write EXCEPT")
        elif word == "SAFE_CAST" and after is TokenType.L_PAREN:
            yield _missing(token, "SAFE_CAST", "write TRY_CAST")
        elif word == "AS" and after is TokenType.STRING:
            yield _missing(token, "alias in such quotes", "write it plainly, or in back-quotes")
        elif word in ("CAST", "TRY_CAST") and after is TokenType.L_PAREN:
            yield from _wrong_target(sql, tokens, *_target(tokens, index + 1))
        elif token.token_type is TokenType.DCOLON and not _is_suffix(tokens, index):
            yield from _wrong_target(sql, tokens, index + 1, _end_of_type(tokens, index + 1))
        elif word in _BESIDE:
            yield from _misplaced(tokens, index)


def _is_suffix(tokens: Sequence[Token], index: int) -> bool:
    """Whether sqlglot made a cast of a number's suffix, as in ``1D``."""
    return index > 0 and tokens[index - 1].start == tokens[index].start


def _missing(token: Token, what: str, hint: str) -> Fault:
    return token, f"Spark's SQL has no {what}", hint


def _target(tokens: Sequence[Token], opening: int) -> tuple[int, int]:
    """Return where the type of a CAST begins and ends; past the end if it has none."""
    depth, start = 0, len(tokens)
    for index in range(opening, len(tokens)):
        kind = tokens[index].token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if depth == 1 and kind is TokenType.ALIAS:
            start = index + 1
        if depth == 0 or (start < index and kind is TokenType.FORMAT):
            return start, index
    return start, len(tokens)


def _end_of_type(tokens: Sequence[Token], start: int) -> int:
    """Return where the type after ``::`` ends: after its first word, and what is in brackets."""
    depth = 0
    for index in range(start + 1, len(tokens)):
        text = tokens[index].text
        if depth == 0 and text == "<>":  # STRUCT<>
            return index + 1
        if depth == 0 and text not in ("(", "<"):
            return index
        depth += (text in ("(", "<")) - (text.count(">") or text == ")")
        if depth <= 0:
            return index + 1
    return len(tokens)


def _wrong_target(sql: str, tokens: Sequence[Token], index: int, end: int) -> Iterator[Fault]:
    word = _word(tokens, index)
    is_list = _kind(tokens, index + 1) is TokenType.L_BRACKET and _word(tokens, index + 2) == "]"
    if not re.fullmatch(r"\w+( \w+)*", word):
        return
    if word in _TYPES and not is_list:
        yield from _wrong_part(sql, tokens[index:end])
        return
    token = tokens[index]
    near = get_close_matches(word, _TYPES, n=1)
    hint = f"did you mean {near[0]}?" if near else "text is STRING, a moment TIMESTAMP"
    shown = f"{token.text}[]" if is_list else token.text
    yield token, f"Spark has no type '{shown}'", f"write ARRAY<{word}>" if is_list else hint


def _wrong_part(sql: str, tokens: Sequence[Token]) -> Iterator[Fault]:
    """Yield what is wrong inside of a type whose first word is Spark's."""
    start = tokens[0].start
    try:
        parse_type(sql[start : tokens[-1].end + 1])
    except DataTypeError as error:
        at = start + error.offset
        place = next((t for t in tokens if t.end >= at), tokens[-1])
        yield place, str(error), error.hint


def _misplaced(tokens: Sequence[Token], index: int) -> Iterator[Fault]:
    """Yield what Spark lets stand beside tables of its catalog, where a model has a relation."""
    token = tokens[index]
    after, message, hint = _BESIDE[token.text.upper()]
    if _word(tokens, index + 1) != after or _kind(tokens, index - 1) is TokenType.DOT:
        return
    is_option = _kind(tokens, index + 2) is TokenType.STRING and _after_stream(tokens, index)
    if after != "(" or is_option:
        yield token, message, hint


def _after_stream(tokens: Sequence[Token], index: int) -> bool:
    return any(_word(tokens, index - back) == "STREAM" for back in (2, 4))


def _kind(tokens: Sequence[Token], index: int) -> TokenType | None:
    return tokens[index].token_type if 0 <= index < len(tokens) else None


def _word(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text.upper() if 0 <= index < len(tokens) else ""
