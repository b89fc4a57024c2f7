"""What a model's query writes, and how its columns become what the output takes."""

from __future__ import annotations

from streamsql.connectors.kafka import write_options
from streamsql.connectors.postgres import sql_type
from streamsql.formats import encode
from streamsql.plan.assembly import Select
from streamsql.plan.data_tests import (
    TestedRelation,
    quarantined_rows,
    quarantined_topic,
    quarantines,
)
from streamsql.plan.nodes import PlannedColumn, QueryWrite, WrittenSchema
from streamsql.project.nodes import ModelConfig, Project
from streamsql.resolve import ResolvedModel, output_schema


def write_of(project: Project, model: ResolvedModel) -> QueryWrite:
    """Return the output of a model that has a query of its own."""
    config = model.parsed.rendered.config
    columns = tuple(PlannedColumn(c.name, c.data_type or "string") for c in model.columns)
    if config.materialized == "topic":
        return _topic(project, model.name, config, columns)
    if config.materialized == "table":
        return _table(project, model.name, config, columns)
    if config.format == "jdbc":
        return _database(config, columns)
    return QueryWrite(
        kind="sink",
        format=config.format or "console",
        options=dict(config.options),
        columns=columns,
        path=config.location,
        partition_by=config.partition_by,
    )


def topic_of(name: str, config: ModelConfig) -> str:
    """Return the topic that a topic model writes: its ``topic``, else the model's name."""
    return config.topic or name


def table_location(project: Project, name: str, config: ModelConfig) -> str:
    """Return where a table model writes: its ``location``, else a folder of the warehouse."""
    return config.location or f"{project.target.warehouse}/{project.settings.name}/{name}"


def written(
    model: ResolvedModel, write: QueryWrite, tested: TestedRelation, *, all_known: bool
) -> tuple[tuple[Select, ...], tuple[QueryWrite, ...]]:
    """Return the SELECT whose rows are written, behind those that it needs otherwise than readers
    do, and where they go.

    A sink takes columns that nobody knows too. Rows that data tests quarantine are among them.
    """
    config = model.parsed.rendered.config._replace(schema=output_schema(model))
    relation = model.parsed.rendered.model.relation
    name = f"write__{model.name}"
    dead_letter = config.dead_letter
    if quarantines(tested) and dead_letter is not None:
        if write.kind == "kafka":
            return quarantined_topic(name, tested, config, write, dead_letter)
        sql, writes = quarantined_rows(tested, write, select_list(write), dead_letter)
        return (Select(name, sql, (tested.marked,)),), writes
    return (Select(name, _encoded(relation, config, write, all_known), (relation,)),), (write,)


def _encoded(relation: str, config: ModelConfig, write: QueryWrite, all_known: bool) -> str:
    if write.kind != "kafka":
        columns = select_list(write) if all_known else "  *"
        return f"SELECT\n{columns}\nFROM {relation}"
    return encode(
        relation,
        tuple((c.name, c.data_type) for c in write.columns),
        key=config.written_key,
        headers=config.headers,
        format=config.format or "json",
        options=config.format_options,
        schema=config.schema,
        partition=config.partition,
        delete_when=config.delete_when,
    )


def _topic(
    project: Project, name: str, config: ModelConfig, columns: tuple[PlannedColumn, ...]
) -> QueryWrite:
    topic = topic_of(name, config)
    return QueryWrite(
        kind="kafka",
        format="kafka",
        options=write_options(topic=topic, options=config.options, headers=bool(config.headers)),
        columns=columns,
        connection=config.connection,
        topic=topic,
        partitions=config.partitions,
        replication=config.replication,
        topic_config=dict(config.topic_config),
        schemas=_schemas(project, config),
    )


def _schemas(project: Project, config: ModelConfig) -> tuple[WrittenSchema, ...]:
    registry = project.target.registry_of(config.connection)
    name = registry.name if registry else None
    return tuple(
        WrittenSchema(schema.subject, schema.id, schema.kind, schema.text, name)
        for schema in (config.schema, config.key_schema)
        if schema is not None and schema.id is not None and schema.subject is not None
    )


def _table(
    project: Project, name: str, config: ModelConfig, columns: tuple[PlannedColumn, ...]
) -> QueryWrite:
    return QueryWrite(
        kind="table",
        format=config.format or "delta",
        options=dict(config.options),
        columns=columns,
        path=table_location(project, name, config),
        partition_by=config.partition_by,
        unique_key=config.unique_key,
        order_by=config.order_by,
        change_feed=config.change_feed,
        on_schema_change=config.on_schema_change,
    )


def _database(config: ModelConfig, columns: tuple[PlannedColumn, ...]) -> QueryWrite:
    return QueryWrite(
        kind="jdbc",
        format="jdbc",
        options=dict(config.options),
        columns=columns,
        connection=config.connection,
        table=config.table,
        unique_key=config.unique_key,
        order_by=config.order_by,
        on_schema_change=config.on_schema_change,
        delete_when=config.delete_when,
    )


# Spark's own default cuts times within JSON to milliseconds.
_JSON_TIMES = (
    "map('timestampFormat', 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSSXXX', "
    "'timestampNTZFormat', 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSS')"
)


def select_list(write: QueryWrite) -> str:
    """Return the columns of a sink or table, as it takes them."""
    return ",\n".join(f"  {_written(c, write)}" for c in write.columns)


def _written(column: PlannedColumn, write: QueryWrite) -> str:
    """Return a column as a sink takes it: databases take nested values as JSON."""
    name = _quoted(column.name)
    if write.kind == "jdbc" and sql_type(column.data_type) == "jsonb":
        return f"to_json({name}, {_JSON_TIMES}) AS {name}"
    return name


def _quoted(name: str) -> str:
    return name if name.isidentifier() else "`" + name.replace("`", "``") + "`"
