"""Bytes to columns and back: a format answers with SQL text.

``FORMATS`` are the formats that come with streamsql; others come from packages through the
entry points ``streamsql.formats`` and are looked up only when a name is none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points

from streamsql.datatypes import Field, Struct, ddl, parse_type
from streamsql.errors import PlanError
from streamsql.findings import Finding, Location, did_you_mean
from streamsql.formats.avro import AVRO
from streamsql.formats.avro_derived import derived_schema
from streamsql.formats.avro_schema import SchemaError
from streamsql.formats.csv import CSV
from streamsql.formats.debezium import DEBEZIUM
from streamsql.formats.encoding import SetAside, record_select
from streamsql.formats.format import Columns, Format, KeyOutput, Output
from streamsql.formats.json_objects import JSON
from streamsql.formats.plain import RAW, TEXT
from streamsql.formats.reading import (
    KEY,
    VALUE,
    KeyReading,
    decoding,
    one_struct,
    one_value,
)
from streamsql.formats.records import COORDINATES, HIDDEN, Decoding, Encoded, EncodedSource
from streamsql.formats.schemas import RecordSchema, load_schema, subject_path

__all__ = [
    "COORDINATES",
    "FORMATS",
    "HIDDEN",
    "Decoding",
    "Format",
    "KeyOutput",
    "RecordSchema",
    "SchemaError",
    "SetAside",
    "check_key",
    "check_output",
    "check_source",
    "decode",
    "derived_schema",
    "encode",
    "find_format",
    "hidden_types",
    "json_value",
    "load_schema",
    "subject_path",
    "unknown_format",
    "unknown_options",
]

FORMATS: tuple[Format, ...] = (JSON, AVRO, CSV, DEBEZIUM, RAW, TEXT)
_GROUP = "streamsql.formats"
# What people may ask for that cannot be had, and what to do.
_ABSENT = {
    "protobuf": "Spark's functions for it are in spark-protobuf, which is not published for this "
    "Spark: let the producer or Kafka Connect write avro or json, or read it as raw"
}


@cache
def find_format(name: str) -> Format | None:
    """Return the format of that name, or None."""
    for known in FORMATS:
        if known.name == name:
            return known
    for entry in entry_points(group=_GROUP, name=name):
        found = entry.load()
        if isinstance(found, Format):
            return found
    return None


def decode(source: EncodedSource, view: str, *, hidden: Sequence[str] = ()) -> Decoding:
    """Return the SELECTs of a source's good and bad records.

    ``view`` has the columns of Spark's Kafka source; ``hidden`` are the fields besides the
    columns that the good records keep: Kafka's own (``_key``, ``_offset``, …) and those of the
    format. With ``on_error: fail`` the SELECT of good records raises at a bad one.

    Raises:
        PlanError: there is no such format.
    """
    value = _known(source.format).read(source, VALUE)
    return decoding(source, view, hidden, value, _key_reading(source.key))


def _key_reading(key: Encoded | None) -> KeyReading | None:
    if key is None:
        return None
    reading = _known(key.format).read(key, KEY)
    whole = one_value(reading) if _is_one_value(key) else one_struct(reading)
    return KeyReading(reading, whole, any(c.not_null for c in key.columns))


def _is_one_value(key: Encoded) -> bool:
    if key.schema is not None:
        return not key.schema.record
    return _known(key.format).one_value is not None


def hidden_types(source: Encoded, key: Encoded | None) -> Mapping[str, str | None]:
    """Return the fields besides its columns that a source has for a reader who names them, but
    for Kafka's own: those of its format, and ``_key`` where the key is decoded. A type that
    cannot be known is None."""
    found = find_format(source.format)
    own: dict[str, str | None] = dict(found.hidden(source)) if found else {}
    if key is not None and find_format(key.format) is not None:
        own["_key"] = _key_type(key)
    return own


def _key_type(key: Encoded) -> str | None:
    if _known(key.format).needs_schema and key.schema is None:
        return None
    types = [c.data_type or "string" for c in key.columns]
    if _is_one_value(key):
        return types[0] if types else _known(key.format).one_value or "binary"
    try:
        fields = [Field(c.name, parse_type(c.data_type or "string")) for c in key.columns]
    except ValueError:
        return None  # a type that is none is found where it was declared
    return ddl(Struct(tuple(fields)))


def encode(
    relation: str,
    columns: Columns,
    *,
    key: Sequence[str] | KeyOutput = (),
    headers: Sequence[tuple[str, str]] = (),
    format: str = "json",  # noqa: A002
    options: Mapping[str, str] | None = None,
    schema: RecordSchema | None = None,
    set_aside: SetAside | None = None,
    partition: str | None = None,
    delete_when: str | None = None,
) -> str:
    """Return the SELECT of a relation's rows as records: ``key``, ``value``, ``headers``.

    ``columns`` are names and types; ``headers`` are names of headers and of their columns;
    ``partition`` is the column with a record's partition, ``delete_when`` the one that makes it
    a tombstone; ``set_aside`` are rows that go elsewhere.

    Raises:
        PlanError: there is no such format.
    """
    of_key = key if isinstance(key, KeyOutput) else KeyOutput(key)
    output = Output(columns, options or {}, schema)
    return record_select(
        relation, output, _known(format), of_key, headers, set_aside, partition, delete_when
    )


def json_value(columns: Columns) -> str:
    """Return the expression of a row as a JSON object."""
    return JSON.value(Output(columns, {}, None))


def check_source(source: EncodedSource) -> tuple[Finding, ...]:
    """Find what cannot be decoded: the format, its options, the columns' types; of the key too."""
    return (*_check_part(source), *(_check_part(source.key) if source.key else ()))


