from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def compacted_without_key(model: ResolvedModel) -> Iterator[Fault]:
    """A compacted topic is written without a key.

    Compaction keeps the newest record of each key, so the broker refuses a record that has none
    ("Compacted topic cannot accept message without key"), and the query ends.

    Bad:

        -- models/latest.sql
        {{ config(materialized='topic', topic_config={'cleanup.policy': 'compact'}) }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/latest.sql
        {{ config(materialized='topic', key='order_id',
                  topic_config={'cleanup.policy': 'compact'}) }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}
    """
    config = model.parsed.rendered.config
    policy = config.topic_config.get("cleanup.policy", "")
    if config.materialized != "topic" or "compact" not in policy or config.key:
        return
    if config.format in ("raw", "text") and any(c.name.lower() == "key" for c in model.columns):
        return
    yield Fault(
        "this topic is compacted, and its records have no key",
        model.parsed.rendered.place("topic_config"),
        hint="set key to the columns that tell one thing from another",
    )
