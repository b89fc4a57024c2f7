"""``sources:`` of the YAML files: the topics that the project reads and does not write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from streamsql.findings import Location, did_you_mean
from streamsql.formats import HIDDEN, find_format, unknown_format
from streamsql.project.columns import SOURCE_COLUMN, check_columns
from streamsql.project.config_keys import DEAD_LETTER, SOURCE_WATERMARK
from streamsql.project.connections import check_connection, only_kafka
from streamsql.project.faults import Faults
from streamsql.project.nodes import Column, Connection, DeadLetter, Source, SourceKey, Watermark
from streamsql.project.schema_files import SchemaFiles, columns_of
from streamsql.project.shapes import (
    Choice,
    FreeMap,
    Key,
    ListOf,
    Name,
    OneOrMany,
    Record,
    Section,
    Text,
    TextMap,
    Whole,
)

ON_ERROR = ("dead_letter", "fail", "drop")
DEFAULT_FORMAT = "json"
_DESCRIPTION = Text("a description", may_be_empty=True)

_SHARED_KEYS = (
    Key("connection", Text("the name of a connection"), "The Kafka connection of the profile."),
    Key(
        "format",
        Text("a format"),
        "How values are written: `json`, `avro`, `csv`, …; `json` if not given.",
    ),
    Key("on_error", Choice(ON_ERROR), "What happens to records that cannot be read."),
    Key("options", TextMap(), "Options of Spark's Kafka source."),
    Key("tags", OneOrMany(Text("a tag")), "Words to select by."),
    Key("meta", FreeMap(), "Anything you want to note."),
    Key("description", _DESCRIPTION, "What it is, for people."),
)
KEY = Section(
    "a key",
    (
        Key("format", Text("a format"), "How keys are written.", required=True),
        Key("format_options", TextMap(), "Options of the format."),
        Key("columns", ListOf(SOURCE_COLUMN), "The columns of the key, with their types."),
    ),
)
TABLE = Section(
    "a source table",
    (
        Key("name", Name("table"), "The name that `source()` takes.", required=True),
        Key("topic", Text("a topic"), "The topic."),
        Key(
            "partitions",
            OneOrMany(Whole(least=0)),
            "The partitions of the topic that are read; all, and new ones too, if not given.",
        ),
        Key("topic_pattern", Text("a pattern"), "A pattern for several topics, in Java's regex."),
        Key("format_options", TextMap(), "Options of the format."),
        Key("watermark", SOURCE_WATERMARK, "The event time, and how late it may be."),
        Key("dead_letter", DEAD_LETTER, "Where bad records go."),
        Key("columns", ListOf(SOURCE_COLUMN), "The columns of the value, with their types."),
        Key("key", KEY, "How keys are written, so that readers get them decoded, as `_key`."),
        *_SHARED_KEYS,
    ),
)
SOURCE = Section(
    "a source",
    (
        Key("name", Name("source"), "The first name that `source()` takes.", required=True),
        Key("tables", ListOf(TABLE), "The topics of this source.", required=True),
        *_SHARED_KEYS,
    ),
)


class _Defaulted(NamedTuple):
    """A table's record with what its source says for all its tables."""

    source: Record
    table: Record

    def get(self, key: str, default: Any = None) -> Any:
        return self.table.get(key, self.source.get(key, default))

    def place(self, key: str) -> Location:
        own = key in self.table.places
        return self.table.place(key, "name") if own else self.source.place(key, "name")

    def both(self, key: str) -> dict[str, Any]:
        return {**self.source.get(key, {}), **self.table.get(key, {})}

    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.source.get("tags", ()), *self.table.get("tags", ()))))


def build_sources(
    record: Record,
    connections: Mapping[str, Connection],
    schemas: SchemaFiles,
    faults: Faults,
) -> tuple[Source, ...]:
    """Build the sources of one entry of ``sources:``, one for each of its tables."""
    return tuple(
        _source(_Defaulted(record, table), connections, schemas, faults)
        for table in record.values["tables"]
    )


def _source(
    given: _Defaulted,
    connections: Mapping[str, Connection],
    schemas: SchemaFiles,
    faults: Faults,
) -> Source:
    table = given.table
    connection = _connection(given, connections, faults)
    _check_topic(table, faults)
    watermark = table.get("watermark")
    columns = table.get("columns", ())
    format_name, options = _format(given, faults), table.get("format_options", {})
    place = table.place("format_options", "name")
    schema = schemas.schema(format_name, options, place, faults)
    if schema is not None:
        columns = columns_of(schema, columns, table.place("name"), faults)
    columns = _with_variant(columns, options, place)
    if watermark is not None and columns:
        watermark = _checked_watermark(watermark, columns, faults)
    elif watermark is None and "watermark" in table.places:
        watermark = _assumed_watermark("", columns, table.place("watermark"))
    _check_tests(columns, given, faults)
    return Source(
        source_name=given.source.values["name"],
        name=table.values["name"],
        connection=connection,
        topic=table.get("topic"),
        topic_pattern=None if table.get("topic") else table.get("topic_pattern"),
        format=format_name,
        format_options=options,
        columns=columns,
        watermark=watermark,
        on_error=given.get("on_error", "dead_letter"),
        dead_letter=_dead_letter(given, connection, connections, faults),
        options=given.both("options"),
        description=table.get("description", "").strip(),
        tags=given.tags(),
        location=table.place("name"),
        meta=given.both("meta"),
        schema=schema,
        partitions=table.get("partitions", ()),
        key=_key(table, schemas, faults),
    )


