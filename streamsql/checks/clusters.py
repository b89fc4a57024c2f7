"""Which topics are the same one: connections to the same brokers are one cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamsql.connectors import kafka
from streamsql.project.nodes import Project, Source


def cluster_of(connection: str | None, project: Project) -> str:
    """Return what two connections to the same brokers have in common."""
    known = project.target.connections.get(connection or "")
    if known is None or known.bootstrap_servers is None:
        return f"connection {connection}"
    servers = (server.strip() for server in known.bootstrap_servers.split(","))
    return ",".join(sorted(servers))


def readers_of(topic: str, cluster: str, project: Project) -> Iterator[Source]:
    """Yield the sources that read a topic, by its name or by a pattern."""
    for source in project.sources:
        if cluster_of(source.connection, project) == cluster and reads(source, topic):
            yield source


def reads(source: Source, topic: str) -> bool:
    """Tell whether a source reads a topic; a pattern that only Java knows is taken not to."""
    if source.topic_pattern is None:
        return topic in kafka.topics(source.topic or "")
    try:
        return re.fullmatch(source.topic_pattern, topic) is not None
    except (re.error, RecursionError):
        return False
