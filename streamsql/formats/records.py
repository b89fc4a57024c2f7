"""What a format is given and what it answers with; Kafka's own fields of a record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from streamsql.datatypes import DataType, Primitive, quote_name
from streamsql.findings import Location
from streamsql.formats.schemas import RecordSchema

# Kafka's own fields as a reader may name them, and as Spark's Kafka source calls them.
HIDDEN: Mapping[str, str] = {
    "_key": "key",
    "_topic": "topic",
    "_partition": "partition",
    "_offset": "offset",
    "_timestamp": "timestamp",
    "_headers": "headers",
}

# What data tests need of a row's record: where it was, its bytes; not for readers to name.
COORDINATES = "_streamsql_source"
RAW_KEY, RAW_VALUE, RAW_HEADERS = "_streamsql_key", "_streamsql_value", "_streamsql_headers"
RECORD: Mapping[str, str] = {
    COORDINATES: "named_struct('topic', topic, 'partition', partition, 'offset', offset, "
    "'timestamp', timestamp)",
    RAW_KEY: "key",
    RAW_VALUE: "value",
    RAW_HEADERS: "headers",
}

# The headers that a dead letter gets after its own.
DEAD_LETTER_HEADERS: Mapping[str, str] = {
    "streamsql.topic": "topic",
    "streamsql.partition": "CAST(partition AS STRING)",
    "streamsql.offset": "CAST(offset AS STRING)",
    "streamsql.timestamp": "date_format(timestamp, 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSXXX')",
}
ERROR_HEADER = "streamsql.error"
# Those of a row that a data test sent there; the coordinates only where its model keeps them.
TEST_HEADER = "streamsql.test"
MODEL_HEADER = "streamsql.model"


class SourceColumn(Protocol):
    """A column that a source declares; ``data_type`` is Spark DDL."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def data_type(self) -> str | None: ...  # noqa: D102
    @property
    def not_null(self) -> bool: ...  # noqa: D102
    @property
    def location(self) -> Location: ...  # noqa: D102


class EventTime(Protocol):
    """The column that carries event time, and how far ahead of its record it may be."""

    @property
    def column(self) -> str: ...  # noqa: D102
    @property
    def max_ahead(self) -> str: ...  # noqa: D102


class Encoded(Protocol):
    """What is declared of a part of a record: its format, and the columns in it."""

    @property
    def format(self) -> str: ...  # noqa: D102
    @property
    def format_options(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def schema(self) -> RecordSchema | None: ...  # noqa: D102
    @property
    def columns(self) -> Sequence[SourceColumn]: ...  # noqa: D102
    @property
    def location(self) -> Location: ...  # noqa: D102


class EncodedSource(Encoded, Protocol):
    """The part of a source that decoding needs; itself it tells of the value."""

    @property
    def key(self) -> Encoded | None: ...  # noqa: D102
    @property
    def watermark(self) -> EventTime | None: ...  # noqa: D102
    @property
    def on_error(self) -> str: ...  # noqa: D102


class Decoding(NamedTuple):
    """A source's records, told apart by two SELECTs over the relation Kafka's source gives.

    ``good`` has the declared columns and the hidden fields that were asked for. ``bad``
    has ``key``, ``value`` and ``headers`` as they came, the headers followed by those that
    say what is wrong and where the record was; None if bad records are not kept. A
    tombstone (a record whose value is null) is in neither.
    """

    good: str
    bad: str | None


def literal(text: str) -> str:
    """Write a text as a string literal of Spark SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


def select_good(
    columns: Sequence[tuple[str, str]], hidden: Sequence[str], told: Mapping[str, str], rows: str
) -> str:
    """Return the SELECT of good records: ``columns`` are expressions and their names, ``told``
    the expressions of hidden fields."""
    items = [
        expression if expression == quote_name(name) else f"{expression} AS {quote_name(name)}"
        for expression, name in columns
    ]
    items += [f"{told[name]} AS {name}" for name in hidden]
    return "SELECT\n  " + ",\n  ".join(items) + f"\nFROM {rows}"


def select_bad(reason: str, rows: str) -> str:
    """Return the SELECT of bad records as dead letters; ``reason`` is an expression."""
    told = {ERROR_HEADER: reason, **DEAD_LETTER_HEADERS}
    headers = ",\n    ".join(
        f"named_struct('key', '{name}', 'value', CAST({value} AS BINARY))"
        for name, value in told.items()
    )
    return (
        "SELECT\n  key,\n  value,\n"
        f"  concat(coalesce(headers, array()), array(\n    {headers}\n  )) AS headers\n"
        f"FROM {rows}"
    )


_KAFKA_FIELD = re.compile(r"\b(topic|partition|offset|timestamp)\b")


def quarantine_headers(model: str, tests: str, coordinates: bool, own: str | None = None) -> str:
    """Return the headers of a row that data tests have sent to the dead letters.

    ``tests`` is an expression of their names; with ``coordinates`` the row has the place of
    its record. ``own`` is an expression of the headers that it has as a good row.
    """
    told = {
        ERROR_HEADER: f"concat('data test failed: ', {tests})",
        TEST_HEADER: tests,
        MODEL_HEADER: literal(model),
    }
    if coordinates:
        told |= {
            n: _KAFKA_FIELD.sub(rf"{COORDINATES}.\1", v) for n, v in DEAD_LETTER_HEADERS.items()
        }
    items = ",\n    ".join(
        f"named_struct('key', '{name}', 'value', CAST({value} AS BINARY))"
        for name, value in told.items()
    )
    added = f"array(\n    {items}\n  )"
    return added if own is None else f"concat({own}, {added})"


def raise_unless(good: str, answer: str, reason: str) -> str:
    """Return an expression that is ``answer`` for a good record and ends the query at a bad one."""
    where = "topic, '-', partition, ' at offset ', offset"
    return (
        f"CASE WHEN {good} THEN {answer}\n"
        f"  ELSE raise_error(concat('bad record in ', {where}, ': ', {reason})) END"
    )


def is_string(kind: DataType) -> bool:
    """Whether a type is a string of any length and collation."""
    return isinstance(kind, Primitive) and kind.name.startswith(("string", "char(", "varchar("))
