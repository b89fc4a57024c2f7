"""The subqueries of a made-up query taken out of it: as views, or as common table expressions."""

from __future__ import annotations

import re

_SUBQUERY = re.compile(r"(?<=FROM |JOIN )\(SELECT ")
_OF_A_CTE = re.compile(r"\b(?:FROM|JOIN) c\d+\b")


def taken_apart(sql: str) -> tuple[str, dict[str, str]]:
    """Return a query whose relations in brackets are names, and their queries, inner ones first."""
    views: dict[str, str] = {}
    while found := _innermost(sql):
        start, end = found
        name = f"view_{len(views)}"
        views[name] = sql[start + 1 : end - 1]
        sql = f"{sql[:start]}{name}{sql[end:]}"
    return sql, views


def with_ctes(sql: str) -> str:
    """Return a query whose relations in brackets are common table expressions before it."""
    sql, views = taken_apart(sql)
    if not views:
        return sql
    ctes = ", ".join(f"{name} AS ({text})" for name, text in views.items())
    return f"WITH {ctes}, {sql[5:]}" if sql.startswith("WITH ") else f"WITH {ctes} {sql}"


def _innermost(sql: str) -> tuple[int, int] | None:
    for found in reversed(list(_SUBQUERY.finditer(sql))):
        end = _closed(sql, found.start())
        if not _OF_A_CTE.search(sql[found.start() : end]):
            return found.start(), end
    return None


def _closed(sql: str, start: int) -> int:
    depth = 0
    for place in range(start, len(sql)):
        depth += (sql[place] == "(") - (sql[place] == ")")
        if depth == 0:
            return place + 1
    raise AssertionError(sql)
