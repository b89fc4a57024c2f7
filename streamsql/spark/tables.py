"""Tables that queries write: they exist, with their columns, before a query starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from streamsql.datatypes import ddl, parse_type
from streamsql.errors import PlanError
from streamsql.plan.nodes import Query, QueryWrite


def table_path(path: str, format: str, generation: int) -> str:  # noqa: A002 - Spark's word
    """Return where a table of one generation is.

    Parquet tables have a folder a generation: a file sink's own log (``_spark_metadata``)
    makes a new checkpoint skip batches silently when it finds an old one's numbers.
    """
    return f"{path}/generation={generation}" if format == "parquet" else path


def ensure_table(
    spark: SparkSession, query: Query, write: QueryWrite, path: str
) -> tuple[str, ...]:
    """Create a Delta table that is not there, and return the columns that are written if not all
    are.

    A table that lacks some gets them, or they are left out, if the model says so; PlanError if
    it does not.
    """
    if write.format != "delta":
        return ()
    columns = ", ".join(f"`{c.name}` {c.data_type}" for c in write.columns)
    parts = [f"CREATE TABLE IF NOT EXISTS delta.`{path}` ({columns}) USING delta"]
    if write.partition_by:
        parts.append(f"PARTITIONED BY ({', '.join(f'`{c}`' for c in write.partition_by)})")
    if write.change_feed:
        parts.append("TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    spark.sql(" ".join(parts))
    if write.on_schema_change == "append_new_columns":
        _follow(spark, write, path)
    there = _types(spark, path)
    names = [c.name for c in write.columns]
    kept = [n for n in names if n in there or write.on_schema_change != "ignore"]
    _check_columns(query, write, path, there, kept)
    return () if kept == names else tuple(kept)


def _follow(spark: SparkSession, write: QueryWrite, path: str) -> None:
    """Add the columns that a table lacks, and widen types where Delta can."""
    there = _types(spark, path)
    new = [c for c in write.columns if c.name not in there]
    if new:
        listed = ", ".join(f"`{c.name}` {c.data_type}" for c in new)
        spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS ({listed})")
    wider = [
        c for c in write.columns if there.get(c.name, _normal(c.data_type)) != _normal(c.data_type)
    ]
    for column in wider:
        try:
            spark.sql(
                f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES (delta.enableTypeWidening = true)"
            )
            spark.sql(
                f"ALTER TABLE delta.`{path}` ALTER COLUMN `{column.name}` TYPE {column.data_type}"
            )
        except PySparkException:  # it is no wider one, and _check_columns will say so
            return


def empty_table(spark: SparkSession, write: QueryWrite, path: str) -> None:
    """Remove every row of a Delta table; a parquet generation starts empty by itself."""
    if write.format == "delta" and _is_delta(spark, path):
        spark.sql(f"DELETE FROM delta.`{path}`")


def _is_delta(spark: SparkSession, path: str) -> bool:
    jvm = spark._jvm
    assert jvm is not None
    return bool(jvm.io.delta.tables.DeltaTable.isDeltaTable(spark._jsparkSession, path))


def _types(spark: SparkSession, path: str) -> dict[str, str]:
    there = spark.read.format("delta").load(path).schema
    return {f.name: _normal(f.dataType.simpleString()) for f in there.fields}


def _normal(data_type: str) -> str:
    return ddl(parse_type(data_type))


def _check_columns(
    query: Query, write: QueryWrite, path: str, there: Mapping[str, str], names: Sequence[str]
) -> None:
    """Compare the columns that are written; only a table that must not change has no others."""
    wanted = {c.name: _normal(c.data_type) for c in write.columns if c.name in names}
    found = {n: t for n, t in there.items() if n in wanted or write.on_schema_change == "fail"}
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
        hint="set on_schema_change, give the model another location, or move the table away and "
        "use --full-refresh",
    )
