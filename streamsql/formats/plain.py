"""Values that are one column: bytes as they are (``raw``), and text (``text``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamsql.datatypes import parse_type, quote_name
from streamsql.findings import Finding, Location
from streamsql.formats.event_time import event_time, in_time, reasons
from streamsql.formats.format import Columns, Format
from streamsql.formats.records import (
    Decoding,
    EncodedSource,
    raise_unless,
    select_bad,
    select_good,
)
from streamsql.formats.schemas import RecordSchema

_TEXT = "CAST(value AS STRING)"


def _column(source: EncodedSource) -> str:
    return source.columns[0].name if source.columns else "value"


def _decode_raw(source: EncodedSource, view: str, hidden: Sequence[str]) -> Decoding:
    rows = f"{view}\nWHERE value IS NOT NULL"
    return Decoding(select_good([("value", _column(source))], hidden, rows), None)


def _decode_text(source: EncodedSource, view: str, hidden: Sequence[str]) -> Decoding:
    good = f"is_valid_utf8({_TEXT})"
    cases = [(f"NOT {good}", "'invalid UTF-8'")]
    if timed := event_time(source, {}):
        good = f"({good} AND {in_time(*timed)})"
        cases += reasons(source, *timed)
    reason = "CASE " + " ".join(f"WHEN {test} THEN {text}" for test, text in cases) + " END"
    if source.on_error == "fail":
        checked = raise_unless(good, f"array({_TEXT})", reason)
        rows = f"(\n  SELECT * FROM {view} WHERE value IS NOT NULL\n)\n"
        rows += f"LATERAL VIEW explode({checked}) AS line"
        return Decoding(select_good([("line", _column(source))], hidden, rows), None)
    rows = f"{view}\nWHERE value IS NOT NULL AND {good}"
    decoded = select_good([(_TEXT, _column(source))], hidden, rows)
    if source.on_error != "dead_letter":
        return Decoding(decoded, None)
    return Decoding(decoded, select_bad(reason, f"{view}\nWHERE value IS NOT NULL AND NOT {good}"))


def _check_source(name: str, data_type: str) -> Callable[[EncodedSource], tuple[Finding, ...]]:
    def check(source: EncodedSource) -> tuple[Finding, ...]:
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
) -> Callable[[Columns, Location, RecordSchema | None], tuple[Finding, ...]]:
    def check(
        columns: Columns, location: Location, _: RecordSchema | None = None
    ) -> tuple[Finding, ...]:
        kinds = {n.lower(): t for n, t in columns}
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


def _value(columns: Columns, _: RecordSchema | None = None) -> str:
    return next(quote_name(name) for name, _ in columns if name.lower() == "value")


RAW = Format(
    name="raw",
    about="bytes as they are, in one column",
    options={},
    check_source=_check_source("raw", "binary"),
    decode=_decode_raw,
    check_output=_check_output("raw", ("binary", "string", "char", "varchar")),
    value=_value,
)
TEXT = Format(
    name="text",
    about="UTF-8 text, in one column",
    options={},
    check_source=_check_source("text", "string"),
    decode=_decode_text,
    check_output=_check_output("text", ("string", "char", "varchar")),
    value=_value,
)
