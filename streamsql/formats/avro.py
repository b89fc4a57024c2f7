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
from functools import reduce
from typing import NamedTuple

from streamsql.datatypes import ddl, parse_type, quote_name
from streamsql.findings import Finding, Location
from streamsql.formats.avro_schema import SchemaField, Shape, schema_text
from streamsql.formats.fitting import misfits
from streamsql.formats.format import Columns, Format, Output
from streamsql.formats.framing import frame, frame_faults, shown_id, without_frame
from streamsql.formats.reading import Part, Reading, missing, present
from streamsql.formats.records import Encoded, literal
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


def check_source(_: Encoded) -> tuple[Finding, ...]:
    """Find nothing: what is wrong with a schema, or has none, is found where it is loaded."""
    return ()


def read(source: Encoded, part: Part) -> Reading:
    """Return how a part is read as a datum of its schema."""
    schema = source.schema
    if schema is None:
        # Never run: what is wrong was found at compile time.
        return Reading("NULL", lambda row: [(row, c.name) for c in source.columns], cheap=True)
    fields = {f.name.lower(): f for f in schema.fields}

    def columns(row: str) -> list[tuple[str, str]]:
        declared = [(c.name, fields[c.name.lower()], c.data_type) for c in source.columns]
        return [(_as_declared(schema, field, kind, row), name) for name, field, kind in declared]

    values = {c.name: _value_of(schema, fields[c.name.lower()], part.row) for c in source.columns}
    texts = _texts(source, schema, values)
    whole = f"{part.row}.end = X'{END}'"
    utf8 = reduce(_Strings.and_, texts.values(), _Strings()).are_utf8()
    return Reading(
        _parse(schema, part.bytes),
        columns,
        tests=(
            whole,
            f"NOT contains({part.bytes}, X'{END}')",
            *present(source.columns, values),
            *utf8,
        ),
        faults=(
            *_unread(schema, part),
            *(_broken(name, strings) for name, strings in texts.items()),
            *missing(source.columns, values),
        ),
    )


def _value_of(schema: RecordSchema, field: SchemaField, row: str) -> str:
    return f"{row}.value.{quote_name(field.name)}" if schema.record else f"{row}.value"


def _as_declared(schema: RecordSchema, field: SchemaField, data_type: str | None, row: str) -> str:
    """Return a value as the type of its column, which a topic's writer may have widened."""
    value = _value_of(schema, field, row)
    if data_type is None or parse_type(data_type) == field.type:
        return value
    return f"try_cast({value} AS {ddl(parse_type(data_type))})"


def _parse(schema: RecordSchema, value: str) -> str:
    """Return the expression of a record: ``value`` is the datum, ``end`` what follows it."""
    if not schema.framed:
        return f"\n  {_from_avro(value, schema.text, schema.text)}\n"
    seen: dict[int, str] = {}
    for writer in schema.writers:
        seen.setdefault(writer.id, writer.text)
    whens = "\n".join(
        f"    WHEN {frame(id_)} THEN {_from_avro(without_frame(value), text, schema.text)}"
        for id_, text in seen.items()
    )
    return f"\n  CASE substring({value}, 1, 5)\n{whens}\n  END\n"


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
    return schema_text(whole)


class _Strings(NamedTuple):
    """The strings in a value: expressions of strings and of arrays of them, and the conditions,
    never null, that those are UTF-8 which lie deeper."""

    joined: tuple[str, ...] = ()
    deeper: tuple[str, ...] = ()

    def and_(self, other: _Strings) -> _Strings:
        """Return both together."""
        return _Strings(self.joined + other.joined, self.deeper + other.deeper)

    def are_utf8(self) -> tuple[str, ...]:
        """Return the conditions, never null, that all of them are UTF-8.

        They are joined and looked at once: behind a blank nothing mends a string that is broken
        off. With ``forall``, Spark compiles no filter, and writes each row out before it.
        """
        listed = ", ".join(self.joined)
        joined = (f"is_valid_utf8(concat_ws(' ', {listed}))",) if self.joined else ()
        return joined + self.deeper


def _texts(source: Encoded, schema: RecordSchema, values: dict[str, str]) -> dict[str, _Strings]:
    """Return the columns that hold strings, and these."""
    shapes = {f.name.lower(): f.shape for f in schema.fields}
    found = {c.name: _strings(values[c.name], shapes[c.name.lower()]) for c in source.columns}
    return {name: strings for name, strings in found.items() if strings != _Strings()}


