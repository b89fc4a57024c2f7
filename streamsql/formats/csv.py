"""CSV: one row a record, of exactly the declared columns, in their order.

What is a good record. Its bytes are UTF-8, and all of them are one row, which may end in a line
break; there is a cell for each column, and no more; each cell has its column's type; required
columns are there. Quotes stand around whole cells. A cell without anything in it is null, one of
nothing but quotes an empty text.

Two things differ from what Spark does unless told: a quote inside quotes is written twice, as
RFC 4180 has it (``escape`` is the quote), and an empty text is none that is missing.

How it is done. ``from_csv`` of Spark 4.1 does not say where a text ends for it. So each
text gets one cell more, which must come out as the last one: an open quote, a cell too many or
too few leave something else there. Text that follows a closing quote would be taken as it is,
quotes and all, and so would a line break: both are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from streamsql.datatypes import DataType, Decimal, Primitive, ddl, parse_type, quote_name
from streamsql.findings import Finding, Location
from streamsql.formats.format import Format, Output
from streamsql.formats.json_decimals import HUGE
from streamsql.formats.json_parse import CORRUPT, END, unused
from streamsql.formats.json_types import TIMESTAMP, TIMESTAMP_NTZ
from streamsql.formats.reading import Part, Reading, missing, present
from streamsql.formats.records import Encoded, is_string, literal

OPTIONS = {
    "delimiter": "what stands between cells; default `,`",
    "quote": 'what stands around cells that hold a delimiter or a line break; default `"`',
    "escape": "what stands before a quote inside quotes; default the quote",
    "nullValue": "a cell that is null, besides one without anything in it",
    "nanValue": "how a number that is none is written; default `NaN`",
    "positiveInf": "how infinity is written; default `Inf`",
    "negativeInf": "how minus infinity is written; default `-Inf`",
    "timestampFormat": "pattern of timestamps; default ISO 8601",
    "timestampNTZFormat": "pattern of timestamps without zone; default ISO 8601",
    "dateFormat": "pattern of dates; default ISO 8601",
    "timeZone": "zone of timestamps that name none; default the session's",
    "locale": "language of month and day names in patterns",
    "ignoreLeadingWhiteSpace": "take blanks before a cell away; default false",
    "ignoreTrailingWhiteSpace": "take blanks after a cell away; default false",
    "guardDecimals": "look for exponents that would stop a query (see below); default false",
}
_ROWS = "'more than one row, or a line break outside of quotes'"
_OWN_OPTIONS = ("delimiter", "quote", "escape", "guardDecimals")
_TYPES = (
    *("boolean", "tinyint", "smallint", "int", "bigint", "float", "double"),
    *("string", "date", "timestamp", "timestamp_ntz"),
)
# What an empty text in quotes is read as; no text may hold it, for it holds the end.
_EMPTY_TEXT = f"x{END}"
# Stands for a doubled quote while quotes are counted: no character.
_PAIR = "\\ufdd0"


def check_source(source: Encoded) -> tuple[Finding, ...]:
    """Find columns that no cell can hold, and that there are columns at all."""
    if not source.columns:
        hint = "list the cells of a row under 'columns', all of them, in their order"
        return (Finding("no-columns", "a CSV source needs columns", source.location, hint=hint),)
    found = [_check_column(c.name, c.data_type or "string", c.location) for c in source.columns]
    return tuple(f for f in (*found, *_check_marks(source.format_options, source.location)) if f)


def check_output(output: Output, location: Location) -> tuple[Finding, ...]:
    """Find columns that no cell can hold."""
    found = [_check_column(name, data_type, location) for name, data_type in output.columns]
    return tuple(f for f in (*found, *_check_marks(output.options, location)) if f)


def _check_column(name: str, data_type: str, location: Location) -> Finding | None:
    try:
        kind = parse_type(data_type)
    except ValueError:
        return None  # a type that is none is found where it was declared
    if _is_known(kind):
        return None
    message = f"column '{name}': a cell of CSV cannot hold {ddl(kind)}"
    hint = "use a string and make the type of it in SQL, or choose json or avro"
    return Finding("unsupported-type", message, location, hint=hint)


def _is_known(kind: DataType) -> bool:
    plain = isinstance(kind, Primitive) and kind.name in _TYPES
    return plain or is_string(kind) or isinstance(kind, Decimal)


def _check_marks(options: Mapping[str, str], location: Location) -> list[Finding]:
    return [
        Finding("format-option", f"'{name}' is one character, not '{options[name]}'", location)
        for name in ("quote", "escape")
        if len(options.get(name, "x")) != 1
    ]


def read(source: Encoded, part: Part) -> Reading:
    """Return how a part is read as one row."""
    kinds = {c.name: parse_type(c.data_type or "string") for c in source.columns}
    row, end = part.row, unused("__end__", kinds)
    values = {name: f"{row}.{quote_name(name)}" for name in kinds}
    text = f"CAST({part.bytes} AS STRING)"

    def columns(row: str) -> list[tuple[str, str]]:
        return [(_cell(f"{row}.{quote_name(n)}", kind), n) for n, kind in kinds.items()]

    huge = _huge_decimals(text, kinds, source.format_options)
    whole = f"{row}.{unused(CORRUPT, kinds)} IS NULL AND {row}.{end} = '{END}'"
    quote = _marks(source.format_options)["quote"]
    quoted = _well_quoted(part.text, source.format_options)
    cells = _from_csv(part.text, dict.fromkeys(kinds, Primitive("string")), source.format_options)
    told = f"transform(array({cells}), cells -> {_told(text, values, kinds)})[0]"
    return Reading(
        _from_csv(part.text, kinds, source.format_options),
        columns,
        tests=(whole, quoted, *present(source.columns, values)),
        faults=(
            (f"NOT is_valid_utf8({text})", "'invalid UTF-8'"),
            (f"contains({text}, '{END}')", f"'holds the reserved number {END}'"),
            *((test, "'wrong type: a number with a huge exponent'") for test in huge),
            (f"NOT coalesce({whole}, false)", told),
            (f"NOT contains({part.text}, {literal(quote)}) AND NOT {quoted}", _ROWS),
            (f"NOT {quoted}", "'quotes that do not stand around a whole cell'"),
            *missing(source.columns, values),
        ),
        text=_body(text, source.format_options),
        guards=(
            f"is_valid_utf8({text})",
            f"NOT contains({text}, '{END}')",
            *(f"NOT {test}" for test in huge),
        ),
    )


def _delimiter(options: Mapping[str, str]) -> str:
    return options.get("delimiter", ",").replace("\\t", "\t")


def _body(text: str, options: Mapping[str, str]) -> str:
    """Return the expression of the text without its last line break, and with one cell more."""
    line = f"IF(endswith({text}, '\\n'), regexp_replace({text}, '\\\\r?\\n\\\\z', ''), {text})"
    return f"concat({line}, {literal(_delimiter(options) + str(END))})"


def _from_csv(text: str, kinds: Mapping[str, DataType], options: Mapping[str, str]) -> str:
    fields = [f"{quote_name(n)} {ddl(_read_as(kind))}" for n, kind in kinds.items()]
    fields += [f"{unused('__end__', kinds)} string", f"{unused(CORRUPT, kinds)} string"]
    given = {
        **_marks(options),
        "emptyValue": _EMPTY_TEXT,
        "columnNameOfCorruptRecord": unused(CORRUPT, kinds),
        **{k: v for k, v in options.items() if k not in _OWN_OPTIONS},
    }
    return f"from_csv(\n  {text},\n  {literal(', '.join(fields))},\n  {_map(given)})"


def _huge_decimals(
    text: str, kinds: Mapping[str, DataType], options: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the condition of a decimal that would stop a query, if it is to be looked for.

    The cells are read as texts, and only where the whole text may have such a number.
    """
    names = [name for name, kind in kinds.items() if isinstance(kind, Decimal)]
    if not names or options.get("guardDecimals", "false").lower() != "true":
        return ()
    cells = _from_csv(_body(text, options), dict.fromkeys(kinds, Primitive("string")), options)
    numbers = ", ".join(f"cells.{quote_name(name)}" for name in names)
    joined = f"transform(array({cells}), cells -> concat_ws(' ', {numbers}))[0]"
    return (f"({text} {HUGE} AND coalesce({joined} {HUGE}, false))",)


