"""From rendered SQL to a tree, and to the text that will be compiled.

The user's text is kept letter for letter: a relation that came from ``ref()`` or
``source()`` and has no alias gets its plain name as one, ``STREAM`` before such a relation
goes (Spark refuses it over a common table expression), and nothing else changes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from streamsql.dialect import (
    STREAM,
    ParsedSql,
    SqlError,
    WatermarkClause,
    is_plain_name,
    parse_sql,
    span_of,
)
from streamsql.errors import ModelError
from streamsql.findings import Finding, Location, did_you_mean
from streamsql.render.rendered import Reference, RenderedModel

_RESERVED = re.compile(r"(?i)(ref|source)__")
_LONGEST = 500_000  # a second or two to read


class Edit(NamedTuple):
    """A piece of text that stands instead of what is between two offsets."""

    start: int
    end: int
    text: str


class ParsedModel(NamedTuple):
    """A model as a tree, the clauses that stand beside it, and its SQL as it is compiled.

    In ``tree`` every relation of ``ref()`` or ``source()`` has its alias; the tree's places
    are offsets in ``rendered.sql``. ``sql`` has no Jinja, no trailing semicolon, and runs
    where each ``ref__…`` and ``source__…`` is a view or common table expression.
    ``findings`` are what parsing found wrong that other checks can live with. ``edits`` are
    what makes ``sql`` of ``rendered.sql``. ``nodes`` are all parts of the tree.
    """

    rendered: RenderedModel
    tree: exp.Query
    watermarks: tuple[WatermarkClause, ...]
    sql: str
    findings: tuple[Finding, ...] = ()
    edits: tuple[Edit, ...] = ()
    nodes: tuple[exp.Expr, ...] = ()

    @property
    def name(self) -> str:
        """The model's name."""
        return self.rendered.model.name

    @property
    def relations(self) -> tuple[str, ...]:
        """What the query itself reads, by identifier: a reference in a comment is no part of it."""
        named = {n.name.lower() for n in self.nodes if isinstance(n, exp.Identifier)}
        read = (r.relation for r in self.rendered.references if r.relation.lower() in named)
        return tuple(dict.fromkeys(read))

    def finding(self, rule: str, message: str, node: exp.Expr, hint: str | None = None) -> Finding:
        """Return an error at the place of ``node`` in the user's text."""
        return _finding(self.rendered, rule, message, span_of(node), hint)

    def location(self, node: exp.Expr) -> Location:
        """Return the place of ``node`` in the user's text."""
        return self.rendered.source_map.locate(*(span_of(node) or (0,)))

    def edited(self, more: Iterable[Edit]) -> str:
        """Return the SQL to compile with further edits of ``rendered.sql`` in it."""
        return _edited(self.rendered.sql, (*self.edits, *more))


def parse_model(rendered: RenderedModel) -> ParsedModel:
    """Parse one rendered model.

    Raises:
        ModelError: its SQL is not one query; the finding is ``sql-syntax``, at its place.
    """
    if len(rendered.sql) > _LONGEST:
        raise ModelError(_too_large(rendered))
    try:
        parsed = parse_sql(rendered.sql)
    except SqlError as error:
        span = (error.offset, error.end)
        message = _as_written(error.message, rendered.references)
        finding = _finding(rendered, "sql-syntax", message, span, error.hint)
        raise ModelError(finding) from None
    references = {r.relation.lower(): r for r in rendered.references}
    nodes = list(parsed.tree.walk())  # once: each look for a kind of them would walk anew
    relations = tuple(_relations(nodes))
    written = {t.text.lower() for t in parsed.tokens if "__" in t.text}
    findings = (
        *(_reserved_names(rendered, nodes, references) if written - {*references} else ()),
        *_unknown_relations(rendered, relations, references),
    )
    ends = _semicolons(parsed.tokens) if ";" in rendered.sql else ()
    edits = (*_edits(parsed, relations, references, nodes), *ends)
    sql = _edited(rendered.sql, edits)
    return ParsedModel(rendered, parsed.tree, parsed.watermarks, sql, findings, edits, tuple(nodes))


def _too_large(rendered: RenderedModel) -> Finding:
    return Finding(
        "query-too-large",
        f"this query is too large: it has more than {_LONGEST:,} characters",
        rendered.model.location,
        hint="take it apart, and look for a loop that writes more than it should",
        model=rendered.model.name,
    )


def _as_written(message: str, references: Iterable[Reference]) -> str:
    """Name relations as the user knows them, not by the identifiers they were rendered to."""
    for reference in references:
        message = message.replace(f"'{reference.relation}'", f"'{reference.alias}'")
    return message


def _finding(
    rendered: RenderedModel,
    rule: str,
    message: str,
    span: tuple[int, int] | None,
    hint: str | None = None,
) -> Finding:
    location = rendered.source_map.locate(*(span or (0,)))
    return Finding(rule, message, location, hint=hint, model=rendered.model.name)


def _relations(nodes: Iterable[exp.Expr]) -> Iterator[exp.Table]:
    """Yield the named relations the query reads, but for table functions and join hints."""
    for node in nodes:
        if not isinstance(node, exp.Table):
            continue
        if isinstance(node.this, exp.Identifier) and not isinstance(node.parent, exp.JoinHint):
            yield node


