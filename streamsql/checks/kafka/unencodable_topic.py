from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
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
    # topic-without-value speaks of raw and text.
    if config.materialized != "topic" or (config.format in ("raw", "text") and not config.key):
        return
    columns = [(c.name, c.data_type) for c in model.columns if c.data_type is not None]
    place = rendered.place("format")
    produced = {name.lower() for name, _ in columns}  # unknown-key-column speaks of the others
    key = [name for name in config.key if name.lower() in produced]
    made = config.format or "json"
    try:
        schema = output_schema(model)
    except SchemaError as fault:
        yield Fault(str(fault), place, fault.hint)
        return
    faults = check_output(
        made, columns, place, key=key, options=config.format_options, schema=schema
    )
    written = replace(config.written_key, columns=key)
    place = rendered.place("key_format" if config.key_format else "key")
    for found in dict.fromkeys((*faults, *check_key(written, columns, place))):
        yield Fault(found.message, found.location, found.hint)
