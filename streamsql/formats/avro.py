"""Avro: one datum a record, plain or behind the id of its schema in a registry.

What is a good record. Its bytes are one datum of the schema that it was written with, and
nothing after it; strings are UTF-8; required columns are there. A framed record begins with a
zero byte and the id of its schema, in four bytes: the schema is looked for among the versions
that the project has, and read as the reader's schema, by Avro's own rules of evolution.

How it is done. ``from_avro`` of Spark 4.1 gives a row of nulls for bytes that it cannot read,
and does not look whether bytes are left over. So each value gets eight bytes more, and its
schema one field more, which reads them: a datum that is too short takes some of them for itself,
and one that is too long leaves its own bytes in their place. The explode keeps the optimizer
from copying the decoding into each filter above it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from streamsql.datatypes import DataType, Decimal, Primitive, ddl, parse_type, quote_name
from streamsql.findings import Finding, Location
from streamsql.formats.avro_schema import SchemaField, Shape
from streamsql.formats.event_time import event_time, in_time, reasons
from streamsql.formats.format import Columns, Format
from streamsql.formats.records import (
    Decoding,
    EncodedSource,
    is_string,
    literal,
    raise_unless,
    select_bad,
    select_good,
)
from streamsql.formats.schemas import RecordSchema

# The bytes at the end: a value that holds them itself is refused, for it could hide what
# follows. They are no UTF-8, and as a number no time or id that is likely.
END = "F39A11C75E8D02B4"
OPTIONS = {
    "schema": "the schema's file: `schemas/orders.avsc`, or one with the versions of a subject",
    "subject": "a subject of the registry: its file is `schemas/<subject>.json`",
    "version": "the version of the subject that is read or written; default the newest",
    "framing": "`confluent` (zero byte, schema id) or `none`; default what the file has ids for",
}
_DATE_RULES = "'datetimeRebaseMode', 'CORRECTED'"


def check_source(_: EncodedSource) -> tuple[Finding, ...]:
    """Find nothing: what is wrong with a schema, or has none, is found where it is loaded."""
    return ()


def decode(source: EncodedSource, view: str, hidden: Sequence[str]) -> Decoding:
    """Return the SELECTs of a source's good and bad records."""
    schema = source.schema
    if schema is None:
        # Never run: what is wrong was found at compile time.
        return Decoding(select_good([("NULL", c.name) for c in source.columns], hidden, view), None)
    fields = {f.name.lower(): f for f in schema.fields}
    values = {c.name: _value_of(schema, fields[c.name.lower()]) for c in source.columns}
    row = "checked" if source.on_error == "fail" else "record"
    columns = [
        (_as_declared(schema, fields[c.name.lower()], c.data_type, row), c.name)
        for c in source.columns
    ]
    good = _is_good(source, schema, values)
    rows = (
        f"(\n  SELECT * FROM {view}\n  WHERE value IS NOT NULL\n)\n"
        f"LATERAL VIEW explode(array({_parse(schema)})) AS record\n"
    )
    reason = _reason(source, schema, values)
    if source.on_error == "fail":
        # The second explode keeps filters of models from taking the bad record away before.
        checked = raise_unless(f"coalesce({good}, false)", "array(record)", reason)
        rows = f"{rows}LATERAL VIEW explode({checked}) AS checked"
        return Decoding(select_good(columns, hidden, rows), None)
    decoded = select_good(columns, hidden, f"{rows}WHERE {good}")
    if source.on_error != "dead_letter":
        return Decoding(decoded, None)
    return Decoding(decoded, select_bad(reason, f"{rows}WHERE NOT coalesce({good}, false)"))


def _value_of(schema: RecordSchema, field: SchemaField, row: str = "record") -> str:
    return f"{row}.value.{quote_name(field.name)}" if schema.record else f"{row}.value"


def _as_declared(schema: RecordSchema, field: SchemaField, data_type: str | None, row: str) -> str:
    """Return a value as the type of its column, which a topic's writer may have widened."""
    value = _value_of(schema, field, row)
    if data_type is None or parse_type(data_type) == field.type:
        return value
    return f"try_cast({value} AS {ddl(parse_type(data_type))})"


