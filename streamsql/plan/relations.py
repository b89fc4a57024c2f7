"""What queries read, as SELECTs: decoded topics, tables, seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streamsql.connectors.kafka import guarded_pattern, read_options, topics
from streamsql.datatypes import DataType, Primitive, ddl, parse_type, quote_name
from streamsql.findings import Location
from streamsql.formats import COORDINATES, decode, find_format
from streamsql.formats.records import RAW_HEADERS, RAW_KEY, RAW_VALUE
from streamsql.intervals import spark_interval
from streamsql.parse import ParsedModel
from streamsql.plan.assembly import Select
from streamsql.plan.data_tests import TestedRelation, source_quarantine
from streamsql.plan.nodes import QueryRead
from streamsql.plan.writes import table_location, topic_of
from streamsql.project.nodes import Column, DeadLetter, Project, Seed, Source, Watermark
from streamsql.resolve import Mentions, ResolvedModel, ResolvedTest, mentions, output_schema


@dataclass(frozen=True, slots=True)
class KafkaInput:
    """A topic that is read: a source's, or one that a model of ours writes.

    ``relation`` is the identifier its good records get; ``of`` the source or model;
    ``writer`` the query that writes it, if one of ours does.
    """

    source: Source
    relation: str
    of: str
    writer: str | None = None

    @property
    def location(self) -> Location:
        """Where the source was declared."""
        return self.source.location

    @property
    def dead_letter(self) -> DeadLetter | None:
        """Where bad records go, if they are kept."""
        return self.source.dead_letter if self.source.on_error == "dead_letter" else None

    @property
    def view(self) -> str:
        """The temp view of its raw records."""
        return "kafka__" + self.relation.partition("__")[2]


def source_input(source: Source) -> KafkaInput:
    """Return a source as an input."""
    return KafkaInput(source, source.relation, source.unique_name)


def topic_input(model: ResolvedModel) -> KafkaInput:
    """Return a topic model's output as an input: what it writes can be read back.

    It is read from its beginning, whatever else: rows its writer put there before the
    reader first started count too.
    """
    config = model.parsed.rendered.config
    topic = topic_of(model.name, config)
    location = model.parsed.rendered.model.location
    connection = config.connection or ""
    columns = tuple(
        Column(c.name, c.data_type or "string", "", c.location or location) for c in model.columns
    )
    source = Source(
        source_name="",
        name=model.name,
        connection=connection,
        topic=topic,
        topic_pattern=None,
        format=config.format or "json",
        format_options=config.format_options,
        schema=output_schema(model),
        columns=columns,
        watermark=config.watermark,
        on_error="dead_letter",
        dead_letter=config.dead_letter or DeadLetter(f"{topic}.dead_letter", connection),
        options={"startingOffsets": "earliest"},
        description="",
        tags=config.tags,
        location=location,
    )
    return KafkaInput(source, model.parsed.rendered.model.relation, model.name, model.name)


def kafka_read(kafka: KafkaInput, *, headers: bool, dead_letters: Iterable[str] = ()) -> QueryRead:
    """Return how Spark reads the raw records of an input.

    ``dead_letters`` are the project's dead-letter topics: no pattern may match them.
    """
    source = kafka.source
    pattern = source.topic_pattern
    if pattern is not None:
        pattern = guarded_pattern(pattern, dead_letters)
    return QueryRead(
        view=kafka.view,
        of=kafka.of,
        kind="kafka",
        format="kafka",
        options=read_options(
            topic=source.topic,
            topic_pattern=pattern,
            partitions=source.partitions,
            options=source.options,
            headers=headers,
        ),
        connection=source.connection,
        topics=tuple(topics(source.topic or "")),
        topic_pattern=pattern,
        partitions=source.partitions,
        writer=kafka.writer,
    )


def good_records(
    kafka: KafkaInput, hidden: tuple[str, ...], readers: Sequence[ParsedModel]
) -> Select:
    """Return the SELECT of an input's good records, with its watermark.

    ``hidden`` are those of Kafka's own fields that its readers use, ``readers`` the models
    of the query that read it.
    """
    source = _narrowed(kafka.source, hidden, readers)
    sql = decode(source, kafka.view, hidden=hidden).good
    return Select(
        kafka.relation,
        with_watermark(sql, source.watermark),
        (kafka.view,),
        event_time=source.watermark.column if source.watermark else None,
        about=f"{'model' if kafka.writer else 'source'} {kafka.of}",
    )


def _narrowed(source: Source, hidden: Sequence[str], readers: Sequence[ParsedModel]) -> Source:
    """Leave out the fields that the query cannot read, so that nobody parses them.

    Only where bad records are dropped: a record is kept as a dead letter, or ends the query,
    for any of its fields, and all readers must agree on which records are good.
    """
    if source.on_error != "drop":
        return source
    source = source._replace(key=source.key if "_key" in hidden else None)
    written = find_format(source.format)
    if written is None or not written.by_name or "_before" in hidden:
        return source
    mentioned = mentions(readers)
    timed = source.watermark.column.lower() if source.watermark else None
    kept = tuple(
        column._replace(data_type=_narrowed_type(column, mentioned))
        for column in source.columns
        if column.not_null or column.name.lower() == timed or mentioned.keeps(column.name)
    )
    return source._replace(columns=kept or source.columns[:1])


def _narrowed_type(column: Column, mentioned: Mentions) -> str:
    kind = parse_type(column.data_type or "string")
    narrowed = mentioned.pruned(column.name, kind)
    return column.data_type or "string" if narrowed == kind else ddl(narrowed)


def bad_records(kafka: KafkaInput, tests: Sequence[ResolvedTest] = ()) -> Select | None:
    """Return the SELECT of an input's bad records as dead letters, if they are kept.

    A record that decodes is one as well if a test of its source quarantines it.
    """
    if kafka.dead_letter is None:
        return None
    bad = decode(kafka.source, kafka.view, hidden=()).bad
    held = any(t.test.on_failure == "quarantine" for t in tests)
    if held:
        hidden = (RAW_KEY, RAW_VALUE, RAW_HEADERS, COORDINATES)
        good = decode(kafka.source, kafka.view, hidden=hidden).good
        tested = TestedRelation(kafka.relation, kafka.of, tuple(tests), located=True)
        quarantined = source_quarantine(tested, good)
        bad = quarantined if bad is None else f"{bad}\nUNION ALL\n{quarantined}"
    if bad is None:
        return None
    return Select(
        f"dead_letters__{kafka.relation.partition('__')[2]}",
        bad,
        (kafka.view,),
        about=f"the bad records of {kafka.of}",
    )


def with_watermark(sql: str, watermark: Watermark | None) -> str:
    """Put a watermark on a SELECT, in Spark's own clause."""
    if watermark is None:
        return sql
    inner = "\n".join(f"  {line}" if line else line for line in sql.splitlines())
    return (
        f"SELECT *\nFROM (\n{inner}\n) WATERMARK {quote_name(watermark.column)} "
        f"DELAY OF INTERVAL {spark_interval(watermark.delay)}"
    )


