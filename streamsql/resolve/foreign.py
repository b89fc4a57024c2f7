"""What other engines have and Spark has not: sqlglot reads it, and Spark would refuse it.

Each was tried on Spark 4.1, and stands in ``tests/oracle/foreign_syntax.txt``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from streamsql.resolve.walk import Walk

FOREIGN: Mapping[type[exp.Expr], tuple[str, str | None]] = {
    exp.All: ("ALL (…) but after LIKE", "compare with max(…) or min(…)"),
    exp.Array: ("arrays in brackets", "write array(…)"),
    exp.AtTimeZone: ("AT TIME ZONE", "write from_utc_timestamp(…) or convert_timezone(…)"),
    exp.Glob: ("GLOB", "write LIKE or RLIKE"),
    exp.JSON: ("IS JSON", "write try_parse_json(…) IS NOT NULL"),
    exp.JSONExtractScalar: ("the operator ->>", "write get_json_object(…)"),
    exp.National: ("N'…'", "write it without the N"),
    exp.Overlaps: ("OVERLAPS", "compare the ends"),
    exp.Parameter: ("variables with $ or @", "write {{ var('…') }}"),
    exp.Placeholder: ("a value for a parameter here", "write the value, or {{ var('…') }}"),
    exp.PropertyEQ: ("assignments in a query", None),
    exp.SimilarTo: ("SIMILAR TO", "write RLIKE"),
    exp.Slice: ("slices in brackets", "write slice(…)"),
}
"""Kinds of expressions: what Spark has not, and what to write instead."""


def report(what: str, node: exp.Expr, walk: Walk, hint: str | None = None) -> None:
    """Report something of another engine's SQL."""
    walk.report("sql-syntax", f"Spark's SQL has no {what}", node, hint)


def is_foreign(node: exp.Expr) -> bool:
    """Whether an expression is one that Spark does not have, where it stands."""
    return not (isinstance(node, exp.All) and isinstance(node.parent, (exp.Like, exp.ILike)))


def check_clauses(node: exp.Select, walk: Walk) -> None:
    """Report clauses of a SELECT that Spark does not have."""
    for what, part, hint in _foreign_clauses(node):
        report(what, part, walk, hint)


_Fault = tuple[str, exp.Expr, str | None]


def _foreign_clauses(node: exp.Select) -> Iterator[_Fault]:
    distinct, limit, group = (node.args.get(key) for key in ("distinct", "limit", "group"))
    if distinct is not None and distinct.args.get("on"):
        yield "DISTINCT ON", distinct, "group by these columns, and take any_value(…) of others"
    if isinstance(limit, exp.Fetch):
        yield "FETCH", limit, "write LIMIT"
    elif limit is not None and limit.expressions:
        yield "LIMIT … BY", limit, None
    if group is not None:
        if group.args.get("totals"):
            yield "WITH TOTALS", group, "write WITH ROLLUP"
        if group.args.get("all") is False:
            yield "GROUP BY DISTINCT", group, None
    for key, what in _CLAUSES.items():
        part = node.args.get(key)
        if part:
            yield what, part[0] if isinstance(part, list) else part, None
    clause = node.args.get("with_")
    for cte in clause.expressions if clause is not None else ():
        if cte.args.get("materialized") is not None:
            yield "MATERIALIZED", cte, "leave the word out"


_CLAUSES = {"connect": "CONNECT BY", "into": "SELECT INTO", "locks": "FOR UPDATE"}


def check_star(star: exp.Expr, walk: Walk) -> None:
    """Report what may follow a ``*`` elsewhere; Spark knows EXCEPT."""
    for key, what in _AFTER_A_STAR.items():
        if star.args.get(key):
            report(f"{what} after *", star, walk, "list the columns")


_AFTER_A_STAR = {"replace": "REPLACE", "rename": "RENAME", "ilike": "ILIKE"}


def check_relation(node: exp.Expr, walk: Walk) -> None:
    """Report what a relation in FROM has beside it that Spark does not allow there."""
    args = node.args
    if args.get("version"):
        report("other version of a stream or view than the present one", node, walk)
    if args.get("hints"):
        report("hints after a relation", node, walk, "write SELECT /*+ … */")
    for pivot in args.get("pivots") or ():
        if args.get("pivots") and pivot.args.get("alias") and not pivot.args.get("unpivot"):
            report("alias after PIVOT", pivot, walk, "write it in a subquery, and name that")


def check_join(node: exp.Expr, walk: Walk) -> None:
    """Report kinds of joins that Spark does not have."""
    if node.args.get("kind") == "STRAIGHT_JOIN":
        report("STRAIGHT_JOIN", node.this, walk, "write JOIN")
    if node.this.args.get("cross_apply") is not None:
        report("APPLY", node.this, walk, "write CROSS JOIN LATERAL")


def check_set_operation(node: exp.SetOperation, walk: Walk) -> None:
    """Report set operations by name: in Spark's SQL columns go together by their place."""
    if node.args.get("by_name"):
        report("set operations BY NAME", node.expression, walk, "list the columns in one order")
