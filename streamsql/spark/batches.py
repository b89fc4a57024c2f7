"""The one home of ``foreachBatch``: batches that Spark's own sinks cannot write.

These are merges, writes into databases, and queries with several writes. Spark runs a batch
again if it died before its commit, so every writer must make nothing of a batch that it has
written before, or say that it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from streamsql.errors import StreamsqlError
from streamsql.plan.nodes import BATCH_VIEW, Query, QueryWrite
from streamsql.spark.databases import Batch, DatabaseTable
from streamsql.spark.failures import BatchFailed
from streamsql.spark.merge import merge_rows


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a write goes.

    ``options`` reach a cluster, ``path`` is a table of files in this generation, of which
    ``columns`` are written (all if there are none), ``database`` is a table of a database.
    """

    write: QueryWrite
    options: Mapping[str, str]
    path: str | None = None
    columns: tuple[str, ...] = ()
    database: DatabaseTable | None = None

    def rows(self, rows: DataFrame) -> DataFrame:
        """Return the rows with the columns that are written."""
        return rows.select(*[f"`{name}`" for name in self.columns]) if self.columns else rows


BatchWriter = Callable[[DataFrame, Batch], None]


def needs_batches(query: Query) -> bool:
    """Whether no single sink of Spark's does what a query writes."""
    return len(query.writes) > 1 or any(w.merges or w.kind == "jdbc" for w in query.writes)


def foreach_batch(
    query: Query, destinations: Sequence[Destination]
) -> Callable[[DataFrame, int], None]:
    """Return what ``foreachBatch`` calls: every write in its order, from rows computed once."""
    writers = [(d, _writer(d)) for d in destinations]

    def write_batch(rows: DataFrame, number: int) -> None:
        session = rows.sparkSession
        checkpoint = session.sparkContext.getLocalProperty(_CHECKPOINT_ID)
        assert checkpoint is not None, "Spark tells each batch whose it is"
        batch = Batch(query.id, checkpoint, number)
        # A stateful batch must not be computed twice.
        rows.persist()
        try:
            if query.stateful:
                # The tasks that compute the rows commit the state: they must run even if every
                # writer leaves the batch alone because it has had it.
                rows.count()
            rows.createOrReplaceTempView(BATCH_VIEW)
            for destination, write in writers:
                select = destination.write.select
                own = rows if select is None else session.sql(select)
                write(destination.rows(own), batch)
        except StreamsqlError as fault:
            raise BatchFailed(fault) from None
        finally:
            rows.unpersist()

    return write_batch


# StreamExecution.QUERY_ID_KEY: a local property of the thread that runs a query's batches.
_CHECKPOINT_ID = "sql.streaming.queryId"


def _writer(destination: Destination) -> BatchWriter:
    write, path = destination.write, destination.path
    if destination.database is not None:
        return destination.database.write
    if write.merges:
        assert path is not None, "a merged table has a path"
        merge = merge_rows(write, path)
        return lambda rows, _: merge(rows)
    return lambda rows, batch: _append(rows, batch, destination)


def _append(rows: DataFrame, batch: Batch, destination: Destination) -> None:
    """Add the rows of a batch to what is there: to Delta once, elsewhere at least once."""
    write = destination.write
    options = {**write.options, **destination.options}
    if write.format == "delta":
        # Delta's log keeps the last number of each id, and skips what it has had.
        options |= {"txnAppId": batch.checkpoint, "txnVersion": str(batch.number)}
    writer = rows.write.format(write.format).mode("append").options(**options)
    if write.partition_by:
        writer = writer.partitionBy(*write.partition_by)
    writer.save(destination.path)
