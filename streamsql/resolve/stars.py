"""``SELECT *`` beside Kafka's own fields: the compiled text leaves them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp

from streamsql.dialect import is_plain_name
from streamsql.parse import Edit, ParsedModel
from streamsql.pipes import is_made_up
from streamsql.resolve.scope import Visible

Stars = Iterable[tuple[exp.Expr, tuple[Visible, ...]]]

_EXCEPT = re.compile(r"\s*EXCEPT\s*\(", re.IGNORECASE)


def hidden_edits(
    parsed: ParsedModel, stars: Stars, used: Mapping[str, Iterable[str]]
) -> Iterator[Edit]:
    """Yield what lets ``*`` stand for a relation's columns alone.

    A source is decoded once for all its readers, with those of Kafka's fields that any of
    them names (``used``, by relation); who writes ``*`` must not get them.
    """
    sql = parsed.rendered.sql
    for star, hidden in stars:
        end = star.meta.get("end")
        dropped = {e.name.lower() for e in star.args.get("except_") or ()}
        present = [
            v
            for v in hidden
            if v.attribute.name in used.get(v.attribute.origin or "", ())
            and v.attribute.name.lower() not in dropped
        ]
        if end is None or not present:
            continue
        qualified = isinstance(star.parent, exp.Column)
        names = ", ".join(_name(v, qualified) for v in present)
        written = _EXCEPT.match(sql, end + 1)
        if is_made_up(star):
            yield _select_edit(sql, end + 1, names)
        elif written:
            yield Edit(written.end(), written.end(), f"{names}, ")
        else:
            yield Edit(end + 1, end + 1, f" EXCEPT ({names})")


def _select_edit(sql: str, place: int, names: str) -> Edit:
    """Return the SELECT that a pipe, or FROM without one, must get: before FROM, or as a step."""
    text = f"SELECT * EXCEPT ({names})"
    if sql[place : place + 4].upper() != "FROM":
        text = f"|> {text}" if sql[place - 1 : place].isspace() else f" |> {text}"
    return Edit(place, place, text if place >= len(sql.rstrip()) else f"{text} ")


def _name(seen: Visible, qualified: bool) -> str:
    name = seen.attribute.name
    if qualified or seen.qualifier is None:
        return name
    plain = is_plain_name(seen.qualifier)
    return f"{seen.qualifier}.{name}" if plain else f"`{seen.qualifier}`.{name}"