def table_read(project: Project, model: ResolvedModel) -> tuple[QueryRead, Select]:
    """Return how Spark reads a table model's output as a stream, and its rows as a SELECT."""
    config = model.parsed.rendered.config
    relation = model.parsed.rendered.model.relation
    kind = config.format or "delta"
    columns = [(quote_name(c.name), c.data_type or "string") for c in model.columns]
    read = QueryRead(
        view=f"table__{model.name}",
        of=model.name,
        kind="table",
        format=kind,
        options={"readChangeFeed": "true"} if config.unique_key else {},
        path=table_location(project, model.name, config),
        schema=", ".join(f"{n} {t}" for n, t in columns) if kind == "parquet" else None,
        writer=model.name,
    )
    listed = ", ".join(name for name, _ in columns)
    changes = "\nWHERE _change_type IN ('insert', 'update_postimage')" if config.unique_key else ""
    sql = with_watermark(f"SELECT {listed}\nFROM {read.view}{changes}", config.watermark)
    return read, Select(
        relation,
        sql,
        (read.view,),
        event_time=config.watermark.column if config.watermark else None,
        about=f"model {model.name} ({model.parsed.rendered.model.path})",
    )


def seed_rows(seed: Seed) -> Select:
    """Return a seed's rows as typed values, so that no executor needs the file."""
    types = [parse_type(c.data_type or "string") for c in seed.columns]
    names = ", ".join(quote_name(c.name) for c in seed.columns)
    typed = ",\n".join(
        f"  CAST({quote_name(c.name)} AS {c.data_type}) AS {quote_name(c.name)}"
        for c in seed.columns
    )
    about = f"seed {seed.name} ({seed.path})"
    if not seed.rows:
        nulls = ", ".join("NULL" for _ in seed.columns)
        return Select(
            seed.relation,
            f"SELECT\n{typed}\nFROM VALUES ({nulls}) AS seed ({names})\nWHERE false",
            about=about,
        )
    rows = ",\n".join(f"  ({', '.join(map(_literal, row, types))})" for row in seed.rows)
    return Select(
        seed.relation,
        f"SELECT\n{typed}\nFROM VALUES\n{rows}\nAS seed ({names})",
        about=about,
    )


_ESCAPES: Mapping[str, str] = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}


def _literal(cell: str | None, kind: DataType) -> str:
    """Write a cell; numbers as they are, everything else as text that the cast reads."""
    if cell is None:
        return "NULL"
    if isinstance(kind, Primitive) and kind.name in ("int", "bigint", "smallint", "tinyint"):
        return cell
    return "'" + "".join(_ESCAPES.get(c, c) for c in cell) + "'"
