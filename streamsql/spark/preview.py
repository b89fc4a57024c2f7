"""The first rows of a model, from what its sources hold now; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from streamsql.errors import QueryFault
from streamsql.plan.nodes import Plan, Query, QueryRead
from streamsql.spark.checkpoints import current_generation, query_folder
from streamsql.spark.failures import read_failure
from streamsql.spark.preparation import Connections
from streamsql.spark.readiness import require_clusters, require_master
from streamsql.spark.session import SessionSpec, open_session, query_session
from streamsql.spark.storage import absolute, storage_for
from streamsql.spark.streams import run_steps
from streamsql.spark.tables import table_path

_STREAM_ONLY = (
    "startingOffsets",
    "startingTimestamp",
    "startingOffsetsByTimestamp",
    "maxOffsetsPerTrigger",
    "minOffsetsPerTrigger",
    "maxTriggerDelay",
    "maxFilesPerTrigger",
    "maxBytesPerTrigger",
)


@dataclass(frozen=True, slots=True)
class Preview:
    """Some rows of a model, in the order Spark gave them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def preview(
    query: Query,
    plan: Plan,
    connections: Connections,
    *,
    root: Path,
    session: SessionSpec,
    limit: int,
) -> Preview:
    """Run a model over what is there now, as a batch, and return its first rows.

    Windows count as if the stream ended here, so those still open are shown too.

    Raises:
        EnvironmentFault: Spark does not start.
        ConnectionFault: a Kafka cluster cannot be reached.
        QueryFault: Spark cannot run the model; names the reason.
    """
    require_master(session.settings.master)
    require_clusters((query,), connections.kafka)
    with open_session(session) as spark:
        paths = _table_paths(spark, plan, root)
        own = query_session(spark)
        try:
            for read in query.reads:
                _load(own, read, connections, paths).createOrReplaceTempView(read.view)
            rows = run_steps(own, query.steps).limit(limit)
            return Preview(tuple(rows.columns), tuple(tuple(row) for row in rows.collect()))
        except PySparkException as error:
            failure = read_failure(str(error), "")
            raise QueryFault(
                f"'{query.id}' cannot be shown: {failure.reason}",
                model=query.id,
                location=query.location,
                hint=failure.hint,
            ) from error


def _load(
    spark: SparkSession, read: QueryRead, connections: Connections, paths: Mapping[str, str]
) -> DataFrame:
    options = {k: v for k, v in read.options.items() if k not in _STREAM_ONLY}
    reader = spark.read.format(read.format).options(**options)
    if read.kind == "kafka":
        return reader.options(**connections.spark_options(read.connection)).load()
    if read.schema is not None:
        reader = reader.schema(read.schema)
    return reader.load(paths.get(read.writer or "", read.path))


def _table_paths(spark: SparkSession, plan: Plan, root: Path) -> Mapping[str, str]:
    """Return where the tables of the last run are, by the query that writes them."""
    checkpoints = absolute(plan.checkpoints, root)
    storage = storage_for(checkpoints, spark)
    paths = {}
    for query in plan.queries:
        for write in query.writes:
            if write.path is not None:
                folder = query_folder(checkpoints, plan.project, query.id)
                number = current_generation(storage, folder) or 1
                paths[query.id] = table_path(absolute(write.path, root), write.format, number)
    return paths
