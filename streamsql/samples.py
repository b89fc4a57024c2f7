"""TABLESAMPLE after a subquery, told to sqlglot as it reads it: after the alias, not before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

_NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})


def samples_after_aliases(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens with ``(…) AS t TABLESAMPLE (…)`` for ``(…) TABLESAMPLE (…) AS t``."""
    kinds = [token.token_type for token in tokens]
    made = list(tokens)
    for index, kind in enumerate(kinds):
        if kind is TokenType.TABLE_SAMPLE and _after_subquery(kinds, index - 1):
            start = _end_of_sample(tokens, index)
            stop = _end_of_alias(kinds, start)
            made[index:stop] = [*tokens[start:stop], *tokens[index:start]]
    return made


def _after_subquery(kinds: Sequence[TokenType], closing: int) -> bool:
    """Whether a bracket closes here that no function opened."""
    depth = 0
    for index in range(closing, -1, -1):
        depth += (kinds[index] is TokenType.R_PAREN) - (kinds[index] is TokenType.L_PAREN)
        if depth == 0:
            before = kinds[index - 1] if index else None
            return kinds[closing] is TokenType.R_PAREN and before not in _NAMES
    return False


def _end_of_sample(tokens: Sequence[Token], index: int) -> int:
    """Return where ``TABLESAMPLE (…) REPEATABLE (…)`` ends."""
    place = _closed(tokens, index + 1)
    if place < len(tokens) and tokens[place].text.upper() == "REPEATABLE":
        place = _closed(tokens, place + 1)
    return place


def _closed(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        kind = tokens[index].token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if depth == 0:
            return index + 1
    return len(tokens)


def _end_of_alias(kinds: Sequence[TokenType], start: int) -> int:
    following = [*kinds[start : start + 2], None, None]
    if following[0] is TokenType.ALIAS and following[1] in _NAMES:
        return start + 2
    return start + (following[0] in _NAMES)
