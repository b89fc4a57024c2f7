from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import HIDDEN_COLUMNS, ResolvedModel


@model_rule(Severity.ERROR)
def reserved_column(model: ResolvedModel) -> Iterator[Fault]:
    """A column of a topic has the name of one of Kafka's own fields.

    Whoever reads the topic gets the record's own key, topic, partition, offset, time and
    headers as `_key`, `_topic`, `_partition`, `_offset`, `_timestamp` and `_headers`. A column
    of the same name would be hidden behind them.

    Bad:

        -- models/audited.sql
        {{ config(materialized='topic', topic='audited', connection='kafka') }}
        SELECT order_id, _offset FROM {{ source('shop', 'orders') }}

    Good:

        -- models/audited.sql
        {{ config(materialized='topic', topic='audited', connection='kafka') }}
        SELECT order_id, _offset AS source_offset FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    if rendered.config.materialized != "topic":
        return
    for column in model.columns:
        if column.name.lower() in HIDDEN_COLUMNS:
            yield Fault(
                f"the column '{column.name}' has the name of a field that every Kafka record has",
                column.location or rendered.model.location,
                hint="give it another name with AS",
            )
