"""Topics that queries read and write: they exist, are the ones read before, and have one
first offset for all their readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from streamsql.connectors.kafka import RESOLVED, is_committed
from streamsql.errors import CheckpointFault, ConnectionFault
from streamsql.plan.nodes import Query, QueryRead, QueryWrite
from streamsql.spark.checkpoints import Generation, SourceOrigin
from streamsql.spark.events import Notice, Observer
from streamsql.spark.kafka import (
    TopicInfo,
    TopicSpec,
    begin_offsets,
    create_topics,
    describe_cluster,
    matching_topics,
    topic_info,
)
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.starts import Offsets, first_offsets, of_read


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
        self._starts: dict[tuple[str, tuple[str, ...], tuple[int, ...], str], Offsets] = {}
        self._unmatched: set[str] = set()  # sources whose pattern matches nothing, once told

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
        return SourceOrigin(cluster, ids, self._still_there(read, names, before.offsets))

    def _names(self, read: QueryRead) -> tuple[str, ...]:
        assert read.connection is not None
        if read.topic_pattern is None:
            return read.topics
        names = matching_topics(self._connections[read.connection], read.topic_pattern)
        if not names and read.of not in self._unmatched:
            self._unmatched.add(read.of)
            self._observer(
                Notice(
                    f"'{read.of}': no topic on connection '{read.connection}' matches its pattern "
                    "yet, or none that its user may see",
                    "warning",
                )
            )
        missing = [n for n in names if (read.connection, n) not in self._infos]
        self._learn(read.connection, missing)
        return names

    def _make_written(self, connection: str, queries: Iterable[Query]) -> None:
        writes = [w for q in queries for w in q.writes if w.connection == connection and w.topic]
        specs = {w.topic: spec_of(w) for w in writes if w.topic}
        specs |= {w.dead_letter: TopicSpec(w.dead_letter) for w in writes if w.dead_letter}
        self._make(connection, specs)
        for name, spec in specs.items():
            for what in drift(spec, self._infos[connection, name]):
                self._observer(Notice(f"topic '{name}' on '{connection}': {what}", "warning"))

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
        for read in reads:
            self._require_partitions(connection, read)

    def _require_partitions(self, connection: str, read: QueryRead) -> None:
        for name in read.topics:
            count = self._infos[connection, name].partitions
            beyond = [str(p) for p in read.partitions if p >= count]
            if beyond:
                raise ConnectionFault(
                    f"'{read.of}' reads partition {', '.join(beyond)} of topic '{name}' on "
                    f"connection '{connection}', which has {count}, counted from 0",
                    hint="correct the partitions of the source",
                )

    def _make(self, connection: str, specs: Mapping[str, TopicSpec]) -> None:
        there = topic_info(self._connections[connection], specs)
        self._remember(connection, there)
        missing = [s for n, s in specs.items() if n not in there]
        if missing and not self._connections[connection].create_topics:
            names = ", ".join(f"'{s.name}'" for s in missing)
            raise ConnectionFault(
                f"connection '{connection}' lets no topics be made, and these are missing: {names}",
                hint="create them, or set create_topics: true on the connection",
            )
        made = create_topics(self._connections[connection], missing)
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
        start = {k: v for k, v in read.options.items() if k in RESOLVED}
        asked = json.dumps([start, is_committed(read.options)])
        key = (read.connection, names, read.partitions, asked)
        if key not in self._starts:
            connection = self._connections[read.connection]
            self._starts[key] = first_offsets(connection, read, names)
        return self._starts[key]

    def _still_there(self, read: QueryRead, names: tuple[str, ...], before: Offsets) -> Offsets:
        """First offsets of a query that never got to its first batch: what retention has
        deleted since cannot be read any more, and new partitions start at their beginning."""
        assert read.connection is not None
        begin = of_read(read, begin_offsets(self._connections[read.connection], names))
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


def spec_of(write: QueryWrite) -> TopicSpec:
    """Return the topic that a write asks for."""
    assert write.topic is not None
    return TopicSpec(write.topic, write.partitions, write.replication, write.topic_config)


def drift(spec: TopicSpec, found: TopicInfo) -> Iterator[str]:
    """Yield in what a topic differs from what its model asks for; it is left as it is."""
    for what, wanted, there in (
        ("partitions", spec.partitions, found.partitions),
        ("replication", spec.replication, found.replication),
    ):
        if wanted is not None and wanted != there:
            yield f"{what} is {there}, and the model wants {wanted}"
    for name, text in spec.config.items():
        value = found.config.get(name, "not set")
        if _words(value) != _words(text):
            yield f"{name} is {value}, and the model wants {text}"


def _words(value: str) -> set[str]:
    """A list such as ``compact,delete`` means the same in any order."""
    return {word.strip().lower() for word in value.split(",")}
