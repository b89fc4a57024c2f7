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

from collections.abc import Sequence

from streamsql.datatypes import (
    DataType,
    Decimal,
    Primitive,
    ddl,
    parse_type,
    quote_name,
)
from streamsql.findings import Finding, Location
from streamsql.formats.event_time import event_time, in_time, reasons
from streamsql.formats.format import Columns, Format
from streamsql.formats.json_decimals import can_be_read
from streamsql.formats.json_types import (
    TIMESTAMP,
    TIMESTAMP_NTZ,
    from_wire,
    holds,
    is_sound,
    refusal,
    to_wire,
    wire,
)
from streamsql.formats.records import (
    Decoding,
    EncodedSource,
    literal,
    raise_unless,
    select_bad,
    select_good,
)
from streamsql.formats.schemas import RecordSchema

TEXT = "CAST(value AS STRING)"
CORRUPT = "_corrupt_record"

# The number at the end. A whole number can be written in JSON in one way only, so a text
# without it cannot have the last field itself. Few texts have a minus, so it is looked for fast.
END = -7190846325019273644

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
}
_OWN_OPTIONS = ("guardDecimals",)


def check_source(source: EncodedSource) -> tuple[Finding, ...]:
    """Find columns that JSON cannot hold, and that there are columns at all."""
    if not source.columns:
        hint = "list the fields that models use under 'columns'"
        return (Finding("no-columns", "a JSON source needs columns", source.location, hint=hint),)
    found = [_check_column(c.name, c.data_type or "string", c.location) for c in source.columns]
    return tuple(f for f in found if f)


def check_output(
    columns: Columns, location: Location, _: RecordSchema | None = None
) -> tuple[Finding, ...]:
    """Find columns that JSON cannot hold."""
    found = [_check_column(name, data_type, location) for name, data_type in columns]
    return tuple(f for f in found if f)


def _check_column(name: str, data_type: str, location: Location) -> Finding | None:
    try:
        why = refusal(parse_type(data_type))
    except ValueError:
        return None  # a type that is none is found where it was declared
    if why is None:
        return None
    hint = "leave the column out, or turn it into a string, a struct or an array"
    return Finding("unsupported-type", f"column '{name}': {why}", location, hint=hint)


def decode(source: EncodedSource, view: str, hidden: Sequence[str]) -> Decoding:
    """Return the SELECTs of a source's good and bad records."""
    kinds = {c.name: parse_type(c.data_type or "string") for c in source.columns}
    values = {name: f"record.{quote_name(name)}" for name in kinds}
    columns = [(from_wire(values[name], kind), name) for name, kind in kinds.items()]
    good = _is_good(source, kinds, values)
    parsed = f"LATERAL VIEW explode(array({_parse(source, kinds)})) AS record"
    whole = " AND ".join(_is_text(source, kinds))
    all_rows = (
        f"(\n  SELECT *, IF({whole}, {_body(kinds)}, NULL) AS text\n  FROM {view}\n"
        f"  WHERE value IS NOT NULL\n)\n{parsed}\n"
    )
    if source.on_error == "fail":
        return Decoding(_good_or_raise(source, kinds, all_rows, hidden), None)
    tests = "\n    AND ".join(("value IS NOT NULL", *_is_text(source, kinds)))
    rows = f"(\n  SELECT *, {_body(kinds)} AS text\n  FROM {view}\n  WHERE {tests}\n)\n{parsed}\n"
    decoded = select_good(columns, hidden, f"{rows}WHERE {good}")
    if source.on_error != "dead_letter":
        return Decoding(decoded, None)
    bad = f"{all_rows}WHERE NOT coalesce({good}, false)"
    return Decoding(decoded, select_bad(_reason(source, kinds, values), bad))


def _good_or_raise(
    source: EncodedSource, kinds: dict[str, DataType], rows: str, hidden: Sequence[str]
) -> str:
    """Return the SELECT of good records that ends the query at a bad one.

    The second explode keeps filters of models from taking the bad record away before.
    """
    values = {name: f"record.{quote_name(name)}" for name in kinds}
    checked = raise_unless(
        _is_good(source, kinds, values), "array(record)", _reason(source, kinds, values)
    )
    columns = [
        (from_wire(f"checked.{quote_name(name)}", kind), name) for name, kind in kinds.items()
    ]
    rows = f"{rows}LATERAL VIEW explode({checked}) AS checked"
    return select_good(columns, hidden, rows)


