"""Which topics are the same one: connections to the same brokers are one cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from streamsql.connectors import kafka
from streamsql.project.nodes import Project, Source


def cluster_of(connection: str | None, project: Project) -> str:
    """Return what two connections to the same brokers have in common."""
    known = project.target.connections.get(connection or "")
    if known is None or known.bootstrap_servers is None:
        return f"connection {connection}"
    return _sorted_servers(known.bootstrap_servers)


@lru_cache(maxsize=256)  # asked for each topic, and a project has few connections
def _sorted_servers(written: str) -> str:
    return ",".join(sorted(server.strip() for server in written.split(",")))


class TopicReaders(NamedTuple):
    """The sources of a project by the topics that they read.

    A pattern that only Java knows, or that repeats a repetition, is taken to match nothing.
    """

    clusters: Mapping[str | None, str]
    named: Mapping[tuple[str, str], tuple[Source, ...]]
    patterns: tuple[tuple[str, re.Pattern[str], Source], ...]

    def of(self, connection: str | None, topic: str) -> Iterator[Source]:
        """Yield the sources that read a topic of a connection."""
        cluster = self.clusters.get(connection, f"connection {connection}")
        yield from self.named.get((cluster, topic), ())
        for where, pattern, source in self.patterns:
            if where == cluster and pattern.fullmatch(topic):
                yield source


def topic_readers(project: Project) -> TopicReaders:
    """Sort the sources of a project by what they read."""
    used = {*project.target.connections, *(s.connection for s in project.sources)}
    clusters: dict[str | None, str] = {name: cluster_of(name, project) for name in used}
    named: dict[tuple[str, str], tuple[Source, ...]] = {}
    patterns = []
    for source in project.sources:
        cluster = clusters[source.connection]
        if source.topic_pattern is None:
            for topic in kafka.topics(source.topic or ""):
                named[cluster, topic] = (*named.get((cluster, topic), ()), source)
        elif (pattern := _compiled(source.topic_pattern)) is not None:
            patterns.append((cluster, pattern, source))
    return TopicReaders(clusters, named, tuple(patterns))


# A repeated group that is itself repeated: matching it may take longer than anybody waits.
_REPEATED_GROUP = re.compile(r"[+*}]\??\)[+*{]")


def _compiled(pattern: str) -> re.Pattern[str] | None:
    if _REPEATED_GROUP.search(pattern):
        return None
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
