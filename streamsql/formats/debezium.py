"""Change events of Debezium, as JSON: what was done to a row of a database's table.

A record is ``{"op": …, "before": …, "after": …, "source": …}``, or that under ``payload`` beside
its ``schema``, as Kafka Connect writes it unless told otherwise; both are read. The columns are
those of the table's row: of ``after``, for a delete of ``before``. A reader may name besides

=================  =========================================================================
``_op``            ``c`` created, ``u`` updated, ``d`` deleted, ``r`` read by a snapshot
``_source_ts``     when the database did it (``source.ts_ms``)
``_before``        the row before, where the database tells it
=================  =========================================================================

What is a good record: one JSON object, as for ``json``, with one of these four operations and the
row that belongs to it, whose required columns are there. A truncated table (``t``) and a message
(``m``) are no rows, and bad records.

Connectors write times as numbers unless told otherwise, and nothing in a record says so. So a
number is no timestamp here before ``timestamps`` says what it counts. In the same way decimals are
bytes (``decimal.handling.mode=precise``, Debezium's default): the unscaled number, big-endian two's
complement, in Base64, and without its scale. ``decimals: precise`` says so; the scale is that of
the declared type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streamsql.datatypes import (
    DataType,
    Decimal,
    Field,
    Map,
    Primitive,
    Struct,
    ddl,
    parse_type,
    quote_name,
)
from streamsql.findings import Finding, Location, did_you_mean
from streamsql.formats.format import Format, Output
from streamsql.formats.json_faults import shape_faults, wrong_fields
from streamsql.formats.json_objects import JSON
from streamsql.formats.json_parse import END, STRICT, JsonObject
from streamsql.formats.json_types import from_wire, holds, is_sound, parts, wire
from streamsql.formats.reading import Part, Reading, missing, present
from streamsql.formats.records import Encoded, literal

OPTIONS = {
    "timestamps": "what timestamps of a row are: `iso` (default), `millis` or `micros` since 1970",
    "dates": "what dates of a row are: `iso` (default) or `days` since 1970",
    "decimals": "what decimals of a row are: `plain` (default), numbers and text; or `precise`: "
    "bytes, with the scale of the declared type",
    **{
        name: JSON.options[name]
        for name in ("timestampNTZFormat", "dateFormat", "timeZone", "locale", "guardDecimals")
    },
}
_CHOICES = {
    "timestamps": ("iso", "millis", "micros"),
    "dates": ("iso", "days"),
    "decimals": ("plain", "precise"),
}
_PRECISE_BYTES = 16  # of a number with 38 digits
_OPS = "'c', 'u', 'd', 'r'"
_TIMESTAMP = Primitive("timestamp")
# What makes a value of a number, and the numbers of the years 1 to 9999.
_COUNTED = {
    "millis": ("timestamp_millis", -62_135_596_800_000, 253_402_300_799_999),
    "micros": ("timestamp_micros", -62_135_596_800_000_000, 253_402_300_799_999_999),
    "days": ("date_from_unix_date", -719_162, 2_932_896),
}


def check_source(source: Encoded) -> tuple[Finding, ...]:
    """Find columns that JSON cannot hold, that there are any, and choices that there are not."""
    found = list(JSON.check_source(source))
    for name, choices in _CHOICES.items():
        given = source.format_options.get(name, choices[0])
        if given not in choices:
            hint = did_you_mean(given, choices) or f"it is {' or '.join(choices)}"
            message = f"'{name}' cannot be '{given}'"
            found.append(Finding("format-option", message, source.location, hint=hint))
    for column in source.columns:
        if _is_nested_time(column.data_type or "string"):
            message = f"column '{column.name}' has a timestamp inside, and connectors write numbers"
            hint = "declare it as string or bigint there, and make the time of it in SQL"
            found.append(Finding("unsupported-type", message, column.location, hint=hint))
        if _is_precise(source.format_options) and _is_nested_decimal(column.data_type or "string"):
            message = f"column '{column.name}' has a decimal inside, and precise ones are bytes"
            hint = "declare it as binary there, or set decimal.handling.mode to string"
            found.append(Finding("unsupported-type", message, column.location, hint=hint))
    return tuple(found)


def _is_nested_time(data_type: str) -> bool:
    try:
        kind = parse_type(data_type)
    except ValueError:
        return False  # a type that is none is found where it was declared
    return kind != _TIMESTAMP and holds(kind, "timestamp")


def _is_nested_decimal(data_type: str) -> bool:
    try:
        inside = tuple(parts(parse_type(data_type)))[1:]
    except ValueError:
        return False  # as above
    return any(isinstance(part, Decimal) for part in inside)


def _is_precise(options: Mapping[str, str]) -> bool:
    return options.get("decimals") == "precise"


def check_output(_: Output, location: Location) -> tuple[Finding, ...]:
    """Say that change events are read, not written."""
    message = "change events of Debezium are read, not written"
    hint = "write json or avro, with the operation in a column"
    return (Finding("unsupported-format", message, location, hint=hint),)


def hidden(source: Encoded) -> Mapping[str, str]:
    """Return the fields that a reader may name besides the columns, with their types."""
    try:
        row = Struct(
            tuple(Field(c.name, parse_type(c.data_type or "string")) for c in source.columns)
        )
    except ValueError:
        row = Struct(())  # a type that is none is found where it was declared
    return {"_op": "string", "_source_ts": "timestamp", "_before": ddl(row)}


def read(source: Encoded, part: Part) -> Reading:
    """Return how a part is read as a change event."""
    columns = _Row(
        {c.name: parse_type(c.data_type or "string") for c in source.columns},
        source.format_options,
    )
    options = {k: v for k, v in source.format_options.items() if k not in _CHOICES}
    event = JsonObject(part.bytes, part, _event(columns.wire()), options)
    row, op = part.row, f"{part.row}.op"
    values = columns.values(f"{row}.row")
    lost = columns.lost(f"{row}.row")
    corrupt = f"{row}.event._corrupt_record"
    wrong = columns.wrong(event.text, f"{row}.row", op)
    envelope = "'no change event: a wrong type in its envelope'"
    told = f"coalesce('wrong type: ' || nullif({wrong}, ''), {envelope})"
    return Reading(
        _change(event),
        lambda row: [(made, name) for name, made in columns.values(f"{row}.row").items()],
        tests=(
            f"{corrupt} IS NULL",
            f"{row}.event.{event.end} = {END}",
            f"{op} IN ({_OPS})",
            f"{row}.row IS NOT NULL",
            *(f"NOT {test}" for test in lost.values()),
            *present(source.columns, values),
        ),
        faults=(
            *shape_faults(event),
            (event.is_empty, "'no change event: it has no op'"),
            (f"{op} = 't'", "'the table was truncated (op t), which is no row'"),
            (" OR ".join((f"{corrupt} IS NOT NULL", *lost.values())), told),
            (f"{op} IS NULL", "'no change event: it has no op'"),
            (f"{op} NOT IN ({_OPS})", f"concat('no change of a row: op is ', {op})"),
            (f"{row}.row IS NULL", f"IF({op} = 'd', 'a delete without before', 'no after')"),
            *missing(source.columns, values),
        ),
        text=event.body(),
        guards=event.guards(),
        hidden=lambda row: {
            "_op": f"{row}.op",
            "_source_ts": f"{row}.at",
            "_before": columns.whole(f"{row}.before"),
        },
    )


def _event(row: DataType) -> dict[str, DataType]:
    """Return the fields of a change event, with those of its other form."""
    source = Struct((Field("ts_ms", Primitive("bigint")),))
    fields = {"before": row, "after": row, "op": Primitive("string"), "source": source}
    payload = Struct(tuple(Field(name, kind) for name, kind in fields.items()))
    return {"payload": payload, **fields}


def _change(event: JsonObject) -> str:
    """Return the expression of what was done: of one form or of the other."""
    part = {n: f"coalesce(event.payload.{n}, event.{n})" for n in ("op", "before", "after")}
    at = _since_1970("coalesce(event.payload.source.ts_ms, event.source.ts_ms)", "millis")
    made = (
        f"named_struct('event', event, 'op', {part['op']}, 'at', {at}, "
        f"'before', {part['before']},\n"
        f"    'row', IF({part['op']} = 'd', {part['before']}, {part['after']}))"
    )
    return f"transform(array({event.parsed()}), event -> {made})[0]"


class _Row(NamedTuple):
    """The columns of a table's row, and what stands for them in JSON."""

    kinds: Mapping[str, DataType]
    options: Mapping[str, str]

    def wire(self) -> DataType:
        """Return the type that a row is read as."""
        return Struct(tuple(Field(n, self._wire(kind)) for n, kind in self.kinds.items()))

    def _wire(self, kind: DataType) -> DataType:
        if kind == _TIMESTAMP:
            return Primitive("string" if self._counts(kind) is None else "bigint")
        if self._is_bytes(kind):
            return Primitive("binary")  # which takes Base64, and nothing else
        return Primitive("int") if self._counts(kind) else wire(kind)

    def _counts(self, kind: DataType) -> str | None:
        """Return what the numbers count that stand for a type; None if none do."""
        name = {"timestamp": "timestamps", "date": "dates"}.get(getattr(kind, "name", ""), "")
        given = self.options.get(name, "iso")
        return None if given == "iso" else given

    def _is_bytes(self, kind: DataType) -> bool:
        return isinstance(kind, Decimal) and _is_precise(self.options)

    def values(self, row: str) -> dict[str, str]:
        """Return the expressions of the columns over a row that was read."""
        return {n: self._made(f"{row}.{quote_name(n)}", kind) for n, kind in self.kinds.items()}

    def _made(self, value: str, kind: DataType) -> str:
        if counted := self._counts(kind):
            return _since_1970(value, counted)
        if kind == _TIMESTAMP:
            # A year alone, or a number, is no time here: it would be taken for one.
            return f"IF(instr({value}, '-') > 1, try_cast({value} AS TIMESTAMP), NULL)"
        if isinstance(kind, Decimal) and _is_precise(self.options):
            return _from_bytes(value, kind)
        return from_wire(value, kind)

    def lost(self, row: str) -> dict[str, str]:
        """Return the conditions of columns that are there, and not of their type."""
        found = {}
        for name, kind in self.kinds.items():
            value = f"{row}.{quote_name(name)}"
            if kind == _TIMESTAMP or self._counts(kind) or self._is_bytes(kind):
                found[name] = f"({value} IS NOT NULL AND {self._made(value, kind)} IS NULL)"
            elif sound := is_sound(value, kind):
                found[name] = f"(NOT {sound})"
        return found

    def wrong(self, text: str, row: str, op: str) -> str:
        """Return the expression that lists the columns whose value is not of their type."""
        plain = Map(Primitive("string"), Primitive("string"))
        fields = ", ".join(f"{quote_name(n)} {ddl(k)}" for n, k in _event(plain).items())
        read = f"from_json({text}, {literal(fields)}, {STRICT})"
        which = {n: f"coalesce({read}.payload.{n}, {read}.{n})" for n in ("before", "after")}
        kinds = {n: self._wire(kind) for n, kind in self.kinds.items()}
        values = {n: f"{row}.{quote_name(n)}" for n in kinds}
        return wrong_fields(
            f"IF({op} = 'd', {which['before']}, {which['after']})",
            {n: (self.kinds[n], kind) for n, kind in kinds.items()},
            values,
            self.lost(row),
        )

    def whole(self, row: str) -> str:
        """Return the expression of a row as one struct."""
        made = ", ".join(f"{literal(n)}, {value}" for n, value in self.values(row).items())
        return f"IF({row} IS NULL, NULL, named_struct({made}))"