def _parse(schema: RecordSchema) -> str:
    """Return the expression of a record: ``value`` is the datum, ``end`` what follows it."""
    if not schema.framed:
        return f"\n  {_from_avro('value', schema.text, schema.text)}\n"
    seen: dict[int, str] = {}
    for writer in schema.writers:
        seen.setdefault(writer.id, writer.text)
    whens = "\n".join(
        f"    WHEN {_frame(id_)} THEN {_from_avro('substring(value, 6)', text, schema.text)}"
        for id_, text in seen.items()
    )
    return f"\n  CASE substring(value, 1, 5)\n{whens}\n  END\n"


def _frame(id_: int) -> str:
    return f"X'{id_:010X}'"


def _from_avro(value: str, writer: str, reader: str) -> str:
    options = f"'mode', 'PERMISSIVE', {_DATE_RULES}"
    if writer != reader:
        options += f", 'avroSchema', {literal(_with_end(reader))}"
    return (
        f"from_avro(concat({value}, X'{END}'),\n      {literal(_with_end(writer))},\n"
        f"      map({options}))"
    )


def _with_end(text: str) -> str:
    """Return the schema of a datum and the eight bytes that follow it."""
    end = {"type": "fixed", "name": "streamsql_end", "size": len(END) // 2}
    fields = [{"name": "value", "type": json.loads(text)}, {"name": "end", "type": end}]
    whole = {"type": "record", "name": "streamsql_record", "fields": fields}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)


def _is_good(source: EncodedSource, schema: RecordSchema, values: dict[str, str]) -> str:
    timed = event_time(source, {k.lower(): v for k, v in values.items()})
    tests = [
        f"record.end = X'{END}'",
        f"NOT contains(value, X'{END}')",
        *(f"{values[c.name]} IS NOT NULL" for c in source.columns if c.not_null),
        *(test for _, test in _texts(source, schema, values)),
        *([in_time(*timed)] if timed else []),
    ]
    return "(" + "\n  AND ".join(tests) + ")"


def _texts(
    source: EncodedSource, schema: RecordSchema, values: dict[str, str]
) -> list[tuple[str, str]]:
    """Return the columns that hold strings, and the conditions that these are UTF-8."""
    shapes = {f.name.lower(): f.shape for f in schema.fields}
    found = [(c.name, _is_text(values[c.name], shapes[c.name.lower()])) for c in source.columns]
    return [(name, test) for name, test in found if test]


def _is_text(value: str, shape: Shape, depth: int = 0) -> str | None:
    """Return the condition, never null, that all strings of a value are UTF-8."""
    item = f"item{depth}"
    match shape.kind:
        case "string":
            return f"coalesce(is_valid_utf8({value}), true)"
        case "array":
            inner = _is_text(item, shape.parts[0][1], depth + 1)
            return f"coalesce(forall({value}, {item} -> {inner}), true)" if inner else None
        case "map":
            inner = _is_text(item, shape.parts[0][1], depth + 1)
            keys = f"coalesce(forall(map_keys({value}), {item} -> is_valid_utf8({item})), true)"
            if inner is None:
                return keys
            return f"{keys} AND coalesce(forall(map_values({value}), {item} -> {inner}), true)"
        case _:
            tests = [_is_text(f"{value}.{quote_name(n)}", s, depth) for n, s in shape.parts]
            return " AND ".join(t for t in tests if t) or None


def _reason(source: EncodedSource, schema: RecordSchema, values: dict[str, str]) -> str:
    """Return the expression that says what is wrong with a bad record, the first fault found."""
    cases = [("octet_length(value) = 0", "'empty value'")]
    unread = "'not readable with its schema: truncated, or not such a record'"
    if schema.framed:
        ids = ", ".join(dict.fromkeys(_frame(w.id) for w in schema.writers))
        told = "conv(hex(substring(value, 2, 4)), 16, 10)"
        unread = (
            f"concat('not readable with schema id ', {told}, ': truncated, or not such a record')"
        )
        cases += [
            (
                "substring(value, 1, 1) <> X'00'",
                "concat('unknown magic byte: 0x', hex(substring(value, 1, 1)), ', not 0x00')",
            ),
            ("octet_length(value) < 5", "'truncated: no whole schema id'"),
            (
                f"substring(value, 1, 5) NOT IN ({ids})",
                f"concat('unknown schema id: ', {told})",
            ),
        ]
    cases += [
        (f"contains(value, X'{END}')", f"'holds the reserved bytes {END}'"),
        ("record.end IS NULL", unread),
        (f"record.end <> X'{END}'", "'not one record: bytes follow it'"),
        *(
            (f"NOT ({test})", literal(f"invalid UTF-8: {name}"))
            for name, test in _texts(source, schema, values)
        ),
        *(
            (f"{values[c.name]} IS NULL", literal(f"required column {c.name} is missing"))
            for c in source.columns
            if c.not_null
        ),
    ]
    if timed := event_time(source, {k.lower(): v for k, v in values.items()}):
        cases += reasons(source, *timed)
    whens = "\n    ".join(f"WHEN {test} THEN {text}" for test, text in cases)
    return f"CASE\n    {whens} END"


