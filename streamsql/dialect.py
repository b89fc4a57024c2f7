"""Spark's streaming SQL, read with sqlglot: text in, a tree and the streaming clauses out.

sqlglot 30 does not know ``GROUP BY window(…)`` with the window first, ``WATERMARK``, or
``STREAM``. Its compiled build forbids subclasses of the parser, so the dialect is made of
tokens: what sqlglot misreads is renamed, cut out or kept beside the tree before it parses.

Function calls stay as the user wrote them: every call is an ``exp.Anonymous`` with Spark's
own name and its arguments in order, but for the few with a syntax of their own (``CAST``,
``EXTRACT``, ``TRIM``, ``CASE``, ``IF`` and the like). ``function_name`` reads the name.

The grammar followed is that of Spark 4.1: a WATERMARK clause stands after a relation and
before its alias, and ``STREAM`` before a relation's name.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from streamsql.findings import as_ours
from streamsql.foreign_words import foreign_words
from streamsql.pipe_steps import PipeError
from streamsql.pipes import mark_pipes, unpiped
from streamsql.samples import samples_after_aliases

WATERMARK = "watermark"
"""Key in a relation node's ``meta``: the index of its clause in ``ParsedSql.watermarks``."""

STREAM = "stream"
"""Key in a relation node's ``meta``: set where the user wrote STREAM before the relation."""

