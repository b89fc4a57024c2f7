"""What connectors themselves say of the options of a project's sources and outputs.

Spark ignores an option that it does not know without a word. Each connector knows its own;
here they are asked, and their findings get a model.
"""

from __future__ import annotations

from collections.abc import Iterator

from streamsql.connectors import check_writer, kafka
from streamsql.findings import Finding
from streamsql.project.nodes import Source
from streamsql.resolve import ResolvedModel


def source_options(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with the options of a source's reader, and with its pattern."""
    yield from kafka.check_source(source.options, source.location)
    if source.topic_pattern is not None:
        yield from kafka.check_pattern(source.topic_pattern, source.location)


def model_options(model: ResolvedModel) -> Iterator[Finding]:
    """Yield what is wrong with the options of a model's writer."""
    config = model.parsed.rendered.config
    place = model.parsed.rendered.place("options")
    if config.materialized == "topic":
        found = kafka.check_sink(config.options, place)
    elif config.materialized in ("table", "sink"):
        found = check_writer(config.format or "delta", config.options, place)
    else:
        found = ()
    for finding in found:
        yield finding._replace(model=model.name)
