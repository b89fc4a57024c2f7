from __future__ import annotations

import json
from collections.abc import Iterator

from streamsql.checks.rule import Fault, source_rule
from streamsql.connectors import kafka
from streamsql.findings import Severity, did_you_mean
from streamsql.project.nodes import Source

_BY_TOPIC = ("startingoffsets", "startingoffsetsbytimestamp")


@source_rule(Severity.ERROR)
def offsets_of_unknown_topic(source: Source) -> Iterator[Fault]:
    """The starting offsets of a source are for other topics than it reads.

    Offsets that are given one by one must name every topic that is read, with all its
    partitions, and no other. Spark refuses to start otherwise.

    Bad:

        # models/web.yml
        sources:
          - name: web
            tables:
              - name: clicks
                topic: web.clicks
                format: text
                options: {startingOffsets: '{"clicks": {"0": 23}}'}

    Good:

        # models/web.yml
        sources:
          - name: web
            tables:
              - name: clicks
                topic: web.clicks
                format: text
                options: {startingOffsets: '{"web.clicks": {"0": 23}}'}
    """
    if source.topic is None:
        return
    read = kafka.topics(source.topic)
    for name, value in source.options.items():
        if name.lower() not in _BY_TOPIC:
            continue
        given = _topics_of(value)
        for topic in given:
            if topic not in read:
                yield Fault(
                    f"'{name}' is for the topic '{topic}', which '{source.unique_name}' does not"
                    " read",
                    source.location,
                    hint=did_you_mean(topic, read) or f"it reads {', '.join(read)}",
                )
        for topic in read if given else ():
            if topic not in given:
                yield Fault(
                    f"'{name}' says nothing of the topic '{topic}', and must name all that are"
                    " read",
                    source.location,
                )


def _topics_of(value: str) -> tuple[str, ...]:
    """Return the topics of a JSON of offsets; invalid-option speaks of what is none."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return ()
    return tuple(read) if isinstance(read, dict) else ()
