"""Delta tables whose models got other columns, and streams that read them on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamsql.errors import PlanError
from streamsql.findings import Location
from streamsql.plan.nodes import PlannedColumn, Query, QueryRead, QueryWrite, Step
from streamsql.project.nodes import Trigger

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark
OLD = {"id": "int", "price": "decimal(6,2)"}
NEW = {"id": "bigint", "price": "decimal(12,2)", "note": "string"}


def query_of(name: str, read: QueryRead, write: QueryWrite) -> Query:
    listed = ", ".join(f"CAST({c.name} AS {c.data_type}) AS {c.name}" for c in write.columns)
    return Query(
        id=name, kind="model", model=name, reads=(read,),
        steps=(Step("rows", f"SELECT {listed} FROM {read.view}"),), writes=(write,),
        output_mode="append", trigger=Trigger(), upstream=(), level=0, sql="",
        location=Location(f"models/{name}.sql"),
    )  # fmt: skip


def writer(folder: Path, columns: dict[str, str], **settings: Any) -> Query:
    read = QueryRead(
        "events", "events", "table", "json", {}, path=str(folder / "in"),
        schema="id bigint, price decimal(12,2), note string",
    )  # fmt: skip
    planned = tuple(PlannedColumn(name, kind) for name, kind in columns.items())
    path = str(folder / "table")
    return query_of(
        "prices", read, QueryWrite("table", "delta", {}, planned, path=path, **settings)
    )


def reader(folder: Path, columns: dict[str, str], **settings: Any) -> Query:
    read = QueryRead("prices", "prices", "table", "delta", {}, path=str(folder / "table"))
    planned = tuple(PlannedColumn(name, kind) for name, kind in columns.items())
    path = str(folder / "copy")
    return query_of("copy", read, QueryWrite("table", "delta", {}, planned, path=path, **settings))


def drain(spark: SparkSession, query: Query, checkpoint: Path) -> None:
    from streamsql.spark.batches import Destination
    from streamsql.spark.streams import start_query
    from streamsql.spark.tables import ensure_table

    (write,) = query.writes
    columns = ensure_table(spark, query, write, str(write.path))
    stream = start_query(
        spark,
        query,
        checkpoint=str(checkpoint),
        read_options={},
        destinations=[Destination(write, {}, write.path, columns)],
        paths={},
        once=True,
    )
    stream.awaitTermination(120)
    assert stream.exception() is None


def put(folder: Path, number: int, row: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / f"{number}.json").write_text(row)


def rows(spark: SparkSession, path: Path) -> list[tuple[Any, ...]]:
    found = spark.read.format("delta").load(str(path)).orderBy("id").collect()
    return [tuple(str(v) if v is not None else None for v in row) for row in found]


def test_columns_are_added_and_types_widened(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, 1, '{"id": 1, "price": 1.50, "note": "a"}')
    drain(spark, writer(tmp_path, OLD), tmp_path / "c")
    drain(spark, reader(tmp_path, OLD), tmp_path / "r")

    put(tmp_path, 2, '{"id": 3000000000, "price": 12345678.50, "note": "b"}')
    with pytest.raises(
        PlanError, match=r"id: int in the table, bigint in the model; note: missing"
    ):
        drain(spark, writer(tmp_path, NEW), tmp_path / "c")
    drain(spark, writer(tmp_path, NEW, on_schema_change="append_new_columns"), tmp_path / "c")
    wide = [("1", "1.50", None), ("3000000000", "12345678.50", "b")]
    assert rows(spark, tmp_path / "table") == wide
    # A reader of the table goes on from its checkpoint.
    drain(spark, reader(tmp_path, NEW, on_schema_change="append_new_columns"), tmp_path / "r")
    assert rows(spark, tmp_path / "copy") == wide

    put(tmp_path, 3, '{"id": 4, "price": 2, "note": "c"}')
    lacking = {"id": "bigint", "price": "decimal(12,2)"}
    drain(spark, writer(tmp_path, lacking, on_schema_change="append_new_columns"), tmp_path / "c")
    assert rows(spark, tmp_path / "table") == [wide[0], ("4", "2.00", None), wide[1]]
    narrower = writer(tmp_path, {**NEW, "price": "int"}, on_schema_change="append_new_columns")
    with pytest.raises(PlanError, match=r"price: decimal\(12,2\) in the table, int in the model"):
        drain(spark, narrower, tmp_path / "c")


def test_columns_are_left_out(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, 1, '{"id": 1, "price": 1.50, "note": "a"}')
    merged = {"unique_key": ("id",), "order_by": ("price",)}
    drain(spark, writer(tmp_path, OLD, **merged), tmp_path / "c")
    put(tmp_path, 2, '{"id": 1, "price": 2.50, "note": "b"}')
    more = {**OLD, "note": "string"}
    drain(spark, writer(tmp_path, more, on_schema_change="ignore", **merged), tmp_path / "c")
    assert rows(spark, tmp_path / "table") == [("1", "2.50")]
    put(tmp_path, 3, '{"id": 1, "price": 3.50, "note": "c"}')
    append = {**merged, "on_schema_change": "append_new_columns"}
    drain(spark, writer(tmp_path, more, **append), tmp_path / "c")
    assert rows(spark, tmp_path / "table") == [("1", "3.50", "c")]