def _reserved_names(
    rendered: RenderedModel, nodes: Iterable[exp.Expr], references: Mapping[str, Reference]
) -> Iterator[Finding]:
    for identifier in nodes:
        name = identifier.name if isinstance(identifier, exp.Identifier) else ""
        if _RESERVED.match(name) and name.lower() not in references:
            yield _finding(
                rendered,
                "reserved-name",
                f"'{name}' begins with a prefix that streamsql keeps for itself",
                span_of(identifier),
                "read other models with ref() and topics with source(), or choose another name",
            )


def _unknown_relations(
    rendered: RenderedModel,
    relations: Iterable[exp.Table],
    references: Mapping[str, Reference],
) -> Iterator[Finding]:
    for table in relations:
        name = table.name.lower()
        if name in references or _RESERVED.match(name):
            continue
        visible = cte_names(table)
        if table.args.get("db") is None and name in visible:
            continue
        full = ".".join(p.name for p in table.parts)
        names = {r.alias for r in references.values()} | visible
        near = did_you_mean(table.name, names) if table.args.get("db") is None else None
        yield _finding(
            rendered,
            "unknown-relation",
            f"'{full}' is no model, source or common table expression of this query",
            span_of(table.parts[0]),
            near or _how_to_read(full),
        )


def _how_to_read(name: str) -> str:
    plain = name.replace("'", "")
    source, _, table = plain.partition(".")
    if table:
        return f"read a topic with {{{{ source('{source}', '{table}') }}}}"
    return f"read a model or seed with {{{{ ref('{plain}') }}}}, a topic with source()"


def cte_names(node: exp.Expr) -> set[str]:
    """Return the lower-case names of the common table expressions that ``node`` can see."""
    names: set[str] = set()
    child: exp.Expr = node
    parent = node.parent
    while parent is not None:
        clause = parent.args.get("with_")
        if isinstance(clause, exp.With) and child is not clause:
            names |= {c.alias.lower() for c in clause.expressions}
        if isinstance(parent, exp.With):
            for cte in parent.expressions:
                if cte is child and not parent.args.get("recursive"):
                    break
                names.add(cte.alias.lower())
                if cte is child:
                    break
        child, parent = parent, parent.parent
    return names


def _edits(
    parsed: ParsedSql,
    relations: Iterable[exp.Table],
    references: Mapping[str, Reference],
    nodes: list[exp.Expr],
) -> Iterator[Edit]:
    """Yield what makes the SQL to compile; the aliases that the tree gets join its ``nodes``."""
    renamed: dict[str, str] = {}
    for table in relations:
        reference = references.get(table.name.lower())
        place = table.this.meta.get("start")
        if reference is None or place is None:
            continue
        name = bisect_left(parsed.tokens, place, key=lambda token: token.start)
        first, last = name, name
        if table.meta.get(STREAM):
            first, last = _stream_span(parsed.tokens, first)
            yield Edit(parsed.tokens[first].start, place, "")
            yield Edit(parsed.tokens[name].end + 1, parsed.tokens[last].end + 1, "")
        if table.args.get("alias") is None:
            end = _relation_end(parsed, table, last)
            yield Edit(end, end, f" AS {_quoted(reference.alias)}")
            alias = exp.TableAlias(this=exp.to_identifier(reference.alias))
            table.set("alias", alias)
            nodes += (alias, alias.this)
            renamed[reference.relation.lower()] = reference.alias
    yield from _requalified(nodes, renamed)


def _stream_span(tokens: tuple[Token, ...], name: int) -> tuple[int, int]:
    """Return the tokens of ``STREAM name`` or ``STREAM(name)`` around the name's token."""
    if tokens[name - 1].token_type is TokenType.L_PAREN:
        return name - 2, name + 1
    return name - 1, name


def _relation_end(parsed: ParsedSql, table: exp.Table, last: int) -> int:
    """Return where a relation ends and its alias would stand."""
    clause = parsed.watermark_of(table)
    if clause is not None:
        return clause.end
    tokens = parsed.tokens
    while last + 2 < len(tokens) and tokens[last + 1].text.upper() in _SAMPLE_WORDS:
        depth, last = 1, last + 3
        while depth and last < len(tokens):
            kind = tokens[last].token_type
            depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
            last += 1
        last -= 1
    return tokens[last].end + 1


_SAMPLE_WORDS = frozenset({"TABLESAMPLE", "REPEATABLE"})


def _quoted(alias: str) -> str:
    return alias if is_plain_name(alias) else "`" + alias.replace("`", "``") + "`"


def _requalified(nodes: Iterable[exp.Expr], renamed: Mapping[str, str]) -> Iterator[Edit]:
    """Let ``ref__orders.id`` follow the relation to the plain name it got."""
    if not renamed:
        return
    for column in nodes:
        if not isinstance(column, exp.Column) or column.args.get("table") is None:
            continue
        qualifier = column.parts[0]
        alias = renamed.get(qualifier.name.lower())
        if alias is not None and "start" in qualifier.meta:
            start, end = qualifier.meta["start"], qualifier.meta["end"] + 1
            qualifier.set("this", alias)
            yield Edit(start, end, _quoted(alias))


def _semicolons(tokens: Iterable[Token]) -> Iterator[Edit]:
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            yield Edit(token.start, token.end + 1, "")


def _edited(sql: str, edits: Iterable[Edit]) -> str:
    """Apply edits, and drop blank lines around the query."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda e: (e.start, e.end)):
        pieces += (sql[done : edit.start], edit.text)
        done = edit.end
    text = "".join((*pieces, sql[done:]))
    return re.sub(r"\A(?:[ \t]*\r?\n)+", "", text).rstrip()
