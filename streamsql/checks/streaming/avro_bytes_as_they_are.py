from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from streamsql.checks.rule import Fault, model_rule
from streamsql.dialect import function_name
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def avro_bytes_as_they_are(model: ResolvedModel) -> Iterator[Fault]:
    """A query decodes the bytes of a record with from_avro(), without looking at what is before.

    Records that were written through a schema registry begin with a zero byte and the id of
    their schema. `from_avro` takes these five bytes for values, and gives wrong ones without an
    error, not even with FAILFAST. Declare the source with `format: avro`, which knows both kinds;
    or cut them off with `substring(value, 6)`. Where the records are plain, say so by ignoring
    this.

    Bad:

        # models/web.yml
        sources:
          - name: web
            connection: kafka
            tables: [{name: clicks, topic: clicks, format: raw}]

        -- models/clicks.sql
        SELECT from_avro(value, '{"type": "record", "name": "C", "fields": []}') AS c
        FROM {{ source('web', 'clicks') }}

    Good:

        # models/web.yml
        sources:
          - name: web
            connection: kafka
            tables: [{name: clicks, topic: clicks, format: raw}]

        -- models/clicks.sql
        SELECT from_avro(substring(value, 6), '{"type": "record", "name": "C", "fields": []}') AS c
        FROM {{ source('web', 'clicks') }}
    """
    parsed = model.parsed
    if not model.facts.streaming or "from_avro" not in parsed.sql.lower():
        return
    for call in parsed.nodes:
        if function_name(call) != "from_avro" or not call.expressions:
            continue
        if isinstance(call.expressions[0], exp.Column):
            yield Fault(
                "these bytes are taken for plain Avro: behind the id of a registry's schema they"
                " give wrong values, and no error",
                parsed.finding("", "", call).location,
                hint="declare the source with format: avro, or cut the id off with substring(…, 6)",
            )