def _broken(name: str, strings: _Strings) -> tuple[str, str]:
    return f"NOT ({' AND '.join(strings.are_utf8())})", literal(f"invalid UTF-8: {name}")


def _strings(value: str, shape: Shape, depth: int = 0) -> _Strings:
    match shape.kind:
        case "string":
            return _Strings((value,))
        case "array":
            return _strings_within(value, shape.parts[0][1], depth)
        case "map":
            keys = _Strings((f"map_keys({value})",))
            return keys.and_(_strings_within(f"map_values({value})", shape.parts[0][1], depth))
        case _:
            parts = (_strings(f"{value}.{quote_name(n)}", s, depth) for n, s in shape.parts)
            return reduce(_Strings.and_, parts, _Strings())


def _strings_within(array: str, shape: Shape, depth: int) -> _Strings:
    """Return the strings in the items of an array: a field of all items is an array itself."""
    item = f"item{depth}"
    inner = _strings(item, shape, depth + 1)
    if not _is_nested(shape):
        return _Strings(tuple(array + s.removeprefix(item) for s in inner.joined))
    tests = " AND ".join(inner.are_utf8())
    deeper = f"coalesce(forall({array}, {item} -> {tests}), true)"
    return _Strings(deeper=(deeper,) if tests else ())


def _is_nested(shape: Shape) -> bool:
    return shape.kind in ("array", "map") or any(_is_nested(s) for _, s in shape.parts)


def _unread(schema: RecordSchema, part: Part) -> list[tuple[str, str]]:
    """Return why there may be no datum: conditions and what to say."""
    unread = "'not readable with its schema: truncated, or not such a record'"
    faults = [(f"octet_length({part.bytes}) = 0", "'empty value'")]
    if schema.framed:
        told = "truncated, or not such a record"
        unread = f"concat('not readable with schema id ', {shown_id(part.bytes)}, ': {told}')"
        faults = frame_faults(part.bytes, [w.id for w in schema.writers])
    return [
        *faults,
        (f"contains({part.bytes}, X'{END}')", f"'holds the reserved bytes {END}'"),
        (f"{part.row}.end IS NULL", unread),
        (f"{part.row}.end <> X'{END}'", "'not one record: bytes follow it'"),
    ]


def check_output(output: Output, location: Location) -> tuple[Finding, ...]:
    """Find columns that the schema does not take as they are, and fields that have none."""
    if output.schema is None:
        return ()
    faults = misfits(named_columns(output), output.schema)
    return tuple(Finding("unsupported-type", m, location, hint=h) for m, h in faults)


def named_columns(output: Output) -> Columns:
    """Return the columns as the schema calls them: a key of one column may be the datum."""
    schema = output.schema
    if schema is None or schema.record or len(output.columns) != 1:
        return output.columns
    return (("value", output.columns[0][1]),)


def value(output: Output) -> str:
    """Return the expression of a row as Avro, behind the schema's id if it is framed."""
    schema = output.schema
    if schema is None:
        return "CAST(NULL AS BINARY)"  # never run: what is wrong was found at compile time
    columns = zip(named_columns(output), output.columns, strict=True)
    named = {field.lower(): column for (field, _), column in columns}
    made = {
        f.name: _as_field(f, *named[f.name.lower()])
        for f in schema.fields
        if f.name.lower() in named
    }
    datum = made.get("value", "NULL")
    if schema.record:
        datum = "named_struct(" + ", ".join(f"'{n}', {e}" for n, e in made.items()) + ")"
    written = f"to_avro({datum}, {literal(schema.text)})"
    return written if schema.id is None else f"concat({frame(schema.id)}, {written})"


def _as_field(field: SchemaField, name: str, data_type: str) -> str:
    if ddl(parse_type(data_type)) == ddl(field.type):
        return quote_name(name)
    return f"CAST({quote_name(name)} AS {ddl(field.type)})"


AVRO = Format(
    name="avro",
    about="Avro, plain or with the id of a registry's schema",
    options=OPTIONS,
    check_source=check_source,
    read=read,
    check_output=check_output,
    value=value,
    schema="AVRO",
    needs_schema=True,
)
