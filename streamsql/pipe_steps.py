"""What each of Spark's pipe operators is as a SELECT over the query before it, in tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlglot.tokenizer_core import Token, TokenType

ALIAS = "__pipe__"
"""How the aliases begin that say which operator a query is the input of."""

Part = Token | list[Any]  # a token, or all of what is in brackets, these included
Parts = list[Part]

_SET_OPERATORS = frozenset({TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT})
_SORTS = frozenset(
    {
        TokenType.ORDER_BY,
        TokenType.SORT_BY,
        TokenType.CLUSTER_BY,
        TokenType.DISTRIBUTE_BY,
    }
)
LIMITS = frozenset({TokenType.LIMIT, TokenType.OFFSET})
_ENDS = _SET_OPERATORS | _SORTS | LIMITS
_JOIN_STARTS = frozenset(
    {
        *(TokenType.JOIN, TokenType.INNER, TokenType.CROSS, TokenType.LEFT, TokenType.RIGHT),
        *(TokenType.FULL, TokenType.SEMI, TokenType.ANTI, TokenType.NATURAL, TokenType.ASOF),
    }
)
_PIVOTS = frozenset({TokenType.PIVOT, TokenType.UNPIVOT})
_QUANTIFIERS = frozenset({TokenType.ALL, TokenType.DISTINCT})


class PipeError(Exception):
    """A pipe operator that Spark does not read, where it stands."""

    def __init__(self, message: str, token: Token, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.token = token
        self.hint = hint


def flat(parts: Parts) -> Iterator[Token]:
    """Yield the tokens of parts, brackets and all."""
    for part in parts:
        if isinstance(part, list):
            yield from flat(part)
        else:
            yield part


def kind_at(parts: Parts, index: int) -> TokenType | None:
    """Return the type of a part; that of brackets is the closing one."""
    part = parts[index] if 0 <= index < len(parts) else None
    if isinstance(part, list):
        return TokenType.R_PAREN
    return part.token_type if part is not None else None


def first_token(parts: Parts) -> Token | None:
    """Return the first token of parts, if there is one."""
    return next(flat(parts), None)


def selected(parts: Parts) -> Parts:
    """Return queries with ``SELECT *`` before each FROM that has no SELECT."""
    made: Parts = []
    for index, part in enumerate(parts):
        kind = kind_at(parts, index)
        if kind in _BARE and _begins(parts, index) and not _has_select(parts[index + 1 :]):
            token = as_token(part)
            _check_bare(parts[index + 1 :])
            made += star_select(token, token.start)
            if kind is TokenType.VALUES:
                made.append(made_token(token, TokenType.FROM, "FROM"))
        made.append(part)
    return made


_BARE = frozenset({TokenType.FROM, TokenType.VALUES})


def _check_bare(parts: Parts) -> None:
    """Refuse clauses after a FROM that has no SELECT."""
    for part in parts:
        kind = part.token_type if isinstance(part, Token) else None
        if kind in _SET_OPERATORS:
            return
        if isinstance(part, Token) and kind in _NOT_IN_SELECT - {TokenType.FROM}:
            hint = f"write |> {part.text.upper()}, or SELECT * before FROM"
            hint = hint if kind is TokenType.WHERE else "write SELECT before FROM"
            raise PipeError(f"FROM without SELECT takes no {part.text.upper()}", part, hint)


def _begins(parts: Parts, index: int) -> bool:
    """Whether a query begins here: at the start, or after a set operator."""
    index -= kind_at(parts, index - 1) in _QUANTIFIERS
    return index == 0 or kind_at(parts, index - 1) in _SET_OPERATORS


def _has_select(parts: Parts) -> bool:
    for part in parts:
        if isinstance(part, Token) and part.token_type in _SET_OPERATORS:
            return False
        if isinstance(part, Token) and part.token_type in (TokenType.SELECT, TokenType.INSERT):
            return True
    return False


def made_token(like: Token, kind: TokenType, text: str, place: int | None = None) -> Token:
    """Return a token that nobody wrote, at the place of one that somebody did.

    One with a ``place`` ends before it begins, by which it is known (see ``resolve.stars``).
    """
    start, end = (like.start, like.end) if place is None else (place, place - 1)
    return Token(kind, text, like.line, like.col, start, end, [])


def star_select(like: Token, place: int) -> Parts:
    """Return ``SELECT *``; ``place`` is where the text would get one of its own."""
    return [
        made_token(like, TokenType.SELECT, "SELECT"),
        made_token(like, TokenType.STAR, "*", place),
    ]


def as_token(part: Part) -> Token:
    """Return a part that is no bracket."""
    assert isinstance(part, Token)
    return part


def ends_query(part: Part) -> bool:
    """Whether Spark reads no pipe after a part that is in the query before it."""
    return isinstance(part, Token) and part.token_type in LIMITS | {TokenType.ORDER_BY}


# Steps


class _Pipe(NamedTuple):
    """The query so far, the operator with what follows it, and the place after the step."""

    query: Parts
    parts: Parts
    after: int

    @property
    def like(self) -> Token:
        """The token of the operator."""
        return as_token(self.parts[0])


_Step = Callable[[_Pipe], Parts]
"""The query with one step more."""


def with_step(
    query: Parts, pipe: Part, parts: Parts, end: int, after: Parts
) -> tuple[Parts, Token | None]:
    """Return the query with one step more, and what of it lets no other pipe follow."""
    before = as_token(pipe)
    first = first_token(parts)
    if first is None:
        if not after:
            return query, None  # Spark reads a pipe to nowhere at the end
        raise PipeError("there is no operator after this |>", before)
    step = _step_of(parts)
    if step is None or not isinstance(parts[0], Token):
        word = first.text.upper()
        raise PipeError(f"Spark has no |> {word}", first, _INSTEAD.get(word, _KNOWN))
    stop = _end_of_step(parts)
    following = first_token(parts[stop:]) or first_token(after)
    place = end if following is None else following.start
    made = step(_Pipe(query, parts[:stop], place))
    rest = selected(parts[stop:])
    return [*made, *rest], next((as_token(p) for p in rest if ends_query(p)), None)


def _end_of_step(parts: Parts) -> int:
    """Return where a step ends: at a set operation, ORDER BY or LIMIT of the query around it."""
    kind = kind_at(parts, 0)
    ends = _SET_OPERATORS if kind in _SORTS | LIMITS else _ENDS
    for index in range(1, len(parts)):
        found = kind_at(parts, index)
        starred = found is TokenType.EXCEPT and kind_at(parts, index - 1) is TokenType.STAR
        if found in ends and not isinstance(parts[index], list) and not starred:
            return index
    return len(parts)


def _piped(query: Parts, like: Token, operator: str) -> Parts:
    alias = made_token(like, TokenType.IDENTIFIER, ALIAS + operator, like.start)
    return [
        made_token(like, TokenType.FROM, "FROM"),
        made_token(like, TokenType.L_PAREN, "("),
        *query,
        made_token(like, TokenType.R_PAREN, ")"),
        made_token(like, TokenType.ALIAS, "AS"),
        alias,
    ]


def _over(pipe: _Pipe, operator: str) -> Parts:
    """Return ``SELECT *`` from the query so far, with the operator as its clause."""
    star = star_select(pipe.like, pipe.after)
    return [*star, *_piped(pipe.query, pipe.like, operator), *pipe.parts]


def _select(pipe: _Pipe) -> Parts:
    windows = (n for n in range(len(pipe.parts)) if kind_at(pipe.parts, n) is TokenType.WINDOW)
    window = next(windows, len(pipe.parts))
    wrong = next((p for p in pipe.parts[:window] if kind_at([p], 0) in _NOT_IN_SELECT), None)
    if wrong is not None and not isinstance(wrong, list):
        hint = "write |> WHERE, or |> AGGREGATE … GROUP BY"
        raise PipeError(f"|> SELECT has no {wrong.text.upper()}", wrong, hint)
    return [*pipe.parts[:window], *_piped(pipe.query, pipe.like, "SELECT"), *pipe.parts[window:]]


_NOT_IN_SELECT = frozenset(
    {TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY}
)


def _extend(pipe: _Pipe) -> Parts:
    if len(pipe.parts) < 2:
        raise PipeError(
            "|> EXTEND adds no column", pipe.like, "write |> EXTEND expression AS column"
        )
    comma = made_token(pipe.like, TokenType.COMMA, ",")
    return [
        *star_select(pipe.like, pipe.after),
        comma,
        *pipe.parts[1:],
        *_piped(pipe.query, pipe.like, "EXTEND"),
    ]


def _set(pipe: _Pipe) -> Parts:
    """Each assignment sees those before it, so that each is a step of its own."""
    starts = [1] + [
        n + 1
        for n in range(1, len(pipe.parts))
        if kind_at(pipe.parts, n) is TokenType.COMMA
        and kind_at(pipe.parts, n + 2) in (TokenType.EQ, TokenType.DOT)
    ]
    query = pipe.query
    for start, stop in zip(starts, [*(s - 1 for s in starts[1:]), len(pipe.parts)], strict=True):
        name, *value = pipe.parts[start:stop] or [pipe.like]
        if kind_at(value, 0) is TokenType.DOT:
            raise PipeError("|> SET sets a column, and no part of one", as_token(name), _WHOLE)
        if kind_at(value, 0) is not TokenType.EQ or len(value) < 2 or isinstance(name, list):
            raise PipeError(
                "|> SET needs an assignment", first_token([name]) or pipe.like, _ASSIGNMENT
            )
        query = _assigned(query, _as_name(name), value[1:], pipe.like, pipe.after)
    return query


_WHOLE = "set the whole struct, or write |> EXTEND"
_ASSIGNMENT = "write |> SET column = expression"


def _assigned(query: Parts, name: Token, value: Parts, like: Token, after: int) -> Parts:
    return [
        *star_select(like, after),
        made_token(like, TokenType.REPLACE, "REPLACE"),
        made_token(like, TokenType.L_PAREN, "("),
        *value,
        made_token(like, TokenType.ALIAS, "AS"),
        name,
        made_token(like, TokenType.R_PAREN, ")"),
        *_piped(query, like, "SET"),
    ]


def _drop(pipe: _Pipe) -> Parts:
    names = pipe.parts[1:]
    fits = len(names) % 2 == 1 and all(
        not isinstance(n, list) and (n.token_type is TokenType.COMMA) == bool(i % 2)
        for i, n in enumerate(names)
    )
    if not fits:
        wrong = next((n for n in names if kind_at([n], 0) is TokenType.DOT), None)
        message = "|> DROP drops columns by their own names alone" if wrong else "|> DROP is a list"
        raise PipeError(message, first_token(names) or pipe.like, "write |> DROP column, column")
    return [
        *star_select(pipe.like, pipe.after),
        made_token(pipe.like, TokenType.EXCEPT, "EXCEPT"),
        made_token(pipe.like, TokenType.L_PAREN, "("),
        *(n if i % 2 else _as_name(n) for i, n in enumerate(names)),
        made_token(pipe.like, TokenType.R_PAREN, ")"),
        *_piped(pipe.query, pipe.like, "DROP"),
    ]


def _as_name(part: Part) -> Token:
    """Return a word that may be one of the grammar as the name that it is here."""
    token = as_token(part)
    if token.token_type is TokenType.IDENTIFIER:
        return token
    if token.token_type in (TokenType.STRING, TokenType.NUMBER):
        raise PipeError("the name of a column or relation is expected here", token, None)
    return Token(
        TokenType.VAR, token.text, token.line, token.col, token.start, token.end, token.comments
    )


def _as(pipe: _Pipe) -> Parts:
    if len(pipe.parts) != 2 or isinstance(pipe.parts[1], list):
        raise PipeError("|> AS gives one name, and no columns", pipe.like, "write |> AS name")
    # What follows sees the new name, and nothing of the relations before.
    inner = _piped(pipe.query, pipe.like, "AS")[:-2]
    return [*star_select(pipe.like, pipe.after), *inner, pipe.like, _as_name(pipe.parts[1])]


def _aggregate(pipe: _Pipe) -> Parts:
    places = (n for n in range(len(pipe.parts)) if kind_at(pipe.parts, n) is TokenType.GROUP_BY)
    group = next(places, len(pipe.parts))
    totals, keys = pipe.parts[1:group], pipe.parts[group + 1 :]
    if not totals and not keys:
        raise PipeError("nothing is aggregated here", pipe.like, "write |> AGGREGATE count(*) AS n")
    wrong = next((k for n, k in enumerate(keys) if _is_analytics(keys, n)), None)
    if isinstance(wrong, Token):
        hint = "name the keys one by one, or write the aggregation in a subquery"
        raise PipeError(f"|> AGGREGATE has no {wrong.text.upper()}", wrong, hint)
    comma = [made_token(pipe.like, TokenType.COMMA, ",")] if keys and totals else []
    select = [made_token(pipe.like, TokenType.SELECT, "SELECT"), *keys, *comma, *totals]
    return [*select, *_piped(pipe.query, pipe.like, "AGGREGATE"), *_by_place(keys)]


def _is_analytics(keys: Parts, index: int) -> bool:
    key = keys[index]
    word = "" if isinstance(key, list) else key.text.upper()
    called = kind_at(keys, index + 1) is TokenType.R_PAREN
    return word in ("ALL", "WITH") or (called and word in _ANALYTICS)


_ANALYTICS = frozenset({"ROLLUP", "CUBE", "GROUPING SETS"})


def _by_place(keys: Parts) -> Parts:
    """Return ``GROUP BY 1, 2, …``, each number at the place of the key that it stands for."""
    made: Parts = []
    starts = [n for n in range(len(keys)) if n == 0 or kind_at(keys, n - 1) is TokenType.COMMA]
    for number, start in enumerate(starts, 1):
        like = first_token(keys[start:])
        assert like is not None
        text = "," if made else "GROUP BY"
        made.append(made_token(like, TokenType.COMMA if made else TokenType.GROUP_BY, text))
        made.append(made_token(like, TokenType.NUMBER, str(number)))
    return made


def _where(pipe: _Pipe) -> Parts:
    return _over(pipe, "WHERE")


def _join(pipe: _Pipe) -> Parts:
    joins = [as_token(p) for p in pipe.parts if kind_at([p], 0) is TokenType.JOIN]
    if len(joins) != 1:
        hint = "write another |> before the second"
        raise PipeError("one |> is one JOIN", joins[1] if joins else pipe.like, hint)
    return _over(pipe, "JOIN")


def _sort(pipe: _Pipe) -> Parts:
    limit = next((p for p in pipe.parts[1:] if kind_at([p], 0) in LIMITS), None)
    if limit is not None and pipe.like.token_type in _SORTS:
        hint = f"write |> {as_token(limit).text.upper()} after it"
        raise PipeError("one |> is either a sort or a limit", as_token(limit), hint)
    return _over(pipe, "ORDER BY")


def _pivot(pipe: _Pipe) -> Parts:
    return _over(pipe, "PIVOT")


def _sample(pipe: _Pipe) -> Parts:
    named = next((p for p in pipe.parts if kind_at([p], 0) is TokenType.ALIAS), None)
    if named is not None:
        raise PipeError("|> TABLESAMPLE gives no name", as_token(named), "write |> AS after it")
    return _over(pipe, "TABLESAMPLE")


def _united(pipe: _Pipe) -> Parts:
    opening, closing = (
        made_token(pipe.like, TokenType.L_PAREN, "("),
        made_token(pipe.like, TokenType.R_PAREN, ")"),
    )
    comma = next((p for p in pipe.parts if kind_at([p], 0) is TokenType.COMMA), None)
    if comma is not None and any(isinstance(p, list) for p in pipe.parts[1:3]):
        hint = "write another |> for each of them"
        raise PipeError("one |> is one set operation", as_token(comma), hint)
    return [opening, *pipe.query, closing, *selected(pipe.parts)]


_STEPS: dict[TokenType, _Step] = {
    TokenType.SELECT: _select,
    TokenType.SET: _set,
    TokenType.DROP: _drop,
    TokenType.ALIAS: _as,
    TokenType.WHERE: _where,
    TokenType.TABLE_SAMPLE: _sample,
    **dict.fromkeys(_JOIN_STARTS, _join),
    **dict.fromkeys(_SORTS | LIMITS, _sort),
    **dict.fromkeys(_PIVOTS, _pivot),
    **dict.fromkeys(_SET_OPERATORS, _united),
}
_WORDS: dict[str, _Step] = {"EXTEND": _extend, "AGGREGATE": _aggregate}
_KNOWN = (
    "its operators are SELECT, EXTEND, SET, DROP, AS, WHERE, AGGREGATE, JOIN, ORDER BY, LIMIT,"
    " UNION, EXCEPT, INTERSECT, PIVOT, UNPIVOT and TABLESAMPLE"
)
_INSTEAD = {
    "DISTINCT": "write |> SELECT DISTINCT *",
    "HAVING": "write |> WHERE",
    "QUALIFY": "write |> EXTEND … OVER (…) AS n |> WHERE n = 1",
    "RENAME": "write |> EXTEND column AS name |> DROP column",
    "GROUP BY": "write |> AGGREGATE … GROUP BY",
    "LATERAL": "write |> JOIN LATERAL",
    "WINDOW": "write it in |> SELECT",
}


def _step_of(parts: Parts) -> _Step | None:
    first = parts[0]
    if isinstance(first, list):
        return None
    return _STEPS.get(first.token_type) or _WORDS.get(first.text.upper())
