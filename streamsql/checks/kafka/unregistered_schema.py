from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.formats import find_format
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR)
def unregistered_schema(model: ResolvedModel) -> Iterator[Fault]:
    """A topic is written with a registry's subject that has no version yet.

    Each value begins with the id of its schema, and the id comes from the registry: there must be
    a file of the subject, with a version that has one. `streamsql schema generate` proposes a
    schema made of the model's columns, `schema register` adds it and writes its id into the file;
    `schema pull` fetches a subject that the registry has already.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic', format='avro', format_options={'subject': 'out-value'}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic', format='avro', format_options={'subject': 'out-value'}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

        # schemas/out-value.json
        {"subject": "out-value", "type": "AVRO", "versions": [
          {"version": 1, "id": 7, "schema": {"type": "record", "name": "Order", "fields": [
            {"name": "order_id", "type": ["null", "long"], "default": null}]}}]}
    """
    rendered = model.parsed.rendered
    config = rendered.config
    if config.materialized != "topic":
        return
    for name, schema, setting, options, flag in (
        (config.format or "json", config.schema, "format_options", config.format_options, ""),
        (config.key_format or "", config.key_schema, "key_options", config.key_options, " --key"),
    ):
        known = find_format(name)
        if schema is not None or known is None or known.schema is None:
            continue
        if "subject" in options:
            yield Fault(
                f"no version of the subject '{options['subject']}' is registered, "
                "as far as the schema files say",
                rendered.place(setting if setting in rendered.config_places else "key_format"),
                hint=f"streamsql schema generate {rendered.model.name}{flag}, then schema "
                "register; or schema pull, if the registry has it",
            )
