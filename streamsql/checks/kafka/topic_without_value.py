from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, needs_all_columns=True)
def topic_without_value(model: ResolvedModel) -> Iterator[Fault]:
    """A topic whose format is raw or text has no column `value` of bytes or text to write.

    Spark's Kafka sink writes one column, `value`. The formats raw and text take it from the
    model as it stands, so the model must produce it as binary or string; without it the query
    would die when it starts.

    Bad:

        -- models/forwarded.sql
        {{ config(materialized='topic', topic='forwarded', connection='kafka', format='raw') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/forwarded.sql
        {{ config(materialized='topic', topic='forwarded', connection='kafka', format='text') }}
        SELECT to_json(struct(order_id)) AS value FROM {{ source('shop', 'orders') }}
    """
    config = model.parsed.rendered.config
    if config.materialized != "topic" or config.format not in ("raw", "text"):
        return
    value = next((c for c in model.columns if c.name.lower() == "value"), None)
    if value is None:
        problem = "but the model has no column 'value'"
    elif value.data_type not in ("string", "binary", None):
        problem = f"but its column 'value' is {value.data_type}"
    else:
        return
    yield Fault(
        f"a topic of format '{config.format}' is written from a column 'value' of type"
        f" string or binary, {problem}",
        model.parsed.rendered.place("format"),
        hint="select that column AS value, or choose the format json, which writes all columns",
    )
