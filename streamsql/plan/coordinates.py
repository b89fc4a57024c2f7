"""Where a row's record was: carried through the SQL of models that keep the rows of one topic."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from streamsql.dialect import parse_sql, span_of
from streamsql.formats import COORDINATES
from streamsql.parse import Edit
from streamsql.resolve import ResolvedModel
from streamsql.resolve.shape import aggregates_in

_ANOTHER_ROW = ("group", "having", "distinct", "limit", "offset", "qualify", "hint", "windows")


def traced(model: ResolvedModel, is_stream: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return the relation that a model's rows come from, one for one, and its SQL with their place.

    None where it aggregates, unites, joins streams, or is written in a way that is not followed.
    A join with static relations, LATERAL VIEW and ``dedup`` keep a row's record known.
    """
    tree = model.parsed.tree
    streams = [t for t in tree.find_all(exp.Table) if is_stream(t.name)]
    if len(streams) != 1 or "|>" in model.parsed.rendered.sql:
        return None
    selects = _way_to(streams[0], tree)
    if selects is None:
        return None
    edits = _edits(model.parsed.rendered.sql, selects)
    if edits is None:
        return None
    return streams[0].name, model.parsed.edited((*model.edits, *edits))


def _way_to(table: exp.Table, tree: exp.Expr) -> list[tuple[exp.Select, exp.Expr]] | None:
    """Return the SELECTs from a relation up to the whole query, each with what it reads."""
    found: list[tuple[exp.Select, exp.Expr]] = []
    read: exp.Expr = table
    while True:
        select = _reader(read)
        if select is None or not _keeps_rows(select):
            return None
        found.append((select, read))
        if select is tree:
            return found
        above = select.parent
        if isinstance(above, exp.Subquery):
            read = above
        elif isinstance(above, exp.CTE):
            uses = [t for t in tree.find_all(exp.Table) if t.name.lower() == above.alias.lower()]
            if len(uses) != 1:
                return None
            read = uses[0]
        else:
            return None


def _reader(read: exp.Expr) -> exp.Select | None:
    """Return the SELECT that has a relation in FROM or in a join."""
    clause = read.parent
    if isinstance(clause, exp.Join) and (clause.side or clause.kind) in ("SEMI", "ANTI"):
        return None
    inside = isinstance(clause, (exp.From, exp.Join)) and clause.this is read
    select = clause.parent if inside and clause is not None else None
    return select if isinstance(select, exp.Select) else None


def _keeps_rows(select: exp.Select) -> bool:
    if any(select.args.get(part) for part in _ANOTHER_ROW):
        return False
    return not any(aggregates_in(e) or list(e.find_all(exp.Query)) for e in select.expressions)


def _edits(sql: str, selects: list[tuple[exp.Select, exp.Expr]]) -> tuple[Edit, ...] | None:
    ends = tuple(_select_ends(sql))
    edits = []
    for select, read in selects:
        if any(_covers(item, read) for item in select.expressions):
            continue
        span = span_of(select.expressions[0])
        end = max((e for e in ends if span is not None and e <= span[0]), default=None)
        if end is None:
            return None
        edits.append(Edit(end, end, f" {COORDINATES},"))
    return tuple(edits)


def _select_ends(sql: str) -> Iterator[int]:
    """Yield where each ``SELECT`` of a text ends, or the ``ALL`` after it."""
    tokens = parse_sql(sql).tokens
    for token, after in zip(tokens, (*tokens[1:], None), strict=True):
        if token.token_type is TokenType.SELECT:
            is_all = after is not None and after.token_type is TokenType.ALL
            yield (after if is_all and after is not None else token).end + 1


def _covers(item: exp.Expr, read: exp.Expr) -> bool:
    """Whether a select item is a star over what is read."""
    if isinstance(item, exp.Star):
        return True
    starred = isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
    return starred and item.text("table").lower() == read.alias_or_name.lower()
