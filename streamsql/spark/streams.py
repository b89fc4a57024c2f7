"""From a planned query to a running one: the only place that starts a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name Spark's own documents use
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter

from streamsql.connectors.kafka import RESOLVED
from streamsql.intervals import parse_interval
from streamsql.plan.nodes import Query, QueryRead, Step
from streamsql.spark.batches import Destination, foreach_batch, needs_batches
from streamsql.spark.progress import ROWS_OUT
from streamsql.spark.session import query_session

DELAY_KEY = "spark.watermarkDelayMs"  # EventTimeWatermark.delayKey


def start_query(
    spark: SparkSession,
    query: Query,
    *,
    checkpoint: str,
    read_options: Mapping[str, Mapping[str, str]],
    destinations: Sequence[Destination],
    paths: Mapping[str, str],
    once: bool,
    pool: str | None = None,
) -> StreamingQuery:
    """Start one query and return its handle.

    ``pool`` is the scheduler pool of its jobs (``scheduler_pool``); ``read_options`` are added to
    the options of each read, by view name; ``destinations`` are those of its writes; ``paths`` map
    the ids of table-writing queries to where their current generation's table is.
    """
    session = query_session(spark)
    # None takes the property away, as PySpark's documents say and its types do not.
    spark.sparkContext.setLocalProperty("spark.scheduler.pool", pool)  # type: ignore[arg-type]
    for read in query.reads:
        told = {name: text for name, text in read.options.items() if name not in RESOLVED}
        options = {**told, **read_options.get(read.view, {})}
        stream = session.readStream.format(read.format).options(**options)
        _load(stream, read, paths).createOrReplaceTempView(read.view)
    rows = run_steps(session, query.steps)
    writer = _triggered(_writer(rows, query, destinations), query, once)
    return writer.option("checkpointLocation", checkpoint).start()


def scheduler_pool(spark: SparkSession, query_id: str, queries: int) -> str | None:
    """Return the pool for the jobs of one of so many queries: its own if each can have a core,
    else None, the pool where who asks first is served first.

    Of pools without a running task Spark serves the one whose name comes first in the alphabet
    (``FairSchedulingAlgorithm``): with fewer cores than pools the last ones get next to nothing.
    """
    return query_id if spark.sparkContext.defaultParallelism >= queries else None


def run_steps(session: SparkSession, steps: tuple[Step, ...]) -> DataFrame:
    """Register each step as a temp view and return the rows of the last."""
    rows: DataFrame | None = None
    for step in steps:
        rows = _observed(_deduplicated(session.sql(step.sql), step), step)
        rows.createOrReplaceTempView(step.view)
    assert rows is not None, "a query has at least one step"
    return rows


def _load(reader: Any, read: QueryRead, paths: Mapping[str, str]) -> DataFrame:
    if read.schema is not None:
        reader = reader.schema(read.schema)
    if read.kind == "kafka":
        rows: DataFrame = reader.load()
        return rows
    loaded: DataFrame = reader.load(paths.get(read.writer or "", read.path))
    return loaded


def _deduplicated(rows: DataFrame, step: Step) -> DataFrame:
    """Keep the first row of each key.

    Spark forgets a key once the watermark has passed the row's event time by the delay it
    finds in the column's metadata (``StreamingDeduplicateWithinWatermarkExec``); ``within``
    is put there for the operator, and the real delay put back above it.
    """
    if step.dedup is None:
        return rows
    keys = list(step.dedup.keys)
    if not rows.isStreaming:
        return rows.dropDuplicates(keys)
    if step.dedup.within is None or step.event_time is None:
        return rows.dropDuplicatesWithinWatermark(keys)
    event_time = step.event_time
    delay = rows.schema[event_time].metadata
    within = {DELAY_KEY: int(parse_interval(step.dedup.within).total_seconds() * 1000)}
    kept = rows.withMetadata(event_time, within).dropDuplicatesWithinWatermark(keys)
    return kept.withMetadata(event_time, delay)


def _observed(rows: DataFrame, step: Step) -> DataFrame:
    """Let Spark count what passes here; it tells with the progress of the batch."""
    if step.observation is None:
        return rows
    counts = [F.expr(sql).alias(name) for name, sql in step.observation.counts.items()]
    return rows.observe(step.observation.name, *counts)


def _writer(rows: DataFrame, query: Query, destinations: Sequence[Destination]) -> DataStreamWriter:
    if needs_batches(query) or any(write.kind == "table" for write in query.writes):
        # Delta and file sinks, and foreachBatch, do not count what they write.
        rows = rows.observe(ROWS_OUT, F.count(F.lit(1)).alias("n"))
    if needs_batches(query):
        return _named(rows, query).foreachBatch(foreach_batch(query, destinations))
    (destination,) = destinations
    write, path = destination.write, destination.path
    writer = _named(destination.rows(rows), query).format(write.format)
    writer = writer.options(**write.options).options(**destination.options)
    if write.partition_by:
        writer = writer.partitionBy(*write.partition_by)
    return writer.option("path", path) if path is not None else writer


def _named(rows: DataFrame, query: Query) -> DataStreamWriter:
    return rows.writeStream.queryName(query.id).outputMode(query.output_mode)


def _triggered(writer: DataStreamWriter, query: Query, once: bool) -> DataStreamWriter:
    if once or query.trigger.kind == "available_now":
        return writer.trigger(availableNow=True)
    if query.trigger.interval is None:
        return writer
    return writer.trigger(processingTime=query.trigger.interval)