def _marks(options: Mapping[str, str]) -> dict[str, str]:
    quote = options.get("quote", '"')
    return {
        "delimiter": _delimiter(options),
        "quote": quote,
        "escape": options.get("escape", quote),
    }


def _map(options: Mapping[str, str]) -> str:
    return "map(" + ", ".join(f"{literal(k)}, {literal(v)}" for k, v in options.items()) + ")"


def _read_as(kind: DataType) -> DataType:
    return Primitive("string") if is_string(kind) else kind


def _cell(value: str, kind: DataType) -> str:
    if not is_string(kind):
        return value
    text = f"IF({value} = '{_EMPTY_TEXT}', '', {value})"
    return text if kind == Primitive("string") else f"try_cast({text} AS {ddl(kind)})"


def _well_quoted(text: str, options: Mapping[str, str]) -> str:
    """Return the test that quotes stand around whole cells, and line breaks inside of them.

    Spark takes what follows a closing quote for a part of the cell, and a line break too. Here
    escaped quotes become one character first; then cells in quotes are taken away, and neither a
    quote nor a line break may be left, nor a doubled quote that is not a whole cell.
    """
    marks = _marks(options)
    quote, escape = marks["quote"], marks["escape"]
    mark, between = re.escape(quote), re.escape(marks["delimiter"])
    trimmed = any(v.lower() == "true" for k, v in options.items() if k.startswith("ignore"))
    blanks = "[ \\t]*" if trimmed else ""
    doubled = quote == escape
    pairs = f"replace({text}, {literal(escape + quote)}, '{_PAIR}')"
    if not doubled:
        twice = f"replace({text}, {literal(escape * 2)}, '')"
        pairs = f"replace({twice}, {literal(escape + quote)}, '')"
    first = "PAIR*" if doubled else ""
    cell = f"(?<=^|{between}){blanks}{first}{mark}[^{mark}]*{mark}{blanks}(?={between})"
    left = f"{mark}|\n"
    if doubled and len(marks["delimiter"]) == 1 and not trimmed:
        left += f"|PAIR[^PAIR{between}]|[^{between}PAIR]PAIR"
    rest = f"regexp_replace({pairs}, {literal(cell)}, '') RLIKE {literal(left)}"
    rest = rest.replace("PAIR", _PAIR)
    return f"IF(contains({text}, {literal(quote)}), NOT {rest}, NOT contains({text}, '\\n'))"


