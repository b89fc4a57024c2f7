"""What is declared of sources, seeds and models, as relations that queries read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from streamsql.datatypes import DataType, DataTypeError, Primitive, ddl, parse_type
from streamsql.findings import Finding
from streamsql.formats import find_format, hidden_types
from streamsql.project.nodes import Column, Seed, Source, Watermark
from streamsql.resolve.coercion import TIMESTAMP
from streamsql.resolve.relations import HIDDEN_COLUMNS, EventTime, OutputColumn, Relation


def source_relation(source: Source) -> Relation:
    """Return what ``source()`` reads: the declared columns, and Kafka's own fields hidden."""
    timed = source.watermark.column.lower() if source.watermark else None
    # A record without its event time is a bad one.
    columns = tuple(
        out._replace(never_null=c.not_null or c.name.lower() == timed)
        for out, c in zip(_declared(source.columns), source.columns, strict=True)
    )
    complete = bool(columns)
    written = find_format(source.format)
    if not columns and written is not None and written.one_value is not None:
        columns = (OutputColumn("value", written.one_value, source.location, never_null=True),)
        complete = True
    types: dict[str, str | None] = {**HIDDEN_COLUMNS, **hidden_types(source, source.key)}
    known = frozenset(types) - {"_key", "_headers", "_before", "_source_ts"}
    hidden = tuple(OutputColumn(n, _normal(t), never_null=n in known) for n, t in types.items())
    watermark = source.watermark
    marked = declared_watermark(watermark, source.unique_name) if watermark else ()
    if next(source_faults(source), None):  # readers are checked as if it were mended
        marked = tuple(m._replace(column=_first_time(columns, m.column)) for m in marked)
    reads = (source.unique_name,)
    return Relation(source.relation, columns, True, hidden, marked, (), complete, reads=reads)


def _first_time(columns: Sequence[OutputColumn], name: str) -> str:
    return next((c.name for c in columns if c.data_type == ddl(TIMESTAMP)), name)


def declared_watermark(watermark: Watermark, owner: str) -> tuple[EventTime, ...]:
    """Return the event time that a watermark in YAML or config declares for a relation."""
    told = f"{owner}.{watermark.column}"
    return (EventTime(watermark.column, watermark.delay, told, watermark.location),)


def seed_relation(seed: Seed) -> Relation:
    """Return what ``ref()`` of a seed reads: a static table."""
    return Relation(seed.relation, _declared(seed.columns), streaming=False)


def _declared(columns: Sequence[Column]) -> tuple[OutputColumn, ...]:
    return tuple(OutputColumn(c.name, _normal(c.data_type), c.location) for c in columns)


def _normal(text: str | None) -> str | None:
    found = declared_type(text)
    return None if found is None else ddl(found)


@lru_cache(maxsize=4096)
def declared_type(text: str | None) -> DataType | None:
    """Read a declared type; what is wrong with it is for those who load the project to say."""
    if text is None:
        return None
    try:
        found = parse_type(text)
    except DataTypeError:
        return None
    if isinstance(found, Primitive) and found.name.startswith(("char(", "varchar(")):
        return Primitive("string")
    return found


def source_faults(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with the watermark of a source."""
    watermark = source.watermark
    if watermark is None:
        return
    names = {c.name.lower(): c for c in source.columns}
    column = names.get(watermark.column.lower())
    if column is not None:
        found = declared_type(column.data_type)
    else:
        hidden = HIDDEN_COLUMNS.get(watermark.column.lower())
        found = declared_type(hidden)
    if found is not None and found != TIMESTAMP:
        yield Finding(
            "watermark-not-timestamp",
            f"a watermark needs a timestamp, and '{watermark.column}' is {ddl(found)}",
            watermark.location,
            hint="declare the column as timestamp",
        )
