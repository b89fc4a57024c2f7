from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.connectors.kafka_names import TOPIC_SETTINGS
from streamsql.findings import Severity, did_you_mean
from streamsql.project.nodes import ModelConfig
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def wrong_topic_setting(model: ResolvedModel) -> Iterator[Fault]:
    """A setting in `topic_config` is none of Kafka's, or has a value that it cannot have.

    The broker refuses to make such a topic, so the run ends before it begins. With more replicas
    that must be in sync than there are, it accepts the topic and refuses every record. Brokers
    of other makers and versions may know more settings.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic', topic_config={'retention.hours': '24'}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic', topic_config={'retention.ms': '86400000'}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    for message, hint in _faults(rendered.config):
        yield Fault(message, rendered.place("topic_config"), hint)


def _faults(config: ModelConfig) -> Iterator[tuple[str, str | None]]:
    for name, value in config.topic_config.items():
        check = TOPIC_SETTINGS.get(name)
        if check is None:
            yield f"a topic of Kafka has no setting '{name}'", did_you_mean(name, TOPIC_SETTINGS)
        elif (problem := check(str(value))) is not None:
            yield f"the setting '{name}' is {problem}", None
    least = config.topic_config.get("min.insync.replicas", "")
    if config.replication is not None and least.isdecimal() and int(least) > config.replication:
        yield (
            f"{least} replicas must be in sync, and the topic has {config.replication}",
            "no record could be written: raise 'replication'",
        )
