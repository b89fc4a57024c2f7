from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity, did_you_mean
from streamsql.project.nodes import ModelConfig
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, needs_all_columns=True)
def unknown_key_column(model: ResolvedModel) -> Iterator[Fault]:
    """A setting names a column that the model does not produce.

    `key`, `unique_key`, `order_by`, `partition_by`, `headers`, `partition`, `delete_when`, `dedup`
    and `watermark` speak of the columns of the model's result, not of those it reads. A name that
    is not among them would fail only when Spark starts the query.

    Bad:

        -- models/keyed.sql
        {{ config(materialized='topic', topic='keyed', connection='kafka', key='order') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/keyed.sql
        {{ config(materialized='topic', topic='keyed', connection='kafka', key='order_id') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    named = list(_named(rendered.config))
    produced = {c.name.lower() for c in model.columns} if named else set()
    for key, name in named:
        if name.lower() not in produced:
            yield Fault(
                f"'{key}' names the column '{name}', which the model does not produce",
                rendered.place(key),
                hint=did_you_mean(name, (c.name for c in model.columns)),
            )


def _named(config: ModelConfig) -> Iterator[tuple[str, str]]:
    for key in ("key", "unique_key", "order_by", "partition_by"):
        yield from ((key, name) for name in getattr(config, key))
    yield from (("headers", name) for _, name in config.headers)
    for single in ("partition", "delete_when"):
        if name := getattr(config, single):
            yield single, name
    if config.dedup:
        yield from (("dedup", name) for name in config.dedup.keys)
    if config.watermark:
        yield "watermark", config.watermark.column
