"""What must be true before any query starts.

Locks are held, checkpoints belong to their queries, topics to read are the ones that were
read before, every source has one first offset for all its readers, and every output
exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import SparkSession

from streamsql.connectors.kafka import client_options
from streamsql.plan.nodes import Plan, Query, QueryRead, QueryWrite
from streamsql.registry.registering import Registries
from streamsql.spark.batches import Destination
from streamsql.spark.checkpoints import (
    PREPARING,
    Generation,
    adopt_renamed,
    changed_statements,
    current_generation,
    open_generation,
    query_folder,
    save,
)
from streamsql.spark.databases import DatabaseTable, prepare_table
from streamsql.spark.events import Notice, Observer
from streamsql.spark.jdbc import JdbcConnection
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.locks import CheckpointLock
from streamsql.spark.session import jvm_pid
from streamsql.spark.storage import absolute, is_local, storage_for
from streamsql.spark.tables import empty_table, ensure_table, table_path
from streamsql.spark.topics import Topics

# Kafka's clients ask for a minute, and Spark three times over, before a query fails for want
# of a broker: three minutes in which a user sees nothing. Settings of the user's win.
PATIENCE = {
    "kafka.default.api.timeout.ms": "20000",
    "kafka.request.timeout.ms": "15000",
    "fetchOffset.numRetries": "2",
}


@dataclass(frozen=True, slots=True)
class Connections:
    """The Kafka clusters and databases of a target as they can be reached now, by name.

    ``embedded`` are the names of those clusters that are a broker of our own; ``registries``
    are the schema registries.
    """

    kafka: Mapping[str, KafkaConnection]
    embedded: frozenset[str] = frozenset()
    databases: Mapping[str, JdbcConnection] = field(default_factory=dict)
    registries: Registries = field(default_factory=Registries)

    def spark_options(self, name: str | None) -> Mapping[str, str]:
        """Return what Spark's Kafka source and sink need to reach a cluster."""
        if name is None:
            return {}
        connection = self.kafka[name]
        return client_options(connection.bootstrap_servers, connection.options)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What queries are started with.

    ``paths`` map queries to their tables of files, ``columns`` to those that are written of them
    if not all are, ``databases`` to their tables of databases.
    """

    generations: Mapping[str, Generation]
    paths: Mapping[str, str]
    connections: Connections
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    databases: Mapping[str, DatabaseTable] = field(default_factory=dict)

    def read_options(self, query: Query) -> Mapping[str, Mapping[str, str]]:
        """Return how each Kafka read reaches its cluster, and where it starts."""
        origins = self.generations[query.id].origins
        return {
            read.view: {
                **self._reach(read),
                "startingOffsets": json.dumps(origins[read.view].offsets, sort_keys=True),
            }
            for read in query.reads
            if read.kind == "kafka"
        }

    def _reach(self, read: QueryRead) -> Mapping[str, str]:
        told = self.connections.spark_options(read.connection)
        given = told.keys() | read.options.keys()
        return told if given & PATIENCE.keys() else {**PATIENCE, **told}

    def destinations(self, query: Query) -> tuple[Destination, ...]:
        """Return where each output of a query goes, and how its cluster is reached."""
        return tuple(
            Destination(
                write,
                self.connections.spark_options(write.connection if write.topic else None),
                self.paths.get(query.id) if write.path is not None else None,
                self.columns.get(query.id, ()) if write.kind == "table" else (),
                self.databases.get(query.id) if write.kind == "jdbc" else None,
            )
            for write in query.writes
        )


class Preparation:
    """Prepares the queries of a plan, and holds their locks until it is released."""

    def __init__(
        self,
        plan: Plan,
        connections: Connections,
        root: Path,
        spark: SparkSession,
        observer: Observer,
    ) -> None:
        self._plan = plan
        self._root = root
        self._spark = spark
        self._observer = observer
        self._topics = Topics(connections.kafka, connections.embedded, observer)
        self._connections = connections
        self._checkpoints = absolute(plan.checkpoints, root)
        self._storage = storage_for(self._checkpoints, spark)
        self._locks = ExitStack()
        self._locked: set[str] = set()

    def prepare(self, queries: Iterable[Query], full_refresh: frozenset[str]) -> Prepared:
        """Make sure of everything for these queries.

        Raises:
            CheckpointFault: a checkpoint is locked, was made by another query, or read a
                topic that has been recreated since.
            ConnectionFault: a broker or database cannot be reached, or a topic to read is missing.
            PlanError: a table that exists has other columns than the query writes.
        """
        chosen = tuple(queries)
        for query in chosen:
            self._lock(query)
        generations = {q.id: self._generation(q, q.id in full_refresh) for q in chosen}
        self._topics.ensure(chosen)
        bound = {q.id: self._bind(q, generations[q.id]) for q in chosen}
        paths = self._tables(chosen, bound)
        columns: dict[str, tuple[str, ...]] = {}
        databases: dict[str, DatabaseTable] = {}
        for query in chosen:
            for write in query.writes:
                if write.kind == "jdbc":
                    databases[query.id] = self._database(query, write, bound[query.id])
                elif write.kind == "table":
                    columns[query.id] = self._table(query, write, paths[query.id], bound[query.id])
            bound[query.id] = self._saved(bound[query.id].prepared())
        return Prepared(bound, paths, self._connections, columns, databases)

    def release(self) -> None:
        """Give back every lock."""
        self._locks.close()
        self._locked.clear()

    def _folder(self, query_id: str) -> str:
        return query_folder(self._checkpoints, self._plan.project, query_id)

    def _lock(self, query: Query) -> None:
        if query.id in self._locked or not is_local(self._checkpoints):
            return
        old = adopt_renamed(self._storage, self._checkpoints, self._plan.project, query)
        if old is not None:
            self._observer(Notice(f"{query.id} takes over the checkpoint of {old}"))
        lock = CheckpointLock(Path(self._folder(query.id)), query.id)
        lock.acquire(
            jvm_pid(self._spark), lambda text: self._observer(Notice(f"{query.id}: {text}"))
        )
        self._locks.callback(lock.release)
        self._locked.add(query.id)

    def _generation(self, query: Query, full_refresh: bool) -> Generation:
        folder = self._folder(query.id)
        generation = open_generation(self._storage, folder, query, full_refresh=full_refresh)
        if query.stateful and changed_statements(generation, query):
            self._observer(
                Notice(
                    f"{query.id}: its SQL changed since its state was made; old state is kept "
                    "and mixed with new rows (--full-refresh starts anew)",
                    severity="warning",
                )
            )
        return generation

    def _bind(self, query: Query, generation: Generation) -> Generation:
        origins = {
            read.view: self._topics.origin(query, read, generation)
            for read in query.reads
            if read.kind == "kafka"
        }
        return self._saved(generation.bound(query, origins))

    def _saved(self, generation: Generation) -> Generation:
        save(self._storage, generation)
        return generation

    def _tables(
        self, queries: Iterable[Query], generations: Mapping[str, Generation]
    ) -> Mapping[str, str]:
        """Return where each table is that is written or read, by the query that writes it."""
        ends = [(r.writer, r.path, r.format) for q in queries for r in q.reads]
        ends += [(q.id, w.path, w.format) for q in queries for w in q.writes]
        paths = {}
        for writer, path, kind in ends:
            if writer is None or path is None:
                continue
            number = (
                generations[writer].number
                if writer in generations
                else current_generation(self._storage, self._folder(writer)) or 1
            )
            paths[writer] = table_path(absolute(path, self._root), kind, number)
        return paths

    def _database(self, query: Query, write: QueryWrite, generation: Generation) -> DatabaseTable:
        return prepare_table(
            self._spark,
            self._plan.project,
            query,
            write,
            self._connections.databases[str(write.connection)],
            empty=generation.state == PREPARING,
        )

    def _table(
        self, query: Query, write: QueryWrite, path: str, generation: Generation
    ) -> tuple[str, ...]:
        if generation.state == PREPARING:
            empty_table(self._spark, write, path)
        return ensure_table(self._spark, query, write, path)
