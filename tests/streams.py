"""What became of a streaming query that drains what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql.streaming.query import StreamingQuery


def failure_of(stream: StreamingQuery, within: int = 240) -> str | None:
    """Wait for a query's end, so many seconds at most; return what it died of, if it did."""
    from pyspark.errors import StreamingQueryException

    try:
        assert stream.awaitTermination(within)
    except StreamingQueryException as error:
        return str(error)
    return None