def _since_1970(value: str, counted: str) -> str:
    """Return the time or date that a number stands for; null outside of the years 1 to 9999."""
    made, first, last = _COUNTED[counted]
    return f"IF({value} BETWEEN {first} AND {last}, {made}({value}), NULL)"


def _from_bytes(value: str, kind: Decimal) -> str:
    """Return the decimal whose unscaled number some bytes are, big-endian two's complement; null
    if it is none, or does not fit.

    The bytes are made sixteen, and read in two halves, which are 64-bit numbers for ``conv``. Below
    zero both halves are moved by one 2^64, so that neither is beyond 38 digits if the whole is not.
    """
    below = f"substring(hex({value}), 1, 1) >= '8'"
    digits = f"lpad(hex({value}), {2 * _PRECISE_BYTES}, IF({below}, 'F', '0'))"
    upper = f"CAST(conv(substring({digits}, 1, 16), 16, -10) AS DECIMAL(20,0))"
    lower = f"CAST(conv(substring({digits}, 17, 16), 16, 10) AS DECIMAL(20,0))"
    upper, lower = f"{upper} + IF({below}, 1BD, 0BD)", f"{lower} - IF({below}, {2**64}BD, 0BD)"
    whole = f"try_add(try_multiply({upper}, {2**64}BD), {lower})"
    scaled = f"try_cast(concat(CAST({whole} AS STRING), 'E-{kind.scale}') AS {ddl(kind)})"
    return f"IF(octet_length({value}) BETWEEN 1 AND {_PRECISE_BYTES}, {scaled}, NULL)"


DEBEZIUM = Format(
    name="debezium_json",
    about="change events of Debezium, as JSON",
    options=OPTIONS,
    check_source=check_source,
    read=read,
    check_output=check_output,
    value=lambda _: "CAST(NULL AS STRING)",  # never run: see check_output
    by_name=True,
    hidden=hidden,
)
