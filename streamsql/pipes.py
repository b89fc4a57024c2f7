"""Spark's pipe operators, told to sqlglot as the nested queries that they mean.

sqlglot makes common table expressions of pipes, which hide the names of relations and are other
than subqueries to Spark's streaming checks, and knows neither SET nor DROP. Here the tokens are
put in another order before it parses: ``q |> DROP raw`` is ``SELECT * EXCEPT (raw) FROM (q)``,
where the alias of ``(q)`` says which operator it is the input of. The text that is compiled keeps
its pipes. The grammar is that of Spark 4.1: ``operatorPipeRightSide`` and ``queryTerm`` in
``SqlBaseParser.g4``, tried in ``tests/oracle/refusals-pipes-4.1.1.jsonl``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from streamsql.pipe_steps import (
    ALIAS,
    Parts,
    PipeError,
    as_token,
    ends_query,
    flat,
    kind_at,
    selected,
    with_step,
)

PIPE = "pipe"
"""Key in a subquery's ``meta``: the operator that it is the input of, in upper case."""

PIPED = "piped"
"""Key in a SELECT's ``meta``: set where what stands after it sees the names of its relations."""


def unpiped(tokens: Sequence[Token], end: int) -> Sequence[Token]:
    """Return tokens without pipes, and with SELECT before each FROM; ``end`` is the text's.

    Raises:
        PipeError: an operator is none of Spark's.
    """
    kinds = [token.token_type for token in tokens]
    if TokenType.PIPE_GT not in kinds and not _bare(kinds):
        return tokens
    parts, _ = _nested(tokens, 0)
    return list(flat(_level(parts, end)))


def mark_pipes(tree: exp.Expr) -> None:
    """Note in a tree what each subquery is the input of, and take out the alias that said so."""
    for node in list(tree.find_all(exp.Subquery)):
        alias = node.args.get("alias")
        if alias is None or alias.this is None or not is_made_up(alias.this):
            continue
        node.meta[PIPE] = alias.name.removeprefix(ALIAS)
        node.set("alias", None)
        inner = node.this
        while isinstance(inner, (exp.Subquery, exp.SetOperation)):
            if isinstance(inner, exp.Subquery) and inner.alias:
                break
            inner = inner.this
        if isinstance(inner, exp.Select):
            inner.meta[PIPED] = True


def is_made_up(node: exp.Expr) -> bool:
    """Whether a ``*`` or a name is one that nobody wrote: it ends before it begins."""
    return "end" in node.meta and bool(node.meta["start"] > node.meta["end"])


def pipe_operator(node: exp.Select) -> str | None:
    """Return the operator that a SELECT stands for, in upper case; None for one as written."""
    clause = node.args.get("from_")
    return clause.this.meta.get(PIPE) if clause is not None else None


def _bare(kinds: Sequence[TokenType]) -> bool:
    """Whether a FROM may be one without SELECT."""
    place = -1
    for _ in range(kinds.count(TokenType.FROM)):
        place = kinds.index(TokenType.FROM, place + 1)
        if place == 0 or kinds[place - 1] in _BEFORE_FROM:
            return True
    return False


_BEFORE_FROM = frozenset(
    {
        *(TokenType.L_PAREN, TokenType.R_PAREN, TokenType.ALL, TokenType.DISTINCT),
        *(TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT),
    }
)


# Brackets


def _nested(tokens: Sequence[Token], index: int) -> tuple[Parts, int]:
    """Return the parts up to the bracket that closes this level, and where that stands."""
    parts: Parts = []
    while index < len(tokens):
        kind = tokens[index].token_type
        if kind is TokenType.R_PAREN:
            break
        if kind is TokenType.L_PAREN:
            inner, close = _nested(tokens, index + 1)
            parts.append([tokens[index], inner, *tokens[close : close + 1]])
            index = close + 1
            continue
        parts.append(tokens[index])
        index += 1
    return parts, index


# Queries


def _level(parts: Parts, end: int) -> Parts:
    """Return what stands between two brackets without its pipes."""
    inside = [_bracket(p, end) if isinstance(p, list) else p for p in parts]
    start = _after_with(inside)
    pipes = [n for n in range(start, len(inside)) if kind_at(inside, n) is TokenType.PIPE_GT]
    if not pipes:
        bare = TokenType.FROM in [kind_at(inside, n) for n in range(start, len(inside))]
        return [*inside[:start], *selected(inside[start:])] if bare else inside
    query = selected(inside[start : pipes[0]])
    if query and isinstance(query[0], list) and kind_at(query, 1) in _NAMES_IT:
        message = "a query in brackets that a pipe follows has no name"
        raise PipeError(message, as_token(query[1]), "write |> AS after it")
    closed = next((p for p in query if ends_query(p)), None)
    for number, pipe in enumerate(pipes):
        if closed is not None:
            word = as_token(closed).text.upper()
            hint = f"put the query with {word} in brackets"
            raise PipeError(f"no |> can follow {word}", as_token(inside[pipe]), hint)
        stop = pipes[number + 1] if number + 1 < len(pipes) else len(inside)
        query, closed = with_step(query, inside[pipe], inside[pipe + 1 : stop], end, inside[stop:])
    return [*inside[:start], *query]


_NAMES_IT = frozenset({TokenType.ALIAS, TokenType.VAR, TokenType.IDENTIFIER})


def _bracket(part: list[Any], end: int) -> list[Any]:
    opening, inner, *closing = part
    after = closing[0].start if closing else end
    return [opening, *_level(inner, after), *closing]


def _after_with(parts: Parts) -> int:
    """Return where the query after WITH begins."""
    if kind_at(parts, 0) is not TokenType.WITH:
        return 0
    for index in range(1, len(parts)):
        closed = isinstance(parts[index], list) and kind_at(parts, index - 1) is TokenType.ALIAS
        if closed and kind_at(parts, index + 1) is not TokenType.COMMA:
            return index + 1
    return 0