def _check_part(part: Encoded) -> tuple[Finding, ...]:
    found = find_format(part.format)
    if found is None:
        return (unknown_format(part.format, part.location),)
    unknown = unknown_options(found, part.format_options, part.location)
    return (*unknown, *found.check_source(part))


def unknown_options(
    format: Format,  # noqa: A002
    options: Iterable[str],
    location: Location,
) -> tuple[Finding, ...]:
    """Find the ``format_options`` that a format does not know."""
    return tuple(
        Finding(
            "unknown-option",
            f"the format {format.name} has no option '{option}'",
            location,
            hint=did_you_mean(option, format.options) or _listed("its options are", format.options),
        )
        for option in options
        if option not in format.options
    )


def check_output(
    format: str,  # noqa: A002
    columns: Columns,
    location: Location,
    *,
    key: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
    options: Mapping[str, str] | None = None,
    schema: RecordSchema | None = None,
) -> tuple[Finding, ...]:
    """Find what cannot be encoded: the format, the columns' types, keys and headers that are
    no columns."""
    found = find_format(format)
    if found is None:
        return (unknown_format(format, location),)
    names = {name.lower(): name for name, _ in columns}
    used = [("key", c) for c in key] + [(f"header '{h}'", c) for h, c in headers]
    missing = [
        Finding(
            "unknown-column",
            f"the {what} is the column '{column}', which is not selected",
            location,
            hint=did_you_mean(column, names.values()),
        )
        for what, column in used
        if column.lower() not in names
    ]
    faults = found.check_output(Output(columns, options or {}, schema), location)
    return (*missing, *dict.fromkeys(faults))


def check_key(key: KeyOutput, columns: Columns, location: Location) -> tuple[Finding, ...]:
    """Find what cannot be encoded of a key whose columns are all there."""
    kinds = {name.lower(): (name, data_type) for name, data_type in columns}
    listed = [kinds[name.lower()] for name in key.columns if name.lower() in kinds]
    output = Output(listed, key.options, key.schema)
    if key.format is None:
        return JSON.check_output(output, location) if len(listed) > 1 else ()
    if key.format.one_value is None:
        return key.format.check_output(output, location)
    if len(listed) != 1:
        hint = "name one column, or choose json, avro or csv"
        message = f"a key of the format {key.format.name} is one column, not {len(listed)}"
        return (Finding("format-columns", message, location, hint=hint),)
    name, data_type = listed[0]
    found = key.format.check_output(Output([("value", data_type)], key.options), location)
    hint = "cast it, or write the key as json"
    return tuple(
        f._replace(message=f.message.replace("'value'", f"the key '{name}'"), hint=hint)
        for f in found
    )


def _known(name: str) -> Format:
    found = find_format(name)
    if found is None:
        finding = unknown_format(name, Location(""))
        raise PlanError(finding.message, hint=finding.hint)
    return found


def unknown_format(name: str, location: Location) -> Finding:
    """Say that there is no such format, and which there are."""
    if name.lower() in _ABSENT:
        message = f"the format {name.lower()} cannot be had"
        return Finding("unknown-format", message, location, hint=_ABSENT[name.lower()])
    known = sorted({f.name for f in FORMATS} | {e.name for e in entry_points(group=_GROUP)})
    hint = did_you_mean(name, known) or _listed("formats are", known)
    return Finding("unknown-format", f"there is no format '{name}'", location, hint=hint)


def _listed(about: str, names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"{about}: {listed}" if listed else "it has none"
