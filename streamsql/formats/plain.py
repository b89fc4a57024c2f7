"""Values that are one column: bytes as they are (``raw``), and text (``text``)."""

from __future__ import annotations

from collections.abc import Callable

from streamsql.datatypes import parse_type, quote_name
from streamsql.findings import Finding, Location
from streamsql.formats.format import Format, Output
from streamsql.formats.reading import Part, Reading
from streamsql.formats.records import Encoded


def _column(source: Encoded) -> str:
    return source.columns[0].name if source.columns else "value"


def _read_raw(source: Encoded, part: Part) -> Reading:
    return Reading(part.bytes, lambda row: [(row, _column(source))], cheap=True)


def _read_text(source: Encoded, part: Part) -> Reading:
    text = f"CAST({part.bytes} AS STRING)"
    valid = f"is_valid_utf8({text})"
    return Reading(
        text,
        lambda row: [(row, _column(source))],
        tests=(valid,),
        faults=((f"NOT {valid}", "'invalid UTF-8'"),),
        cheap=True,
    )


def _check_source(name: str, data_type: str) -> Callable[[Encoded], tuple[Finding, ...]]:
    def check(source: Encoded) -> tuple[Finding, ...]:
        hint = f"declare no columns, or one of type {data_type}"
        if len(source.columns) > 1:
            message = f"a {name} source has one column, the whole value"
            return (Finding("format-columns", message, source.columns[1].location, hint=hint),)
        for column in source.columns:
            if (column.data_type or data_type).strip().lower() != data_type:
                message = f"the column of a {name} source is {data_type}, not {column.data_type}"
                return (Finding("format-columns", message, column.location, hint=hint),)
        return ()

    return check


def _check_output(
    name: str, allowed: tuple[str, ...]
) -> Callable[[Output, Location], tuple[Finding, ...]]:
    def check(output: Output, location: Location) -> tuple[Finding, ...]:
        kinds = {n.lower(): t for n, t in output.columns}
        listed = " or ".join(allowed)
        hint = f"select the value as 'value', of type {listed}; Kafka gets no other column"
        if "value" not in kinds:
            message = f"the format {name} needs a column 'value'"
            return (Finding("missing-value-column", message, location, hint=hint),)
        if not str(getattr(parse_type(kinds["value"]), "name", "")).startswith(allowed):
            message = f"'value' is {kinds['value']}, and the format {name} writes {listed}"
            return (Finding("unsupported-type", message, location, hint=hint),)
        return ()

    return check


def _value(output: Output) -> str:
    """Return the column ``value``; of a key, the one that there is."""
    names = [name for name, _ in output.columns]
    return quote_name(next((n for n in names if n.lower() == "value"), names[0]))


RAW = Format(
    name="raw",
    about="bytes as they are, in one column",
    options={},
    check_source=_check_source("raw", "binary"),
    read=_read_raw,
    check_output=_check_output("raw", ("binary", "string", "char", "varchar")),
    value=_value,
    one_value="binary",
)
TEXT = Format(
    name="text",
    about="UTF-8 text, in one column",
    options={},
    check_source=_check_source("text", "string"),
    read=_read_text,
    check_output=_check_output("text", ("string", "char", "varchar")),
    value=_value,
    one_value="string",
)
