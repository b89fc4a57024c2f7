"""JSON: one object a record.

What is a good record. Its bytes are UTF-8, and all of them are one JSON object as RFC 8259
has it (no single quotes, comments or byte order mark). Each declared field has its type: a
number that does not fit is a bad record. Required columns are there. Fields that are not
declared are ignored; field names count with their case; of a field that comes twice the last
counts. A string takes any value, as its text.

What Spark 4.1 widens or rounds, and so do we: digits behind a decimal's scale are rounded
(half up); a decimal may stand in quotes; a whole number is a timestamp in seconds since 1970;
a timestamp may be written as a date or a time alone (then of today); a double too big is
infinite; half a surrogate pair becomes ``?``.

Spark 4.1 is busy for hours with a decimal such as ``1e400000000``. Nobody writes that but to do
harm, and looking for it costs a fifth of the decoding: ``guardDecimals: true`` is for topics
whose producers are not trusted.

How it is done. ``from_json`` stops at the end of the first value and mends bytes that are no
UTF-8. So the last ``}`` of the text is replaced by one more field, ``,"__end__":<n>}``: it is
read only if nothing closed the object before. That happens in a sub-select, because Spark
compiles filters and projections but interprets ``from_json`` with all that is inside it. The
explode keeps the optimizer from copying the parse into each filter above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamsql.datatypes import DataType, parse_type, quote_name
from streamsql.findings import Finding, Location, did_you_mean
from streamsql.formats.fitting import misfits
from streamsql.formats.format import Format, Output
from streamsql.formats.framing import frame, frame_faults, is_framed, without_frame
from streamsql.formats.json_faults import shape_faults, type_faults
from streamsql.formats.json_parse import JsonObject
from streamsql.formats.json_types import (
    TIMESTAMP,
    TIMESTAMP_NTZ,
    from_wire,
    holds,
    is_sound,
    refusal,
    to_wire,
)
from streamsql.formats.reading import Part, Reading, missing, present
from streamsql.formats.records import Encoded, literal
from streamsql.formats.schemas import FRAMINGS

OPTIONS = {
    "timestampFormat": "pattern of timestamps; default ISO 8601, which is read fastest",
    "timestampNTZFormat": "pattern of timestamps without zone; default ISO 8601",
    "dateFormat": "pattern of dates; default ISO 8601",
    "timeZone": "zone of timestamps that name none; default the session's",
    "locale": "language of month and day names in patterns",
    "allowSingleQuotes": "take 'single' quotes too; default false",
    "allowUnquotedFieldNames": "take field names without quotes; default false",
    "allowNumericLeadingZeros": "take numbers such as 007; default false",
    "allowBackslashEscapingAnyCharacter": "take a backslash before any character; default false",
    "allowUnquotedControlChars": "take raw control characters in strings; default false",
    "allowNonNumericNumbers": "take NaN and Infinity; default true where a column can hold them",
    "guardDecimals": "look for exponents that would stop a query (see below); default false",
    "singleVariantColumn": "a column, of type variant, that gets the whole object",
    "schema": "a file with the JSON Schema that gives the columns: `schemas/orders.schema.json`",
    "subject": "a subject of the registry: its file is `schemas/<subject>.json`",
    "version": "the version of the subject that is read or written; default the newest",
    "framing": "`confluent` (zero byte, schema id) or `none`; default what the file has ids for",
}
_WRITING = ("timestampFormat", "timestampNTZFormat", "dateFormat", "timeZone", "locale")


def check_source(source: Encoded) -> tuple[Finding, ...]:
    """Find columns that JSON cannot hold, and that there are columns at all."""
    if not source.columns:
        hint = "list the fields that models use under 'columns'"
        return (Finding("no-columns", "a JSON source needs columns", source.location, hint=hint),)
    found = [_check_column(c.name, c.data_type or "string", c.location) for c in source.columns]
    framing = source.format_options.get("framing", FRAMINGS[0])
    if framing not in FRAMINGS:
        hint = did_you_mean(framing, FRAMINGS) or f"it is {' or '.join(FRAMINGS)}"
        message = f"there is no framing '{framing}'"
        found.append(Finding("format-option", message, source.location, hint=hint))
    whole = source.format_options.get("singleVariantColumn", "").lower()
    for column in source.columns:
        if column.name.lower() == whole and (column.data_type or "").lower() != "variant":
            message = f"'{column.name}' gets the whole object, and is {column.data_type}"
            hint = "declare it as variant, or leave it out: it is there anyway"
            found.append(Finding("format-columns", message, column.location, hint=hint))
    return tuple(f for f in found if f)


def check_output(output: Output, location: Location) -> tuple[Finding, ...]:
    """Find columns that JSON cannot hold, and a frame without an id."""
    found = [_check_column(name, data_type, location) for name, data_type in output.columns]
    if output.options.get("framing") == "confluent" and output.schema is None:
        message = "framed JSON is written behind the id of its schema, and no schema is named"
        hint = "name the subject, or the file of its versions, under format_options"
        found.append(Finding("bad-schema", message, location, hint=hint))
    return tuple(f for f in (*found, *_misfits(output, location)) if f)


def _check_column(name: str, data_type: str, location: Location) -> Finding | None:
    try:
        why = refusal(parse_type(data_type))
    except ValueError:
        return None  # a type that is none is found where it was declared
    if why is None:
        return None
    hint = "leave the column out, or turn it into a string, a struct or an array"
    return Finding("unsupported-type", f"column '{name}': {why}", location, hint=hint)


def read(source: Encoded, part: Part) -> Reading:
    """Return how a part is read as one JSON object."""
    ids = frame_ids(source)
    value = part.bytes if ids is None else without_frame(part.bytes)
    json = JsonObject(
        value,
        part,
        {c.name: parse_type(c.data_type or "string") for c in source.columns},
        source.format_options,
    )
    values = json.values(part.row)
    faults = [*shape_faults(json), *type_faults(json), *missing(source.columns, values)]
    guards = json.guards()
    otherwise = None if any(c.not_null for c in source.columns) else json.is_empty
    if ids is not None:
        framed = is_framed(part.bytes, ids)
        guards = (framed, *guards)
        faults = [*frame_faults(part.bytes, ids), *faults]
        otherwise = otherwise and f"{framed} AND {otherwise}"

    def columns(row: str) -> list[tuple[str, str]]:
        read = json.values(row)
        return [(from_wire(read[name], kind), name) for name, kind in json.kinds.items()]

    return Reading(
        json.parsed(),
        columns,
        tests=(
            *json.whole_tests(),
            *present(source.columns, values),
            *(t for name, kind in json.kinds.items() if (t := is_sound(values[name], kind))),
        ),
        faults=tuple(faults),
        otherwise=otherwise,
        text=json.body(),
        guards=guards,
    )


def frame_ids(source: Encoded) -> list[int] | None:
    """Return the ids that a frame may have, any if the list is empty; None if there is no frame."""
    if source.schema is not None:
        return [w.id for w in source.schema.writers] if source.schema.framed else None
    return [] if source.format_options.get("framing") == "confluent" else None


def _misfits(output: Output, location: Location) -> list[Finding]:
    if output.schema is None:
        return []
    return [
        Finding("unsupported-type", message, location, hint=hint)
        for message, hint in misfits(output.columns, output.schema)
    ]


def value(output: Output) -> str:
    """Return the expression of a row as a JSON object; every type can be read back."""
    columns = [(name, parse_type(data_type)) for name, data_type in output.columns]
    options = {k: v for k, v in output.options.items() if k in _WRITING}
    made = json_object(columns, options)
    if output.schema is None or output.schema.id is None:
        return made
    return f"concat({frame(output.schema.id)}, CAST({made} AS BINARY))"


def json_object(
    columns: Sequence[tuple[str, DataType]], given: Mapping[str, str] | None = None
) -> str:
    """Return the expression of columns as a JSON object, in their order, nulls written out."""
    fields = []
    for name, kind in columns:
        plain = quote_name(name)
        made = to_wire(plain, kind)
        fields.append(plain if made == plain else f"{made} AS {plain}")
    options = {"ignoreNullFields": "'false'"}
    kinds = [kind for _, kind in columns]
    if any(holds(k, "timestamp") for k in kinds):
        options["timestampFormat"] = f"'{TIMESTAMP}'"
    if any(holds(k, "timestamp_ntz") for k in kinds):
        options["timestampNTZFormat"] = f"'{TIMESTAMP_NTZ}'"
    options |= {k: literal(v) for k, v in (given or {}).items()}
    listed = ", ".join(f"'{k}', {v}" for k, v in options.items())
    return f"to_json(struct({', '.join(fields)}), map({listed}))"


JSON = Format(
    name="json",
    about="one JSON object a record",
    options=OPTIONS,
    check_source=check_source,
    read=read,
    check_output=check_output,
    value=value,
    by_name=True,
    schema="JSON",
)
