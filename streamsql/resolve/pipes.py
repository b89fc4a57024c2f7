"""Pipe operators: what each sees of the query before it, and what Spark asks of it.

To sqlglot a pipe is a SELECT over a subquery (see ``streamsql.pipes``). Unlike a subquery, what
stands before a pipe does not hide the names of its relations: ``FROM orders o |> DROP note |>
WHERE o.id = 1``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from streamsql.pipes import PIPE, is_made_up
from streamsql.resolve.grouping import ordinal
from streamsql.resolve.scope import Attribute, Rowset, Visible
from streamsql.resolve.shape import aggregates_in
from streamsql.resolve.walk import Walk

if TYPE_CHECKING:
    from streamsql.resolve.sources import Sources

_SELECTS = frozenset({"SELECT", "EXTEND", "SET"})


def check_step(node: exp.Select, operator: str, walk: Walk) -> None:
    """Report what Spark does not let stand in an operator, though it would in a SELECT."""
    if operator in _SELECTS:
        for found in (a for e in node.expressions for a in aggregates_in(e)):
            walk.report(
                "misplaced-aggregate",
                f"|> {operator} takes no aggregate",
                found,
                "write |> AGGREGATE",
            )
    if operator in ("EXTEND", "AGGREGATE"):
        for star in (e for e in node.expressions if e.is_star and not is_made_up(e)):
            walk.report("sql-syntax", f"|> {operator} takes no *", star, "name the columns")
    if operator == "AGGREGATE":
        _check_totals(node, walk)


def _check_totals(node: exp.Select, walk: Walk) -> None:
    group = node.args.get("group")
    for total in node.expressions[len(group.expressions) if group is not None else 0 :]:
        if total.find(exp.Window) is not None:
            walk.report(
                "sql-syntax",
                "|> AGGREGATE takes no OVER",
                total,
                "write |> EXTEND before or after it",
            )
        elif not total.is_star and not aggregates_in(total):
            walk.report(
                "ungrouped-column",
                "this has no aggregate in it, and |> AGGREGATE takes nothing else",
                total,
                "write it after GROUP BY, whose keys are columns of the result",
            )


def name_places(node: exp.Select, source: Sources, walk: Walk) -> None:
    """Let ``|> AGGREGATE … GROUP BY 1`` mean the first column before the pipe."""
    group = node.args.get("group")
    if group is None:
        return
    columns = [v for v in source.visible if v.in_star]
    for key in node.expressions[: len(group.expressions)]:
        place = ordinal(key)
        if place is not None and 0 < place <= len(columns):
            seen = columns[place - 1]
            key.replace(exp.column(seen.attribute.name, table=seen.qualifier))
        elif place is not None and not source.open_qualifiers:
            walk.report(
                "ordinal-out-of-range",
                f"there is no column {place} to GROUP BY; there are {len(columns)} before the pipe",
                key,
            )


def hides_later(star: exp.Expr) -> bool:
    """Whether another operator follows that may name the hidden fields which ``*`` leaves out."""
    if not is_made_up(star):
        return False
    around = star.parent.parent if star.parent is not None else None
    return around is not None and around.meta.get(PIPE) not in (None, "PIVOT")


def seen_after(node: exp.Select, rowset: Rowset, source: Sources) -> Rowset:
    """Return what a SELECT before a pipe gives, with the names of relations in ``seen``."""
    seen = tuple(_seen(node, rowset.columns, source))
    for star in (e for e in node.expressions if hides_later(e)):
        gone = {e.name.lower() for e in star.args.get("except_") or ()}
        hidden = (v for v in source.visible if v.attribute.origin)
        seen += tuple(v for v in hidden if v.attribute.name.lower() not in gone)
    return rowset._replace(seen=seen)


def _seen(node: exp.Select, columns: tuple[Attribute, ...], source: Sources) -> Iterator[Visible]:
    stars = {id(e): _of_star(e, source) for e in node.expressions if e.is_star}
    for column in columns:
        made = column.node
        if made is not None and id(made) in stars:
            yield Visible(next(stars[id(made)], None), column)
        else:
            yield Visible(_qualifier(made, source), column)


def _of_star(star: exp.Expr, source: Sources) -> Iterator[str | None]:
    inner = star.this if isinstance(star, exp.Column) else star
    left_out = {e.name.lower() for e in inner.args.get("except_") or ()}
    left_out |= {e.alias.lower() for e in inner.args.get("replace") or ()}
    only = star.table.lower() if isinstance(star, exp.Column) else None
    for seen in source.visible:
        own = seen.in_star if only is None else seen.qualifier == only
        if own and seen.attribute.name.lower() not in left_out:
            yield seen.qualifier


def _qualifier(node: exp.Expr | None, source: Sources) -> str | None:
    if not isinstance(node, exp.Column):
        return None
    name, table = node.name.lower(), node.table.lower()
    for seen in source.visible:
        if seen.attribute.name.lower() == name and (
            seen.qualifier == table if table else seen.bare
        ):
            return seen.qualifier
    return None


def renewed(seen: tuple[Visible, ...], columns: tuple[Attribute, ...]) -> tuple[Visible, ...]:
    """Return what a pipe sees of a set operation: the names are those of its first query."""
    named = [v.qualifier for v in seen if v.in_star and not v.attribute.origin]
    if len(named) != len(columns):
        return ()
    return tuple(Visible(q, c) for q, c in zip(named, columns, strict=True))
