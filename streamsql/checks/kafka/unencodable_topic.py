from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Finding, Location, Severity
from streamsql.formats import SchemaError, check_key, check_output
from streamsql.resolve import ResolvedModel, output_schema


@model_rule(Severity.ERROR, needs_all_columns=True)
def unencodable_topic(model: ResolvedModel) -> Iterator[Fault]:
    """A topic has a format that is unknown, or a column that its format cannot hold.

    What is written must come back the same when the topic is read. A type that the format has
    no faithful form for is refused here rather than changed in silence.

    Bad:

        -- models/encoded.sql
        {{ config(materialized='topic', topic='encoded', connection='kafka', format='jsno') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/encoded.sql
        {{ config(materialized='topic', topic='encoded', connection='kafka', format='json') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    config = rendered.config
    if config.materialized != "topic":
        return
    columns = [(c.name, c.data_type) for c in model.columns if c.data_type is not None]
    produced = {name.lower() for name, _ in columns}  # unknown-key-column speaks of the others
    key = config.written_key._replace(columns=[k for k in config.key if k.lower() in produced])
    place = rendered.place("key_format" if config.key_format else "key")
    try:
        faults = _faults_of_value(model, columns, rendered.place("format"))
    except SchemaError as fault:
        yield Fault(str(fault), rendered.place("format"), fault.hint)
        return
    for found in dict.fromkeys((*faults, *check_key(key, columns, place))):
        yield Fault(found.message, found.location, found.hint)


def _faults_of_value(
    model: ResolvedModel, columns: list[tuple[str, str]], place: Location
) -> tuple[Finding, ...]:
    config = model.parsed.rendered.config
    if config.format in ("raw", "text"):
        return ()  # topic-without-value speaks of them
    made, schema = config.format or "json", output_schema(model)
    return check_output(made, columns, place, options=config.format_options, schema=schema)
