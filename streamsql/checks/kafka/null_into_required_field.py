from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.formats import RecordSchema
from streamsql.resolve import OutputColumn, ResolvedModel


@model_rule(Severity.WARNING)
def null_into_required_field(model: ResolvedModel) -> Iterator[Fault]:
    """A column that may be null is written to a field that takes no null.

    The schema of an Avro topic says which fields may be null, and a null in another one ends the
    query, again at each restart. A JSON record with one breaks its schema, and those who read it.
    A column is known never to be null where a source says `not_null` of it, or the query sees to
    it, with `WHERE … IS NOT NULL` or `coalesce`.

    Bad:

        -- schemas/paid-value.json
        {"subject": "paid-value", "versions": [{"version": 1, "id": 7, "schema":
          {"type": "record", "name": "Paid", "fields": [{"name": "currency", "type": "string"}]}}]}
        -- models/paid.sql
        {{ config(materialized='topic', format='avro', format_options={'subject': 'paid-value'}) }}
        SELECT currency FROM {{ source('shop', 'orders') }}

    Good:

        -- schemas/paid-value.json
        {"subject": "paid-value", "versions": [{"version": 1, "id": 7, "schema":
          {"type": "record", "name": "Paid", "fields": [{"name": "currency", "type": "string"}]}}]}
        -- models/paid.sql
        {{ config(materialized='topic', format='avro', format_options={'subject': 'paid-value'}) }}
        SELECT currency FROM {{ source('shop', 'orders') }} WHERE currency IS NOT NULL
    """
    config = model.parsed.rendered.config
    if config.materialized != "topic":
        return
    columns = {c.name.lower(): c for c in model.columns}
    yield from _faults(model, config.schema, columns)
    of_key = {name.lower(): columns[name.lower()] for name in config.key if name.lower() in columns}
    yield from _faults(model, config.key_schema, of_key)


def _faults(
    model: ResolvedModel, schema: RecordSchema | None, columns: dict[str, OutputColumn]
) -> Iterator[Fault]:
    if schema is None:
        return
    if not schema.record and len(columns) == 1:
        columns = {"value": next(iter(columns.values()))}
    for field in schema.fields:
        column = columns.get(field.name.lower())
        if column is None or field.nullable or column.never_null:
            continue
        yield Fault(
            f"the column '{column.name}' may be null, and {schema.path} takes no null there",
            column.location or model.parsed.rendered.model.location,
            f"add WHERE {column.name} IS NOT NULL, or let the schema have null there",
        )