# Spark's own dialect in sqlglot does not know `column:path` of variants.
_SPARK = Databricks()
_TOKENIZER = _SPARK.tokenizer()  # made once: it begins anew with each text
_FUNCTION_TOKENS = frozenset(_SPARK.parser_class.FUNC_TOKENS)
_ANONYMOUS = exp.SQLGLOT_ANONYMOUS
_NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
# Types that are functions too: `array(1)[0]` would be read as a type, and lose its items.
_FUNCTIONS_NAMED_AS_TYPES = frozenset(
    {TokenType.ARRAY, TokenType.MAP, TokenType.STRUCT, TokenType.DATE, TokenType.TIMESTAMP}
)
_NESTED_TYPES = frozenset({TokenType.ARRAY, TokenType.MAP, TokenType.STRUCT})
_DEEPEST_TYPE = 100
_QUERY_STARTS = frozenset(
    {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN, TokenType.VALUES}
)
_FROM_STARTS = frozenset({TokenType.FROM, TokenType.JOIN})
_BEFORE_RELATION = frozenset({*_FROM_STARTS, TokenType.COMMA, TokenType.L_PAREN})
_CLAUSE_STARTS = frozenset(
    {
        TokenType.SELECT,
        TokenType.WHERE,
        TokenType.GROUP_BY,
        TokenType.ORDER_BY,
        TokenType.HAVING,
        TokenType.PIPE_GT,
    }
)
# sqlglot takes `items[0]` of anything with these names for an array of one item.
_MISREAD_BEFORE_BRACKET = frozenset({"ARRAY", "LIST"})
_MISREAD = re.compile("(?i)array|list")
_MISREAD_MARK = "\0"
_CLOSED = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/|[^'"`/-]+|/(?!\*)|-(?!-)""",
    re.DOTALL,
)
# What sqlglot's parser raises of itself where it takes a part for granted that is missing.
_BREAKS = (TypeError, AttributeError, ValueError, KeyError, IndexError, AssertionError)
_UNEXPECTED = "was not expected here"
_CLAUSES = (
    *("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "JOIN", "LEFT", "INNER", "UNION"),
    *("WATERMARK", "LATERAL", "BETWEEN", "DISTINCT"),
)
_LISTS = frozenset({TokenType.SELECT, TokenType.GROUP_BY})
_CLAUSE_TOKENS = _LISTS | {TokenType.FROM, TokenType.WHERE, TokenType.JOIN, TokenType.ON}
_UNIT = re.compile(
    r"(?i)(year|month|week|day|hour|minute|second|millisecond|microsecond|nanosecond)s?"
)


class SqlError(Exception):
    """A text that is not one query of Spark SQL.

    ``offset`` and ``end`` are 0-based places in the text, ``end`` exclusive.
    """

    def __init__(self, message: str, offset: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.end = end
        self.hint = hint


class WatermarkClause(NamedTuple):
    """``WATERMARK expression [AS name] DELAY OF INTERVAL delay``, cut out of the text.

    ``expression`` is what carries event time; with a ``name`` the clause adds a column of
    that name. ``delay`` is an interval without its keyword (``10 MINUTES``). ``start`` and
    ``end`` are the clause's place in the text.
    """

    expression: exp.Expr
    name: str | None
    delay: str
    start: int
    end: int


class ParsedSql(NamedTuple):
    """One query: its tree, the watermark clauses beside it, and the tokens as written."""

    tree: exp.Query
    watermarks: tuple[WatermarkClause, ...]
    tokens: tuple[Token, ...]

    def watermark_of(self, relation: exp.Expr) -> WatermarkClause | None:
        """Return the WATERMARK clause that stands after ``relation``, if there is one."""
        index = relation.meta.get(WATERMARK)
        return None if index is None else self.watermarks[index]


def parse_sql(sql: str) -> ParsedSql:
    """Parse one query of Spark SQL; raise ``SqlError`` with its place if it is not one."""
    tokens = tuple(_tokenize(sql))
    query = _one_statement(sql, tokens)
    # Kinds are looked at over and over; in a list they are found without a step in Python.
    kinds = [token.token_type for token in query]
    words = sql.upper()
    _check_start(sql, query)
    _check_commas(query, kinds)
    _check_selects(query, kinds)
    _check_types(query, kinds)
    _check_foreign(sql, query)
    named = _with_names(query, kinds, words)
    whole, streams = _cut_streams(named) if STREAM.upper() in words else (named, frozenset())
    rest, cuts = _cut_watermarks(whole) if WATERMARK.upper() in words else (whole, [])
    clauses = tuple(_clause(sql, cut) for cut in cuts)
    plain = _unpiped(rest, query[-1].end + 1)
    ordered = samples_after_aliases(plain) if "TABLESAMPLE" in words else plain
    tree = _parse(sql, _call_by_name(ordered))
    if not isinstance(tree, exp.Query):
        raise SqlError(
            "a model is one query, and this is a statement of another kind",
            query[0].start,
            query[0].end + 1,
            "begin with SELECT, WITH or FROM",
        )
    _attach(tree, cuts, streams)
    if plain is not rest:
        mark_pipes(tree)
    return ParsedSql(tree, clauses, tokens)


def function_name(node: exp.Expr) -> str | None:
    """Return the lower-case name of a function call as the user wrote it, else None."""
    if isinstance(node, exp.Anonymous):
        name: str = node.name
        return name.lower()
    return None


def span_of(node: exp.Expr) -> tuple[int, int] | None:
    """Return where ``node`` stands in the text, by the leaves that know their place."""
    start: int | None = None
    end = -1
    for part in node.walk():
        place = part.meta_get("start")  # `meta` would make a dict for each that has none
        if place is None:
            continue
        if start is None or place < start:
            start = place
        last = part.meta["end"]
        if last > end:
            end = last
    return None if start is None else (start, end + 1)


def take_apart(nodes: Iterable[exp.Expr]) -> None:
    """Let a tree that is done with go at once, and its memory be used for the next.

    Its parts know what is around them, so that otherwise the garbage collector must find them,
    which is paused while trees are made.
    """
    for part in nodes:
        part.parent = None


@lru_cache(maxsize=10_000)
def is_plain_name(name: str) -> bool:
    """Whether Spark reads ``name`` as an identifier without back-quotes."""
    tokens = _TOKENIZER.tokenize(name)
    return len(tokens) == 1 and tokens[0].token_type is TokenType.VAR


def _tokenize(sql: str) -> list[Token]:
    try:
        return _TOKENIZER.tokenize(sql)
    except TokenError:
        offset = 0
        while closed := _CLOSED.match(sql, offset):
            offset = closed.end()
        offset = min(offset, max(0, len(sql) - 1))
        raise SqlError(
            f"{sql[offset : offset + 1]} opens a string, a name or a comment that is never closed",
            offset,
            offset + 1,
        ) from None


def _one_statement(sql: str, tokens: Sequence[Token]) -> Sequence[Token]:
    query = list(tokens)
    while query and query[-1].token_type is TokenType.SEMICOLON:
        query.pop()
    for token in query if ";" in sql else ():
        if token.token_type is TokenType.SEMICOLON:
            raise SqlError(
                "a model is one query, and a second statement follows here",
                token.start,
                token.end + 1,
                "write one model for each query",
            )
    if not query:
        raise SqlError("there is no SQL here", 0, len(sql), "write a SELECT")
    return query


def _check_start(sql: str, query: Sequence[Token]) -> None:
    first = query[0]
    if first.token_type in _QUERY_STARTS:
        return
    word = sql[first.start : first.end + 1]
    raise SqlError(
        f"a model is one query; it cannot begin with '{word}'",
        first.start,
        first.end + 1,
        "begin with SELECT, WITH or FROM; streamsql writes the results itself",
    )


_NOTHING_BEFORE = frozenset({TokenType.COMMA, TokenType.L_PAREN, TokenType.SELECT})
_NOTHING_AFTER = frozenset({TokenType.COMMA, TokenType.R_PAREN, TokenType.FROM, None})


def _places(kind: TokenType, kinds: Sequence[TokenType]) -> Iterator[int]:
    """Yield the index of each token of a kind."""
    place = -1
    with contextlib.suppress(ValueError):  # there is none any more
        while True:
            place = kinds.index(kind, place + 1)
            yield place


def _check_commas(tokens: Sequence[Token], kinds: Sequence[TokenType]) -> None:
    """Refuse a comma with nothing before or after it, which sqlglot passes over."""
    around = (None, *kinds, None)
    for index in _places(TokenType.COMMA, kinds):
        if around[index] in _NOTHING_BEFORE or around[index + 2] in _NOTHING_AFTER:
            token = tokens[index]
            raise SqlError("something is missing beside this comma", token.start, token.end + 1)


def _check_selects(tokens: Sequence[Token], kinds: Sequence[TokenType]) -> None:
    """Refuse a SELECT of nothing, which sqlglot passes over."""
    for index in _places(TokenType.SELECT, kinds):
        distinct = _type_at(tokens, index + 1) is TokenType.DISTINCT
        if _type_at(tokens, index + 1 + distinct) in _NO_ITEMS:
            token = tokens[index]
            raise SqlError("nothing is selected here", token.start, token.end + 1)


_NO_ITEMS = frozenset({TokenType.FROM, TokenType.WHERE, TokenType.R_PAREN, None})


def _check_types(tokens: Sequence[Token], kinds: Sequence[TokenType]) -> None:
    """Refuse types within types that go too deep: sqlglot reads each level anew."""
    if _NESTED_TYPES.isdisjoint(kinds):
        return
    depth = 0
    for index, token in enumerate(tokens):
        if token.token_type in _NESTED_TYPES and _type_at(tokens, index + 1) is TokenType.LT:
            depth += 1
        elif token.token_type is not TokenType.STRING and depth:
            depth = max(0, depth - token.text.count(">"))
        if depth > _DEEPEST_TYPE:
            message = f"this type is nested deeper than {_DEEPEST_TYPE} levels"
            raise SqlError(message, token.start, token.end + 1)


_MAY_BE_NAMES = _FUNCTIONS_NAMED_AS_TYPES | {TokenType.STREAM, TokenType.WINDOW, TokenType.LIST}
_MAY_BE_KEYWORDS = ("MATCH_CONDITION", *_MISREAD_BEFORE_BRACKET)


def _with_names(tokens: Sequence[Token], kinds: Sequence[TokenType], words: str) -> Sequence[Token]:
    """Return the tokens with plain names where a keyword is none, and the other way round."""
    suspects = _MAY_BE_NAMES
    if any(word in words for word in _MAY_BE_KEYWORDS):
        suspects |= _NAMES
    elif suspects.isdisjoint(kinds):
        return tokens
    named = [
        _as_name(token, index, tokens) if kind in suspects else token
        for index, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
    ]
    return _with_empty_structs(named) if TokenType.NEQ in kinds else named


def _with_empty_structs(tokens: Sequence[Token]) -> list[Token]:
    """Take ``STRUCT<>`` for the type that it is, where no operand follows to compare."""
    made: list[Token] = []
    for index, token in enumerate(tokens):
        is_type = _type_at(tokens, index - 1) is TokenType.STRUCT and token.text == "<>"
        if is_type and _type_at(tokens, index + 1) in _AFTER_A_TYPE:
            made += (_renamed(token, TokenType.LT, "<"), _renamed(token, TokenType.GT, ">"))
        else:
            made.append(token)
    return made


_AFTER_A_TYPE = frozenset(
    {
        *(None, TokenType.R_PAREN, TokenType.GT, TokenType.COMMA, TokenType.COLON),
        *(TokenType.ALIAS, TokenType.FROM, TokenType.PIPE_GT),
    }
)


def _check_foreign(sql: str, tokens: Sequence[Token]) -> None:
    """Refuse words that sqlglot reads, or misreads, and Spark does not have."""
    for token, message, hint in foreign_words(sql, tokens):
        raise SqlError(message, token.start, token.end + 1, hint)


def _unpiped(tokens: Sequence[Token], end: int) -> Sequence[Token]:
    try:
        return unpiped(tokens, end)
    except PipeError as error:
        raise SqlError(error.message, error.token.start, error.token.end + 1, error.hint) from None


def _as_name(token: Token, index: int, tokens: Sequence[Token]) -> Token:
    """Make a plain name of a keyword that is none where it stands."""
    kind = token.token_type
    if kind is TokenType.STREAM:
        return _renamed(token, TokenType.VAR)
    if kind is TokenType.WINDOW and not _is_named_window(tokens, index):
        return _renamed(token, TokenType.VAR)
    word = token.text.upper()
    if kind is TokenType.VAR and word == "MATCH_CONDITION":
        return _renamed(token, TokenType.MATCH_CONDITION)
    after = _type_at(tokens, index + 1)
    if word in _MISREAD_BEFORE_BRACKET:
        name_kind = TokenType.IDENTIFIER if kind is TokenType.IDENTIFIER else TokenType.VAR
        is_type = kind is TokenType.ARRAY and after is TokenType.LT
        return token if is_type else _renamed(token, name_kind, token.text + _MISREAD_MARK)
    if kind in _FUNCTIONS_NAMED_AS_TYPES and after is TokenType.L_PAREN:
        return _renamed(token, TokenType.VAR)
    return token


def _is_named_window(tokens: Sequence[Token], index: int) -> bool:
    after = [_type_at(tokens, index + n) for n in (1, 2, 3)]
    return after[0] in _NAMES and after[1:] == [TokenType.ALIAS, TokenType.L_PAREN]


def _renamed(token: Token, kind: TokenType, text: str | None = None) -> Token:
    return Token(
        kind,
        token.text if text is None else text,
        token.line,
        token.col,
        token.start,
        token.end,
        list(token.comments),
    )


def _type_at(tokens: Sequence[Token], index: int) -> TokenType | None:
    return tokens[index].token_type if 0 <= index < len(tokens) else None


def _word_at(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text.upper() if 0 <= index < len(tokens) else ""


def _cut_streams(tokens: Sequence[Token]) -> tuple[list[Token], frozenset[int]]:
    """Drop ``STREAM`` before relations; also return where the relations marked so begin."""
    dropped: set[int] = set()
    marked: set[int] = set()
    for index in _from_positions(tokens):
        if _type_at(tokens, index) is not TokenType.VAR or _word_at(tokens, index) != "STREAM":
            continue
        after = _type_at(tokens, index + 1)
        if after in _NAMES and _word_at(tokens, index + 1) != WATERMARK.upper():
            dropped.add(index)
            marked.add(tokens[index + 1].start)
        elif after is TokenType.L_PAREN and _type_at(tokens, index + 2) in _NAMES:
            close = _closing(tokens, index + 1)
            inside = {_type_at(tokens, n) for n in range(index + 2, close)}
            if inside <= {*_NAMES, TokenType.DOT}:
                dropped |= {index, index + 1, close}
                marked.add(tokens[index + 2].start)
    return [t for n, t in enumerate(tokens) if n not in dropped], frozenset(marked)


def _from_positions(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the index of each token that may begin a relation."""
    in_from = [False]
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is TokenType.L_PAREN:
            in_from.append(in_from[-1] and _type_at(tokens, index - 1) in _BEFORE_RELATION)
        elif kind is TokenType.R_PAREN and len(in_from) > 1:
            in_from.pop()
        elif kind in _FROM_STARTS:
            in_from[-1] = True
        elif kind in _CLAUSE_STARTS:
            in_from[-1] = False
        if in_from[-1] and kind in _BEFORE_RELATION:
            yield index + 1


def _closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the index of the bracket that closes the one at ``opening``, else the end."""
    depth = 0
    for index in range(opening, len(tokens)):
        kind = tokens[index].token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if depth == 0:
            return index
    return len(tokens)


def _opening(tokens: Sequence[Token], closing: int) -> int:
    depth = 0
    for index in range(closing, -1, -1):
        kind = tokens[index].token_type
        depth += (kind is TokenType.R_PAREN) - (kind is TokenType.L_PAREN)
        if depth == 0:
            return index
    return 0


class _Cut(NamedTuple):
    """A WATERMARK clause in tokens, and the alias by which its relation is found again."""

    expression: tuple[Token, ...]
    delay: tuple[Token, ...]
    start: int
    end: int
    alias: Token
    invented: bool


def _cut_watermarks(tokens: Sequence[Token]) -> tuple[list[Token], list[_Cut]]:
    kept: list[Token] = []
    cuts: list[_Cut] = []
    index = 0
    while index < len(tokens):
        delay = _delay_of(tokens, index)
        if delay is None:
            kept.append(tokens[index])
            index += 1
            continue
        _check_place(tokens, index)
        after = _after_interval(tokens, delay)
        cut = _cut(tokens, index, delay, after, len(cuts))
        cuts.append(cut)
        if cut.invented:
            kept.append(cut.alias)
        index = after
    return kept, cuts


def _delay_of(tokens: Sequence[Token], index: int) -> int | None:
    """Return where ``DELAY`` stands if a WATERMARK clause begins at ``index``."""
    if tokens[index].token_type is not TokenType.VAR or _word_at(tokens, index) != "WATERMARK":
        return None
    if _type_at(tokens, index - 1) not in {*_NAMES, TokenType.R_PAREN}:
        return None
    depth = 0
    for after in range(index + 1, len(tokens)):
        kind = tokens[after].token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if depth < 0 or (depth == 0 and kind in {TokenType.COMMA, *_FROM_STARTS, *_CLAUSE_STARTS}):
            return None
        if depth == 0 and _word_at(tokens, after) == "DELAY" and after > index + 1:
            return after if _word_at(tokens, after + 1) == "OF" else None
    return None


def _check_place(tokens: Sequence[Token], index: int) -> None:
    """Refuse a clause after the relation's alias, as Spark does."""
    name = index - 1
    if tokens[name].token_type is TokenType.R_PAREN:
        name = _opening(tokens, name) - 1
        if _type_at(tokens, name) not in _NAMES:
            return
    aliased = {*_NAMES, TokenType.ALIAS, TokenType.R_PAREN}
    if _type_at(tokens, name - 1) in aliased:
        raise SqlError(
            "WATERMARK stands before a relation's alias, not after it",
            tokens[index].start,
            tokens[index].end + 1,
            "write FROM orders WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS o",
        )


def _after_interval(tokens: Sequence[Token], delay: int) -> int:
    """Return the index after ``DELAY OF INTERVAL …``."""
    place = delay + 2
    if _word_at(tokens, place) != "INTERVAL":
        raise _bad_delay(tokens, place)
    place += 1
    first = place
    while True:
        sign = _type_at(tokens, place) in {TokenType.DASH, TokenType.PLUS}
        value = _type_at(tokens, place + sign)
        if value not in {TokenType.NUMBER, TokenType.STRING}:
            break
        if not _UNIT.fullmatch(_word_at(tokens, place + sign + 1)):
            raise _bad_delay(tokens, place + sign + 1)
        place += sign + 2
    if place == first:
        raise _bad_delay(tokens, place)
    if _word_at(tokens, place) == "TO" and _UNIT.fullmatch(_word_at(tokens, place + 1)):
        place += 2
    return place


def _bad_delay(tokens: Sequence[Token], index: int) -> SqlError:
    token = tokens[min(index, len(tokens) - 1)]
    return SqlError(
        "the delay of a watermark is an interval with a unit",
        token.start,
        token.end + 1,
        "write DELAY OF INTERVAL 10 MINUTES",
    )


def _cut(tokens: Sequence[Token], index: int, delay: int, after: int, number: int) -> _Cut:
    named = _type_at(tokens, after) is TokenType.ALIAS
    alias = after + 1 if named else after
    has_alias = named or _type_at(tokens, alias) in _NAMES
    first, last = tokens[index], tokens[after - 1]
    return _Cut(
        tuple(tokens[index + 1 : delay]),
        tuple(tokens[delay + 3 : after]),
        first.start,
        last.end + 1,
        tokens[min(alias, len(tokens) - 1)]
        if has_alias
        else _renamed(first, TokenType.VAR, f"__watermark_{number}"),
        not has_alias,
    )


def _clause(sql: str, cut: _Cut) -> WatermarkClause:
    select = Token(TokenType.SELECT, "SELECT", 1, 1, cut.start, cut.start, [])
    tree = _parse(sql, _call_by_name([select, *cut.expression]))
    assert isinstance(tree, exp.Select)
    if not tree.expressions:
        hint = "write WATERMARK column DELAY OF INTERVAL 10 MINUTES"
        raise SqlError("a watermark is set on a column", cut.start, cut.end, hint)
    column = tree.expressions[0]
    name = column.alias if isinstance(column, exp.Alias) else None
    delay = sql[cut.delay[0].start : cut.delay[-1].end + 1]
    return WatermarkClause(column.unalias(), name, delay, cut.start, cut.end)


def _call_by_name(tokens: Sequence[Token]) -> list[Token]:
    """Ask sqlglot, by its own comment for it, to leave function calls as they are written."""
    opened: list[bool] = []
    kinds = [token.token_type for token in tokens]
    for index in [n for n, kind in enumerate(kinds) if kind is _OPENING or kind is _CLOSING]:
        if kinds[index] is _OPENING:
            opened.append(index > 0 and kinds[index - 1] in _FUNCTION_TOKENS)
        elif opened and opened.pop():
            tokens[index].comments.append(_ANONYMOUS)
    return list(tokens)


# Members of an enum are slow to look up for every token.
_OPENING, _CLOSING = TokenType.L_PAREN, TokenType.R_PAREN


def _parse(sql: str, tokens: list[Token]) -> exp.Expr | None:
    try:
        tree = _SPARK.parser().parse(tokens, sql)[0]
        if _MISREAD.search(sql) is not None:
            _unmark(tree)
        return tree
    except ParseError as error:
        raise _located(sql, error, tokens) from None
    except RecursionError:
        raise SqlError("the query is nested too deeply", 0, len(sql)) from None
    except _BREAKS:
        # The compiled build checks types where the pure one reports a missing part.
        raise _located_by_prefix(sql, tokens) from None


def _unmark(tree: exp.Expr | None) -> None:
    for node in tree.walk() if tree else ():
        if isinstance(node, (exp.Identifier, exp.Anonymous)) and isinstance(node.this, str):
            node.set("this", node.this.removesuffix(_MISREAD_MARK))


def _located(sql: str, error: ParseError, tokens: Sequence[Token]) -> SqlError:
    first = error.errors[0] if error.errors else {}
    highlight = str(first.get("highlight") or "")
    end = _offset(sql, int(first.get("line") or 1), int(first.get("col") or 1))
    offset = max(0, end - max(1, len(highlight)))
    at_end = bool(tokens) and end >= tokens[-1].end + 1
    message = _plain_message(str(first.get("description")), highlight, at_end)
    hint = _missing_before(tokens, offset) if message.endswith(_UNEXPECTED) else None
    return SqlError(message, offset, end, hint)


def _missing_before(tokens: Sequence[Token], offset: int) -> str | None:
    """Guess what a token that was not expected follows: a misspelt clause, or no comma."""
    before = [t for t in tokens if t.end < offset]
    last = before[-2:]
    for token in reversed(last):
        word = token.text.upper()
        if word == "WATERMARK":
            return "write it as WATERMARK column DELAY OF INTERVAL 10 MINUTES"
        near = get_close_matches(word, _CLAUSES, n=1, cutoff=0.75)
        if token.token_type is TokenType.VAR and near and len(near[0]) == len(word):
            return f"did you mean {near[0]} instead of {token.text}?" if near[0] != word else None
    clause = next((t.token_type for t in reversed(before) if t.token_type in _CLAUSE_TOKENS), None)
    if clause in _LISTS and len(last) == 2 and all(t.token_type is TokenType.VAR for t in last):
        return f"is a comma missing between '{last[0].text}' and '{last[1].text}'?"
    return None


def _plain_message(description: str, highlight: str, at_end: bool) -> str:
    """Say what sqlglot found without its own class names and tokens."""
    near = f"'{highlight}'"
    if "Required keyword" in description:
        return f"something is missing after {near}" if at_end else f"incomplete near {near}"
    expected = re.match(r"Expect(?:ed|ing) (.+?)(?: but got .*)?$", description)
    if expected:
        wanted = expected[1].rstrip(". ")
        return f"expected {wanted} after {near}" if at_end else f"expected {wanted} near {near}"
    if "Unexpected token" in description:
        return f"{near} {_UNEXPECTED}"
    plain = as_ours(re.sub(r"<[^>]*>", "", description).strip())
    return f"{plain} (near {near})" if plain else f"cannot be read near {near}"


def _located_by_prefix(sql: str, tokens: list[Token]) -> SqlError:
    """Find the first token that breaks the parser: the shortest prefix that breaks it too."""
    for length in range(1, len(tokens) + 1):
        try:
            _SPARK.parser().parse(tokens[:length], sql)
        except ParseError:
            continue
        except _BREAKS:
            token = tokens[length - 1]
            word = sql[token.start : token.end + 1]
            return SqlError(f"cannot be read near '{word}'", token.start, token.end + 1)
    return SqlError("this is not a query that can be read", 0, len(sql))


def _offset(sql: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = sql.find("\n", start) + 1
    return start + column


def _attach(tree: exp.Expr, cuts: Sequence[_Cut], streams: frozenset[int]) -> None:
    """Tie clauses and STREAM marks to the relations they belong to; drop invented aliases."""
    if not cuts and not streams:
        return
    by_alias = {(c.alias.start, c.alias.text): n for n, c in enumerate(cuts)}
    for node in list(tree.walk()):
        if isinstance(node, exp.Identifier) and node.meta.get("start") in streams:
            table = node.parent
            if isinstance(table, exp.Table):
                table.meta[STREAM] = True
        if not isinstance(node, exp.TableAlias) or node.this is None or node.parent is None:
            continue
        number = by_alias.get((node.this.meta.get("start"), node.name))
        if number is not None:
            node.parent.meta[WATERMARK] = number
            if cuts[number].invented:
                node.parent.set("alias", None)