def _parse(source: EncodedSource, kinds: dict[str, DataType]) -> str:
    fields = [f"{quote_name(name)} {ddl(wire(kind))}" for name, kind in kinds.items()]
    fields += [f"{_unused('__end__', kinds)} bigint", f"{_unused(CORRUPT, kinds)} string"]
    return f"from_json(\n  text,\n  {literal(', '.join(fields))},\n  {_options(source, kinds)})"


def _unused(name: str, kinds: dict[str, DataType]) -> str:
    while name in {k.lower() for k in kinds}:
        name += "_"
    return name


def _options(source: EncodedSource, kinds: dict[str, DataType]) -> str:
    floats = any(holds(kind, "float", "double") for kind in kinds.values())
    options = {
        "allowSingleQuotes": "false",
        "allowNonNumericNumbers": "true" if floats else "false",
        "columnNameOfCorruptRecord": _unused(CORRUPT, kinds),
        **{k: v for k, v in source.format_options.items() if k not in _OWN_OPTIONS},
    }
    return "map(" + ", ".join(f"{literal(k)}, {literal(v)}" for k, v in options.items()) + ")"


_STRICT = "map('allowSingleQuotes', 'false')"
_SPACE = "[ \\\\t\\\\r\\\\n]*"
_EMPTY = f"{TEXT} RLIKE '^{_SPACE}\\\\{{{_SPACE}\\\\}}{_SPACE}$'"


def _body(kinds: dict[str, DataType]) -> str:
    """Return the expression of the text with the last field put before its last ``}``.

    A text that does not end in one, but for blanks, becomes no JSON.
    """
    cut = "CAST(substring(value, 1, octet_length(value) - 1) AS STRING)"
    trimmed = f"regexp_extract({TEXT}, '(?s)^(.*)\\\\}}{_SPACE}$', 1)"
    closing = literal(f',"{_unused("__end__", kinds)}":{END}}}')
    return f"concat(IF(endswith({TEXT}, '}}'), {cut}, {trimmed}), {closing})"


def _is_text(source: EncodedSource, kinds: dict[str, DataType]) -> tuple[str, ...]:
    """Return the conditions for a text that may be parsed.

    Splitting at the character that stands for bytes which are no UTF-8 takes half as long as
    ``is_valid_utf8``, and is right unless the text has that character itself.
    """
    utf8 = f"(size(split({TEXT}, '\\ufffd')) = 1 OR is_valid_utf8({TEXT}))"
    readable = _guard(source, kinds)
    tests = (utf8, f"NOT contains({TEXT}, '{END}')")
    return (*tests, readable) if readable else tests


def _guard(source: EncodedSource, kinds: dict[str, DataType]) -> str | None:
    guarded = source.format_options.get("guardDecimals", "false").lower() == "true"
    return can_be_read(TEXT, kinds) if guarded else None


def _is_good(source: EncodedSource, kinds: dict[str, DataType], values: dict[str, str]) -> str:
    required = [f"{values[c.name]} IS NOT NULL" for c in source.columns if c.not_null]
    tests = [
        f"record.{_unused(CORRUPT, kinds)} IS NULL",
        f"record.{_unused('__end__', kinds)} = {END}",
        *required,
        *(t for name, kind in kinds.items() if (t := is_sound(values[name], kind))),
    ]
    timed = event_time(source, {k.lower(): v for k, v in values.items()})
    if timed:
        tests.append(in_time(*timed))
    good = "\n  AND ".join(tests)
    if required or timed:
        return f"({good})"
    # Nothing is required, so {} is good; a field cannot be put behind none.
    return f"({good}\n  OR {_EMPTY})"


def _reason(source: EncodedSource, kinds: dict[str, DataType], values: dict[str, str]) -> str:
    """Return the expression that says what is wrong with a bad record, the first fault found."""
    cases = [
        (f"NOT is_valid_utf8({TEXT})", "'invalid UTF-8'"),
        (f"{TEXT} RLIKE '^{_SPACE}$'", "'empty value'"),
        (f"contains({TEXT}, '{END}')", f"'holds the reserved number {END}'"),
    ]
    if readable := _guard(source, kinds):
        cases.append((f"NOT {readable}", "'wrong type: a number with a huge exponent'"))
    cases += _shape_faults(kinds)
    cases.append((f"{_wrong_columns(kinds, values)} <> ''", _wrong_types(kinds, values)))
    cases += [
        (f"{values[c.name]} IS NULL", literal(f"required column {c.name} is missing"))
        for c in source.columns
        if c.not_null
    ]
    if timed := event_time(source, {k.lower(): v for k, v in values.items()}):
        cases += reasons(source, *timed)
    whens = "\n    ".join(f"WHEN {test} THEN {text}" for test, text in cases)
    return f"CASE\n    {whens}\n    ELSE 'wrong type' END"


