"""Tables that queries write: they exist, with their columns, before a query starts."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from streamsql.datatypes import ddl, parse_type
from streamsql.errors import PlanError
from streamsql.plan.nodes import Query, QueryWrite


def table_path(path: str, format: str, generation: int) -> str:  # noqa: A002 - Spark's word
    """Return where a table of one generation is.

    Parquet tables have a folder a generation: a file sink's own log (``_spark_metadata``)
    makes a new checkpoint skip batches silently when it finds an old one's numbers.
    """
    return f"{path}/generation={generation}" if format == "parquet" else path


def ensure_table(spark: SparkSession, query: Query, write: QueryWrite, path: str) -> None:
    """Create a Delta table that is not there; PlanError if one is there with other columns."""
    if write.format != "delta":
        return
    columns = ", ".join(f"`{c.name}` {c.data_type}" for c in write.columns)
    parts = [f"CREATE TABLE IF NOT EXISTS delta.`{path}` ({columns}) USING delta"]
    if write.partition_by:
        parts.append(f"PARTITIONED BY ({', '.join(f'`{c}`' for c in write.partition_by)})")
    if write.change_feed:
        parts.append("TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    spark.sql(" ".join(parts))
    there = spark.read.format("delta").load(path).schema
    _check_columns(query, write, path, there)


def empty_table(spark: SparkSession, write: QueryWrite, path: str) -> None:
    """Remove every row of a Delta table; a parquet generation starts empty by itself."""
    if write.format == "delta" and _is_delta(spark, path):
        spark.sql(f"DELETE FROM delta.`{path}`")


def _is_delta(spark: SparkSession, path: str) -> bool:
    jvm = spark._jvm
    assert jvm is not None
    return bool(jvm.io.delta.tables.DeltaTable.isDeltaTable(spark._jsparkSession, path))


def _check_columns(query: Query, write: QueryWrite, path: str, there: StructType) -> None:
    found = {f.name: ddl(parse_type(f.dataType.simpleString())) for f in there.fields}
    wanted = {c.name: ddl(parse_type(c.data_type)) for c in write.columns}
    if found == wanted:
        return
    differing = sorted(
        name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)
    )
    listed = "; ".join(
        f"{name}: {found.get(name, 'missing')} in the table, {wanted.get(name, 'missing')} "
        "in the model"
        for name in differing
    )
    raise PlanError(
        f"the table of '{query.id}' at {path} has other columns than the model ({listed})",
        hint="give the model another location, or move the table away and use --full-refresh",
    )
