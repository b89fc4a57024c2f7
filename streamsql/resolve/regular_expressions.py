"""Regular expressions that are written out: Spark compiles them in a query's first batch."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from streamsql.patterns import pattern_fault
from streamsql.resolve.arguments import Argument
from streamsql.resolve.walk import Walk

_SEARCHES = frozenset(
    (
        *("regexp", "regexp_count", "regexp_extract", "regexp_extract_all", "regexp_instr"),
        *("regexp_like", "regexp_replace", "regexp_substr", "rlike", "split"),
    )
)


def check_search(name: str, arguments: Sequence[Argument], walk: Walk) -> None:
    """Report a call whose regular expression Java would not compile."""
    if name in _SEARCHES and len(arguments) > 1:
        check_pattern(arguments[1].node, walk)


def check_pattern(node: exp.Expr, walk: Walk) -> None:
    """Report a regular expression that Java would not compile, where it is one text."""
    text = Argument(None, node).constant
    fault = pattern_fault(text) if text is not None else None
    if fault is not None:
        walk.report(
            "bad-regular-expression",
            f"this is no regular expression as Java reads them: {fault}",
            node,
            "a bracket that is meant as a character has a backslash: in quotes write '\\\\('",
        )
