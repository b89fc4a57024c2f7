from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.clusters import TopicReaders, topic_readers
from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Severity


@project_rule(Severity.WARNING)
def source_written_here(whole: WholeProject) -> Iterator[Fault]:
    """A topic that a source reads is written by the project itself.

    If what writes the topic reads the source, even by way of other models, each row comes back
    and is written again, for ever. Otherwise the order is missing: `ref()` knows that the writer
    comes first and what it writes, `source()` does not. Bad records that are sent back to the
    topic they came from are bad again, for ever.

    Bad:

        -- models/orders_again.sql
        {{ config(materialized='topic', topic='shop.orders') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_again.sql
        {{ config(materialized='topic', topic='shop.orders_again') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}
    """
    readers, graph = topic_readers(whole.project), whole.graph
    for rendered in whole.rendered:
        config, name = rendered.config, rendered.model.name
        if config.materialized != "topic":
            continue
        topic = config.topic or name
        for source in readers.of(config.connection, topic):
            if source.unique_name in graph.ancestors([name]):
                what = "which this model reads: each row comes back for ever"
                hint = "write another topic"
            else:
                what = "so its readers do not wait for this model"
                hint = f"read this model with ref('{name}'), and take the source away"
            yield Fault(
                f"the topic '{topic}' is the source '{source.unique_name}', {what}",
                rendered.place("topic"),
                hint=hint,
                model=name,
            )
    yield from _dead_letters(whole, readers)


def _dead_letters(whole: WholeProject, readers: TopicReaders) -> Iterator[Fault]:
    """Patterns leave out the topics of bad records, so only sources with a name can read them."""
    for source in whole.project.sources:
        letters = source.dead_letter
        if letters is None or source.topic_pattern is not None:
            continue
        if source in readers.of(letters.connection, letters.topic):
            yield Fault(
                f"bad records of '{source.unique_name}' are written back to its own topic",
                source.location,
                hint="give dead_letter another topic",
            )
