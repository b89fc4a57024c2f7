from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.connectors import kafka
from streamsql.connectors.kafka_names import topic_name_fault
from streamsql.findings import Location, Severity


@project_rule(Severity.ERROR)
def illegal_topic_name(whole: WholeProject) -> Iterator[Fault]:
    """A topic has a name that no broker accepts.

    Kafka allows letters, digits, '.', '_' and '-', and 249 of them at most. A query that reads or
    writes another name ends when it starts.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic', topic='orders/out') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic', topic='orders.out') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    for topic, place, model in _named(whole):
        problem = topic_name_fault(topic)
        if problem is not None:
            shown = topic if len(topic) <= 60 else f"{topic[:60]}…"
            yield Fault(f"no topic can be called '{shown}': {problem}", place, model=model)


def _named(whole: WholeProject) -> Iterator[tuple[str, Location, str | None]]:
    for source in whole.project.sources:
        for topic in kafka.topics(source.topic or ""):
            yield topic, source.location, None
        # One that is made up of a wrong name was spoken of with that name.
        letters = source.dead_letter
        if letters is not None and letters.topic != f"{source.topic}.dead_letter":
            yield letters.topic, source.location, None
    for rendered in whole.rendered:
        if rendered.config.materialized == "topic":
            name = rendered.model.name
            yield rendered.config.topic or name, rendered.place("topic"), name
