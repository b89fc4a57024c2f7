"""How large a query may be: short texts can ask for more columns than memory holds."""

from __future__ import annotations

from streamsql.datatypes import DataType, weight_of

MOST_COLUMNS = 10_000
MOST_OPERATORS = 1_000
MOST_FINDINGS = 100
_HEAVIEST_TYPE = 10_000


class QueryTooLarge(Exception):  # noqa: N818 - it becomes a finding
    """A query with more columns, types or operators than a query that is meant to run has."""


def check_weight(found: DataType) -> None:
    """Refuse a type of too many parts, as ``struct(x, x)`` makes when it is done over and over.

    Raises:
        QueryTooLarge: it has too many.
    """
    if weight_of(found) > _HEAVIEST_TYPE:
        raise QueryTooLarge(f"a column's type has more than {_HEAVIEST_TYPE:,} parts")


def check_count(columns: int) -> None:
    """Refuse too many columns, as ``SELECT a.*, b.*`` makes when it is done over and over.

    Raises:
        QueryTooLarge: there are too many.
    """
    if columns > MOST_COLUMNS:
        raise QueryTooLarge(f"it has more than {MOST_COLUMNS:,} columns")


def check_flow(parts: int) -> None:
    """Refuse a stream that goes too many ways, as views that join themselves over and over do.

    Raises:
        QueryTooLarge: it does.
    """
    if parts > MOST_OPERATORS:
        raise QueryTooLarge(f"it has more than {MOST_OPERATORS:,} reads, joins and aggregations")
