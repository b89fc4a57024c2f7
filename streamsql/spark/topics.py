"""Topics that queries read and write: they exist, are the ones read before, and have one
first offset for all their readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from streamsql.errors import CheckpointFault, ConnectionFault, PlanError
from streamsql.plan.nodes import Query, QueryRead, QueryWrite
from streamsql.spark.checkpoints import Generation, SourceOrigin
from streamsql.spark.events import Notice, Observer
from streamsql.spark.kafka import (
    TopicInfo,
    TopicSpec,
    begin_offsets,
    create_topics,
    describe_cluster,
    end_offsets,
    list_topics,
    topic_info,
)
from streamsql.spark.librdkafka import KafkaConnection

Offsets = Mapping[str, Mapping[str, int]]  # topic → partition → offset, as Spark writes them


class Topics:
    """What the clusters of a run know of its topics, asked once and kept.

    ``embedded`` are the names of connections to a broker of our own: there, missing topics
    of sources are made as well.
    """

    def __init__(
        self,
        connections: Mapping[str, KafkaConnection],
        embedded: frozenset[str],
        observer: Observer,
    ) -> None:
        self._connections = connections
        self._embedded = embedded
        self._observer = observer
        self._clusters: dict[str, str] = {}
        self._infos: dict[tuple[str, str], TopicInfo] = {}
        self._starts: dict[tuple[str, tuple[str, ...], str], Offsets] = {}

    def ensure(self, queries: Iterable[Query]) -> None:
        """Make the topics that queries write; ConnectionFault if one they read is missing."""
        chosen = tuple(queries)
        for connection in sorted(_connections_of(chosen)):
            self._clusters[connection] = describe_cluster(self._connections[connection]).id
            self._make_written(connection, chosen)
            self._require_read(connection, chosen)

    def origin(self, query: Query, read: QueryRead, generation: Generation) -> SourceOrigin:
        """Return what a read is bound to; CheckpointFault if its topic was recreated."""
        assert read.connection is not None, "a Kafka read has a connection"
        names = self._names(read)
        ids = {name: self._infos[read.connection, name].id for name in names}
        cluster = self._clusters[read.connection]
        before = generation.origins.get(read.view)
        if before is None:
            return SourceOrigin(cluster, ids, self._first_offsets(read, names))
        self._check_same(query, read, before, cluster, ids)
        if generation.resumed:
            return SourceOrigin(cluster, ids, before.offsets)
        return SourceOrigin(cluster, ids, self._still_there(read.connection, names, before.offsets))

    def _names(self, read: QueryRead) -> tuple[str, ...]:
        assert read.connection is not None
        if read.topic_pattern is None:
            return read.topics
        pattern = re.compile(read.topic_pattern)
        there = list_topics(self._connections[read.connection])
        names = tuple(name for name in there if pattern.fullmatch(name))
        missing = [n for n in names if (read.connection, n) not in self._infos]
        self._learn(read.connection, missing)
        return names

    def _make_written(self, connection: str, queries: Iterable[Query]) -> None:
        writes = [w for q in queries for w in q.writes if w.connection == connection and w.topic]
        specs = {w.topic: _spec(w) for w in writes if w.topic}
        specs |= {w.dead_letter: TopicSpec(w.dead_letter) for w in writes if w.dead_letter}
        self._make(connection, specs)

    def _require_read(self, connection: str, queries: Iterable[Query]) -> None:
        reads = [r for q in queries for r in q.reads if r.connection == connection]
        names = sorted({name for read in reads for name in read.topics})
        if connection in self._embedded:
            self._make(connection, {name: TopicSpec(name) for name in names})
        self._learn(connection, names)
        missing = [name for name in names if (connection, name) not in self._infos]
        if missing:
            which = {name: r.of for r in reads for name in r.topics if name in missing}
            listed = ", ".join(f"'{name}' (of {of})" for name, of in sorted(which.items()))
            servers = self._connections[connection].bootstrap_servers
            raise ConnectionFault(
                f"missing on connection '{connection}' ({servers}): topic {listed}",
                hint="create it, or correct the topic of the source; 'streamsql debug' lists all",
            )

    def _make(self, connection: str, specs: Mapping[str, TopicSpec]) -> None:
        there = topic_info(self._connections[connection], specs)
        self._remember(connection, there)
        made = create_topics(
            self._connections[connection], [s for n, s in specs.items() if n not in there]
        )
        self._learn(connection, made)
        if made:
            self._observer(Notice(f"created topics on '{connection}': {', '.join(sorted(made))}"))

    def _learn(self, connection: str, names: Iterable[str]) -> None:
        self._remember(connection, topic_info(self._connections[connection], names))

    def _remember(self, connection: str, infos: Mapping[str, TopicInfo]) -> None:
        self._infos.update({(connection, name): info for name, info in infos.items()})

    def _first_offsets(self, read: QueryRead, names: tuple[str, ...]) -> Offsets:
        """Resolve where a new reader starts, once for all readers that ask for the same."""
        assert read.connection is not None
        asked = read.options.get("startingOffsets", "earliest")
        key = (read.connection, names, asked)
        if key not in self._starts:
            self._starts[key] = self._resolve(read.connection, names, asked)
        return self._starts[key]

    def _resolve(self, connection: str, names: tuple[str, ...], asked: str) -> Offsets:
        servers = self._connections[connection]
        if asked == "latest":
            return _as_spark(end_offsets(servers, names))
        begin = _as_spark(begin_offsets(servers, names))
        if asked == "earliest":
            return begin
        chosen = _parse_offsets(asked)
        end = _as_spark(end_offsets(servers, names))
        return {
            topic: {
                p: _meant(chosen.get(topic, {}).get(p, -2), at, end[topic][p])
                for p, at in partitions.items()
            }
            for topic, partitions in begin.items()
        }

    def _still_there(self, connection: str, names: tuple[str, ...], before: Offsets) -> Offsets:
        """First offsets of a query that never got to its first batch: what retention has
        deleted since cannot be read any more, and new partitions start at their beginning."""
        begin = _as_spark(begin_offsets(self._connections[connection], names))
        return {
            topic: {p: max(at, before.get(topic, {}).get(p, at)) for p, at in partitions.items()}
            for topic, partitions in begin.items()
        }

    def _check_same(
        self,
        query: Query,
        read: QueryRead,
        before: SourceOrigin,
        cluster: str,
        ids: Mapping[str, str],
    ) -> None:
        again = "start a new generation: --full-refresh -s " + (query.model or query.id)
        if before.cluster_id != cluster:
            raise CheckpointFault(
                f"the checkpoint of '{query.id}' was made on cluster {before.cluster_id}, but "
                f"connection '{read.connection}' reaches {cluster}",
                hint=f"correct the connection, or {again}",
            )
        for name, topic_id in ids.items():
            if before.topics.get(name, topic_id) != topic_id:
                raise CheckpointFault(
                    f"topic '{name}' was deleted and made again since '{query.id}' last read it; "
                    "its checkpoint counts offsets of the old one",
                    hint=again,
                )


def _connections_of(queries: Iterable[Query]) -> set[str]:
    reads = {r.connection for q in queries for r in q.reads}
    writes = {w.connection for q in queries for w in q.writes if w.topic}
    return {name for name in reads | writes if name is not None}


def _spec(write: QueryWrite) -> TopicSpec:
    assert write.topic is not None
    return TopicSpec(write.topic, write.partitions, write.replication, write.topic_config)


def _as_spark(offsets: Mapping[str, Mapping[int, int]]) -> dict[str, dict[str, int]]:
    return {t: {str(p): at for p, at in partitions.items()} for t, partitions in offsets.items()}


def _parse_offsets(text: str) -> Mapping[str, Any]:
    try:
        chosen = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanError(
            f"startingOffsets is neither earliest, latest nor JSON: {text!r} ({error.msg})"
        ) from error
    if not isinstance(chosen, dict) or not all(isinstance(v, dict) for v in chosen.values()):
        raise PlanError(f"startingOffsets must map topics to partitions to offsets: {text!r}")
    return chosen


def _meant(offset: int, begin: int, end: int) -> int:
    """Spark's own words in startingOffsets: -2 is the earliest offset, -1 the latest."""
    return {-2: begin, -1: end}.get(offset, offset)
