"""Bytes to columns and back: a format answers with SQL text.

``FORMATS`` are the formats that come with streamsql; others come from packages through the
entry points ``streamsql.formats`` and are looked up only when a name is none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points

from streamsql.errors import PlanError
from streamsql.findings import Finding, Location, did_you_mean
from streamsql.formats.avro import AVRO
from streamsql.formats.avro_schema import SchemaError
from streamsql.formats.encoding import record_select
from streamsql.formats.format import Columns, Format
from streamsql.formats.json_objects import JSON
from streamsql.formats.plain import RAW, TEXT
from streamsql.formats.records import HIDDEN, Decoding, EncodedSource
from streamsql.formats.schemas import RecordSchema, load_schema, subject_path

__all__ = [
    "FORMATS",
    "HIDDEN",
    "Decoding",
    "Format",
    "RecordSchema",
    "SchemaError",
    "check_output",
    "check_source",
    "decode",
    "encode",
    "find_format",
    "load_schema",
    "subject_path",
    "unknown_options",
]

FORMATS: tuple[Format, ...] = (JSON, AVRO, RAW, TEXT)
_GROUP = "streamsql.formats"


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

    ``view`` has the columns of Spark's Kafka source; ``hidden`` are those of Kafka's own
    fields (``_key``, ``_offset``, …) that the good records keep. With ``on_error: fail``
    the SELECT of good records raises at a bad one.

    Raises:
        PlanError: there is no such format.
    """
    return _known(source.format).decode(source, view, hidden)


def encode(
    relation: str,
    columns: Columns,
    *,
    key: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
    format: str = "json",  # noqa: A002
    schema: RecordSchema | None = None,
) -> str:
    """Return the SELECT of a relation's rows as records: ``key``, ``value``, ``headers``.

    ``columns`` are names and types; ``headers`` are names of headers and of their columns.

    Raises:
        PlanError: there is no such format.
    """
    return record_select(relation, columns, key, headers, _known(format), schema)


def check_source(source: EncodedSource) -> tuple[Finding, ...]:
    """Find what cannot be decoded: the format, its options, the columns' types."""
    found = find_format(source.format)
    if found is None:
        return (_unknown(source.format, source.location),)
    unknown = unknown_options(found, source.format_options, source.location)
    return (*unknown, *found.check_source(source))


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
    schema: RecordSchema | None = None,
) -> tuple[Finding, ...]:
    """Find what cannot be encoded: the format, the columns' types, keys and headers that are
    no columns."""
    found = find_format(format)
    if found is None:
        return (_unknown(format, location),)
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
    keys = [(n, t) for n, t in columns if len(key) > 1 and n.lower() in {k.lower() for k in key}]
    faults = (
        *found.check_output(columns, location, schema),
        *JSON.check_output(keys, location, None),
    )
    return (*missing, *dict.fromkeys(faults))


def _known(name: str) -> Format:
    found = find_format(name)
    if found is None:
        finding = _unknown(name, Location(""))
        raise PlanError(finding.message, hint=finding.hint)
    return found


def _unknown(name: str, location: Location) -> Finding:
    known = sorted({f.name for f in FORMATS} | {e.name for e in entry_points(group=_GROUP)})
    hint = did_you_mean(name, known) or _listed("formats are", known)
    return Finding("unknown-format", f"there is no format '{name}'", location, hint=hint)


def _listed(about: str, names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"{about}: {listed}" if listed else "it has none"
