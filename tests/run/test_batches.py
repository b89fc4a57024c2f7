"""Several writes of one batch, and a batch that is run again, with real Delta tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamsql.findings import Location
from streamsql.plan.nodes import BATCH_VIEW, PlannedColumn, Query, QueryRead, QueryWrite, Step
from streamsql.project.nodes import Trigger

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

COLUMNS = (PlannedColumn("id", "bigint"), PlannedColumn("kind", "string"))


def table(path: Path, select: str | None = None, **more: object) -> QueryWrite:
    return QueryWrite("table", "delta", {}, COLUMNS, path=str(path), select=select, **more)  # type: ignore[arg-type]


def query_of(source: Path, *writes: QueryWrite) -> Query:
    read = QueryRead(
        "events", "events", "table", "json", {}, path=str(source), schema="id bigint, kind string"
    )
    return Query(
        id="sorted_events",
        kind="model",
        model="sorted_events",
        reads=(read,),
        steps=(Step("rows", "SELECT * FROM events"),),
        writes=writes,
        output_mode="append",
        trigger=Trigger(),
        upstream=(),
        level=0,
        sql="",
        location=Location("models/sorted_events.sql"),
    )


def test_one_batch_into_several_tables_once_each(spark: SparkSession, tmp_path: Path) -> None:
    source, good, bad, newest = (tmp_path / n for n in ("source", "good", "bad", "newest"))
    source.mkdir()
    rows = [f'{{"id": {n}, "kind": "{"good" if n % 4 else "bad"}"}}' for n in range(100)]
    (source / "1.json").write_text("\n".join(rows))
    query = query_of(
        source,
        table(good, f"SELECT * FROM {BATCH_VIEW} WHERE kind = 'good'"),
        table(bad, f"SELECT * FROM {BATCH_VIEW} WHERE kind = 'bad'"),
        table(newest, unique_key=("kind",), order_by=("id",)),
    )
    spark.sql(f"CREATE TABLE delta.`{newest}` (id bigint, kind string) USING delta")
    drain(spark, query, tmp_path / "checkpoint")
    forget_last_commit(tmp_path / "checkpoint")
    drain(spark, query, tmp_path / "checkpoint")
    assert ids(spark, good) == [n for n in range(100) if n % 4]
    assert ids(spark, bad) == list(range(0, 100, 4))
    assert ids(spark, newest) == [96, 99]


def test_a_new_checkpoint_counts_from_the_start(spark: SparkSession, tmp_path: Path) -> None:
    """The numbers of its batches are those of the old one, and its rows are others."""
    source, good, all_rows = (tmp_path / n for n in ("source", "good", "all"))
    source.mkdir()
    (source / "1.json").write_text('{"id": 1, "kind": "good"}')
    query = query_of(source, table(good), table(all_rows))
    drain(spark, query, tmp_path / "first")
    drain(spark, query, tmp_path / "second")
    assert ids(spark, good) == [1, 1]


def test_files_of_spark_are_a_sink(spark: SparkSession, tmp_path: Path) -> None:
    source, exports = tmp_path / "source", tmp_path / "exports"
    source.mkdir()
    (source / "1.json").write_text('{"id": 1, "kind": "a,b"}\n{"id": 2, "kind": "c"}')
    write = QueryWrite(
        "sink", "csv", {"header": "true"}, COLUMNS, path=str(exports), partition_by=("id",)
    )
    drain(spark, query_of(source, write), tmp_path / "checkpoint")
    forget_last_commit(tmp_path / "checkpoint")
    drain(spark, query_of(source, write), tmp_path / "checkpoint")
    found = spark.read.option("header", "true").csv(str(exports)).orderBy("id").collect()
    assert [(row["kind"], row["id"]) for row in found] == [("a,b", 1), ("c", 2)]
    drain(spark, query_of(source, QueryWrite("sink", "noop", {}, COLUMNS)), tmp_path / "nowhere")


def drain(spark: SparkSession, query: Query, checkpoint: Path) -> None:
    from streamsql.spark.batches import Destination
    from streamsql.spark.streams import start_query

    stream = start_query(
        spark,
        query,
        checkpoint=str(checkpoint),
        read_options={},
        destinations=[Destination(w, {}, w.path) for w in query.writes],
        paths={},
        once=True,
    )
    stream.awaitTermination(300)
    assert stream.exception() is None


def forget_last_commit(checkpoint: Path) -> None:
    """As if the process had been killed just before Spark's commit."""
    newest = max((p for p in (checkpoint / "commits").iterdir() if p.name.isdigit()), key=by_number)
    newest.unlink()
    newest.with_name(f".{newest.name}.crc").unlink(missing_ok=True)


def by_number(path: Path) -> int:
    return int(path.name)


def ids(spark: SparkSession, path: Path) -> list[int]:
    rows = spark.read.format("delta").load(str(path)).orderBy("id").collect()
    return [row["id"] for row in rows]
