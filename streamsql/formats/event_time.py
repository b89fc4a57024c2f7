"""Event time as part of decoding: a time far ahead would move the watermark past everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from streamsql.formats.records import HIDDEN, EncodedSource, literal
from streamsql.intervals import parse_interval


def event_time(source: EncodedSource, columns: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the expression of a source's event time and how far ahead it may be, in
    microseconds; ``columns`` maps lower-case names to expressions.

    None if there is no watermark, or it is on a field of Kafka's own, which needs no test.
    """
    watermark = source.watermark
    if watermark is None or watermark.column in HIDDEN:
        return None
    expression = columns.get(watermark.column.lower())
    if expression is None:
        return None
    return expression, parse_interval(watermark.max_ahead) // timedelta(microseconds=1)


def in_time(expression: str, ahead: int) -> str:
    """Return the condition: there is a time, at most ``ahead`` ahead of the record's own.

    Whole microseconds are compared: adding an interval to a timestamp goes through a
    calendar, for every record.
    """
    return f"unix_micros({expression}) <= unix_micros(timestamp) + {ahead}"


def reasons(source: EncodedSource, expression: str, ahead: int) -> tuple[tuple[str, str], ...]:
    """Return what can be wrong with event time: conditions and what to say."""
    column = source.watermark.column if source.watermark else ""
    return (
        (f"{expression} IS NULL", literal(f"event time is null: {column}")),
        (
            f"NOT {in_time(expression, ahead)}",
            f"concat({literal(f'event time too far ahead: {column} is ')}, {expression})",
        ),
    )