def _shape_faults(kinds: dict[str, DataType]) -> list[tuple[str, str]]:
    first = f"from_json({TEXT}, '_none string, _corrupt_record string', {_STRICT})"
    listed = (
        f"from_json(concat('{{\"v\":[', {TEXT}, ']}}'), "
        f"'v array<string>, _corrupt_record string', {_STRICT})"
    )
    end = _unused("__end__", kinds)
    whole = f"from_json(text, '{end} bigint, _corrupt_record string', {_STRICT})"
    ends = f"({_EMPTY} OR coalesce({whole}.{end} = {END}, false))"
    is_object = f"{TEXT} RLIKE '^{_SPACE}\\\\{{'"
    is_value = f"NOT {is_object} AND {listed}._corrupt_record IS NULL"
    follows = f"{is_object} AND {first}._corrupt_record IS NULL AND NOT {ends}"
    return [
        (f"{TEXT} RLIKE '^{_SPACE}null{_SPACE}$'", "'JSON null, not an object'"),
        (f"{is_value} AND {TEXT} RLIKE '^{_SPACE}\\\\['", "'a JSON array, not an object'"),
        (is_value, "'a JSON value, not an object'"),
        (follows, "'not one JSON object: something follows it'"),
        (f"NOT {ends}", "'not valid JSON'"),
    ]


def _wrong_types(kinds: dict[str, DataType], values: dict[str, str]) -> str:
    return f"concat('wrong type: ', {_wrong_columns(kinds, values)})"


def _wrong_columns(kinds: dict[str, DataType], values: dict[str, str]) -> str:
    """Return the expression that lists the columns whose value is not of their type."""
    fields = f"from_json({TEXT}, 'map<string,string>', {_STRICT})"
    faults = [
        f"IF({test}, {literal(f'{name} is not {ddl(kind)}')}, NULL)"
        for name, kind in kinds.items()
        if (test := _is_wrong(f"fields[{literal(name)}]", values[name], kind))
    ]
    if not faults:
        return "''"
    listed = f"concat_ws(', ', {', '.join(faults)})"
    return f"transform(array({fields}), fields -> {listed})[0]"


def _is_wrong(text: str, value: str, kind: DataType) -> str | None:
    """Return the condition for a field that is there and could not be read as its type."""
    if wire(kind) == Primitive("string"):
        sound = is_sound(value, kind)
        return f"NOT {sound}" if sound else None
    if isinstance(kind, Primitive | Decimal):
        return f"({text} IS NOT NULL AND {value} IS NULL)"
    schema = literal(f"v {ddl(wire(kind))}, _corrupt_record string")
    # Without options Spark would read nothing but the field that is asked for.
    parsed = f"from_json(concat('{{\"v\":', {text}, '}}'), {schema}, {_STRICT})"
    wrong = f"{parsed}._corrupt_record IS NOT NULL"
    if sound := is_sound(value, kind):
        wrong = f"({wrong} OR NOT {sound})"
    return f"({text} IS NOT NULL AND {wrong})"


def value(columns: Columns, _: RecordSchema | None = None) -> str:
    """Return the expression of a row as a JSON object; every type can be read back."""
    return json_object([(name, parse_type(data_type)) for name, data_type in columns])


def json_object(columns: Sequence[tuple[str, DataType]]) -> str:
    """Return the expression of columns as a JSON object, in their order, nulls written out."""
    fields = []
    for name, kind in columns:
        plain = quote_name(name)
        made = to_wire(plain, kind)
        fields.append(plain if made == plain else f"{made} AS {plain}")
    options = {"ignoreNullFields": "false"}
    kinds = [kind for _, kind in columns]
    if any(holds(k, "timestamp") for k in kinds):
        options["timestampFormat"] = TIMESTAMP
    if any(holds(k, "timestamp_ntz") for k in kinds):
        options["timestampNTZFormat"] = TIMESTAMP_NTZ
    listed = ", ".join(f"'{k}', '{v}'" for k, v in options.items())
    return f"to_json(struct({', '.join(fields)}), map({listed}))"


JSON = Format(
    name="json",
    about="one JSON object a record",
    options=OPTIONS,
    check_source=check_source,
    decode=decode,
    check_output=check_output,
    value=value,
)