def _with_variant(
    columns: tuple[Column, ...], options: Mapping[str, str], place: Location
) -> tuple[Column, ...]:
    """Add the column that gets the whole object, if the options name one."""
    whole = options.get("singleVariantColumn")
    if whole is None or whole.lower() in {c.name.lower() for c in columns}:
        return columns
    return (*columns, Column(whole, "variant", "", place))


def _key(table: Record, schemas: SchemaFiles, faults: Faults) -> SourceKey | None:
    own: Record | None = table.get("key")
    if own is None:
        return None
    name, options = own.values["format"], own.get("format_options", {})
    found = find_format(name)
    if found is None:
        unknown = unknown_format(name, own.place("format"))
        faults.add("unknown-format", unknown.message, unknown.location, unknown.hint)
        return None
    if found.needs_schema and not {"schema", "subject"} & options.keys() and table.get("topic"):
        options = {"subject": f"{table.get('topic')}-key", **options}
    columns = own.get("columns", ())
    schema = schemas.schema(name, options, own.place("format_options", "format"), faults)
    if schema is not None:
        columns = columns_of(schema, columns, own.place("format"), faults)
    check_columns(columns, "the key", faults)
    for test in (test for column in columns for test in column.data_tests):
        message = f"the data test '{test.name}' is not there for columns of a key"
        hint = "test a model that reads _key; a plain not_null is part of decoding"
        faults.add("unsupported-test", message, test.location, hint)
    return SourceKey(name, options, columns, own.place("format"), schema)


def _check_tests(columns: Iterable[Column], given: _Defaulted, faults: Faults) -> None:
    """Report tests that a source cannot have: its records go where its bad ones go."""
    on_error = given.get("on_error", "dead_letter")
    for test in (test for column in columns for test in column.data_tests):
        place = test.failure_location or test.location
        if test.name == "unique":
            faults.add(
                "unbounded-test",
                "a source cannot drop a second record: each of its readers would remember its own",
                place,
                "put 'unique' (with on_failure: drop) on a model that reads it",
            )
        elif test.on_failure == "quarantine" and on_error != "dead_letter":
            message = f"with on_error: {on_error} the source has no dead letters"
            hint = "take on_error away, or say on_failure: drop"
            faults.add("impossible-quarantine", message, place, hint)


def _connection(given: _Defaulted, connections: Mapping[str, Connection], faults: Faults) -> str:
    name = given.get("connection")
    if name is not None:
        check_connection(name, connections, given.place("connection"), faults)
        return str(name)
    only = only_kafka(connections)
    if only is None:
        known = ", ".join(sorted(connections)) or "none"
        faults.add(
            "missing-key",
            f"the source table '{given.table.values['name']}' needs 'connection'",
            given.table.place("name"),
            f"connections of this target: {known}",
        )
    return only or ""


def _format(given: _Defaulted, faults: Faults) -> str:
    """Return the format's name; the default where it is unknown, so that the rest is checked."""
    name = str(given.get("format", DEFAULT_FORMAT))
    if find_format(name) is not None:
        return name
    unknown = unknown_format(name, given.place("format"))
    faults.add("unknown-format", unknown.message, unknown.location, unknown.hint)
    return DEFAULT_FORMAT


def _checked_watermark(
    watermark: Watermark, columns: Sequence[Column], faults: Faults
) -> Watermark | None:
    names = [column.name for column in columns]
    if watermark.column.lower() in {*map(str.lower, names), *HIDDEN}:
        return watermark
    hint = did_you_mean(watermark.column, names) or f"its columns are {', '.join(names)}"
    message = f"the watermark is on the column '{watermark.column}', which is not declared"
    faults.add("unknown-column", message, watermark.location, hint)
    return _assumed_watermark(watermark.column, columns, watermark.location)


def _assumed_watermark(
    name: str, columns: Sequence[Column], location: Location
) -> Watermark | None:
    """Return what a watermark that cannot be read was probably meant to be.

    The fault is reported, so nothing runs; the models are checked as if it were mended.
    """
    times = [c.name for c in columns if (c.data_type or "").lower() == "timestamp"]
    near = get_close_matches(name, times, n=1) or times[:1]
    return Watermark(near[0], "0 seconds", location) if near else None


def _check_topic(table: Record, faults: Faults) -> None:
    given = [key for key in ("topic", "topic_pattern") if key in table.values]
    if not given:
        message = f"the source table '{table.values['name']}' needs 'topic' or 'topic_pattern'"
        faults.add("missing-key", message, table.place("name"))
    elif len(given) == 2:
        faults.add(
            "conflicting-keys",
            "give 'topic' or 'topic_pattern', not both",
            table.place("topic_pattern"),
        )
    if "partitions" in table.values and "topic" not in given:
        faults.add(
            "conflicting-keys",
            "'partitions' are those of a 'topic', and a pattern may match any",
            table.place("partitions"),
        )


def _dead_letter(
    given: _Defaulted, connection: str, connections: Mapping[str, Connection], faults: Faults
) -> DeadLetter | None:
    own: Record | None = given.table.get("dead_letter")
    if given.get("on_error", "dead_letter") != "dead_letter":
        if own is not None:
            faults.add(
                "conflicting-keys",
                f"'dead_letter' means nothing with on_error: {given.get('on_error')}",
                given.table.place("dead_letter"),
                "take one of them away",
            )
        return None
    stem = given.table.get("topic") or "{}.{}".format(
        given.source.values["name"], given.table.values["name"]
    )
    topic = own.get("topic") if own else None
    elsewhere = own.get("connection") if own else None
    if own and elsewhere:
        check_connection(elsewhere, connections, own.place("connection"), faults)
    return DeadLetter(topic or f"{stem}.dead_letter", elsewhere or connection)