def _told(text: str, values: Mapping[str, str], kinds: Mapping[str, DataType]) -> str:
    """Return the expression that says why a text is not one row of these types.

    ``cells`` is the row with all cells as texts.
    """
    listed = ", ".join(f"cells.{quote_name(name)}" for name in kinds)
    many = "1 cell" if len(kinds) == 1 else f"{len(kinds)} cells"
    swallowed = f"exists(array({listed}), cell -> endswith(cell, '{END}'))"
    shapes = (
        (f"{text} = ''", "'empty value'"),
        (f"array_contains(array({listed}), '{END}')", f"'not {many}: there are fewer'"),
        (swallowed, "'a quote that is not closed'"),
        (f"contains({text}, '\\n')", _ROWS),
    )
    end = f"cells.{unused('__end__', kinds)}"
    cases = "".join(f" WHEN {test} THEN {told}" for test, told in shapes)
    shape = f"CASE{cases} ELSE 'not {many}: there are more' END"
    faults = [
        f"IF(cells.{quote_name(name)} IS NOT NULL AND {values[name]} IS NULL, "
        f"{literal(f'{name} is not {ddl(kind)}')}, NULL)"
        for name, kind in kinds.items()
        if not is_string(kind)
    ]
    wrong = f"concat_ws(', ', {', '.join(faults)})" if faults else "''"
    return f"IF({end} = '{END}', concat('wrong type: ', {wrong}), {shape})"


def value(output: Output) -> str:
    """Return the expression of a row as a line, without a line break."""
    kinds = [parse_type(data_type) for _, data_type in output.columns]
    options = {
        **_marks(output.options),
        "emptyValue": output.options.get("quote", '"') * 2,
        "ignoreLeadingWhiteSpace": "false",
        "ignoreTrailingWhiteSpace": "false",
        **{k: v for k, v in output.options.items() if k not in _OWN_OPTIONS},
    }
    patterns = {"timestampFormat": TIMESTAMP, "timestampNTZFormat": TIMESTAMP_NTZ}
    for name, kind in (("timestampFormat", "timestamp"), ("timestampNTZFormat", "timestamp_ntz")):
        if Primitive(kind) in kinds:
            options.setdefault(name, patterns[name].replace("\\'", "'"))
    listed = ", ".join(quote_name(name) for name, _ in output.columns)
    return f"to_csv(struct({listed}), {_map(options)})"


CSV = Format(
    name="csv",
    about="one row of CSV a record",
    options=OPTIONS,
    check_source=check_source,
    read=read,
    check_output=check_output,
    value=value,
)