def check_output(
    columns: Columns, location: Location, schema: RecordSchema | None = None
) -> tuple[Finding, ...]:
    """Find columns that the schema does not take as they are, and fields that have none."""
    if schema is None:
        return ()
    kinds = {name.lower(): (name, data_type) for name, data_type in columns}
    fields = {f.name.lower(): f for f in schema.fields}
    known = ", ".join(f.name for f in schema.fields)
    faults = [
        (f"the schema {schema.path} has no field '{name}'", f"its fields are {known}")
        for name, _ in columns
        if name.lower() not in fields
    ]
    for field in schema.fields:
        if field.name.lower() in kinds:
            faults += _misfit(field, *kinds[field.name.lower()])
        elif not field.nullable:
            message = f"the schema {schema.path} needs the field '{field.name}'"
            faults.append((message, "select it, or let the schema have null there"))
    return tuple(Finding("unsupported-type", m, location, hint=h) for m, h in faults)


def _misfit(field: SchemaField, name: str, data_type: str) -> list[tuple[str, str]]:
    if field.shape.kind == "union":
        hint = "write a schema with one type there, or with null and one type"
        return [(f"column '{name}': a union of several types cannot be written", hint)]
    try:
        kind = parse_type(data_type)
    except ValueError:
        return []  # a type that is none is found where it was declared
    if _fits(kind, field.type):
        return []
    wanted = ddl(field.type)
    message = f"column '{name}' is {ddl(kind)}, and the schema has {wanted}"
    return [(message, f"write CAST({quote_name(name)} AS {wanted})")]


def _fits(kind: DataType, into: DataType) -> bool:
    """Whether every value of a type is one of the other: then it is cast without a word."""
    if ddl(kind) == ddl(into):
        return True
    if isinstance(kind, Decimal) and isinstance(into, Decimal):
        whole = kind.precision - kind.scale
        return kind.scale <= into.scale and whole <= into.precision - into.scale
    if isinstance(kind, Primitive) and isinstance(into, Primitive):
        if is_string(kind) and into.name == "string":
            return True
        order = ("tinyint", "smallint", "int", "bigint")
        if kind.name in order and into.name in order:
            return order.index(kind.name) <= order.index(into.name)
        return (kind.name, into.name) == ("float", "double")
    return False


def value(columns: Columns, schema: RecordSchema | None = None) -> str:
    """Return the expression of a row as Avro, behind the schema's id if it is framed."""
    if schema is None:
        return "CAST(NULL AS BINARY)"  # never run: what is wrong was found at compile time
    named = {name.lower(): (name, data_type) for name, data_type in columns}
    made = {
        f.name: _as_field(f, *named[f.name.lower()])
        for f in schema.fields
        if f.name.lower() in named
    }
    datum = made.get("value", "NULL")
    if schema.record:
        datum = "named_struct(" + ", ".join(f"'{n}', {e}" for n, e in made.items()) + ")"
    written = f"to_avro({datum}, {literal(schema.text)})"
    return written if schema.id is None else f"concat({_frame(schema.id)}, {written})"


def _as_field(field: SchemaField, name: str, data_type: str) -> str:
    if ddl(parse_type(data_type)) == ddl(field.type):
        return quote_name(name)
    return f"CAST({quote_name(name)} AS {ddl(field.type)})"


AVRO = Format(
    name="avro",
    about="Avro, plain or with the id of a registry's schema",
    options=OPTIONS,
    check_source=check_source,
    decode=decode,
    check_output=check_output,
    value=value,
    takes_schema=True,
)
