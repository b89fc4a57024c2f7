from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def unwritten_column(model: ResolvedModel) -> Iterator[Fault]:
    """A topic of format raw or text has a column that is not written.

    These formats write one column, `value`, and a column `key` of string or binary as the
    record's key. Everything else is computed and thrown away, a `key` of another type too.

    Bad:

        -- models/forwarded.sql
        {{ config(materialized='topic', format='text') }}
        SELECT order_id AS key, currency AS value FROM {{ source('shop', 'orders') }}

    Good:

        -- models/forwarded.sql
        {{ config(materialized='topic', format='text') }}
        SELECT CAST(order_id AS STRING) AS key, currency AS value
        FROM {{ source('shop', 'orders') }}
    """
    config = model.parsed.rendered.config
    if config.materialized != "topic" or config.format not in ("raw", "text"):
        return
    written = {"value", *(k.lower() for k in config.key), *(c.lower() for _, c in config.headers)}
    for column in model.columns:
        name = column.name.lower()
        if name in written:
            continue
        if name != "key":
            reason = f"the format '{config.format}' writes the column 'value' only"
        elif config.key:
            reason = "the setting 'key' names other columns"
        elif column.data_type in ("string", "binary", None):
            continue
        else:
            reason = f"as a key it must be string or binary, and it is {column.data_type}"
        yield Fault(
            f"the column '{column.name}' is not written: {reason}",
            column.location or model.parsed.rendered.model.location,
            hint="cast it to string" if name == "key" and not config.key else "leave it out",
        )
