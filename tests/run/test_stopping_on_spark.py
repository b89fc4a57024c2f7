"""Queries that are stopped: what is said of their last batch is what their checkpoint says."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamsql.spark.stopping import ask_to_end, finish

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark


def newest(folder: Path) -> int:
    return max((int(p.name) for p in folder.iterdir() if p.name.isdigit()), default=-1)


def test_the_batch_in_flight_is_finished(spark: SparkSession, tmp_path: Path) -> None:
    began = threading.Event()

    def write(rows: DataFrame, batch: int) -> None:
        began.set()
        rows.count()

    query = started(spark, tmp_path, write)
    assert began.wait(300)
    assert ask_to_end(query)
    assert finish(query, patience=300)
    assert newest(tmp_path / "offsets") == newest(tmp_path / "commits") >= 0


@pytest.mark.parametrize("fails", [True, False], ids=["and fails", "and ends after all"])
def test_a_batch_that_outlasts_the_patience(
    spark: SparkSession, tmp_path: Path, fails: bool
) -> None:
    began, over = threading.Event(), threading.Event()

    def write(rows: DataFrame, batch: int) -> None:
        began.set()
        over.wait(300)  # Spark waits for it, whatever else
        if fails:
            raise RuntimeError("cut off")

    query = started(spark, tmp_path, write)
    try:
        assert began.wait(300)
        assert ask_to_end(query)
        threading.Timer(3, over.set).start()  # well after the patience is over
        clean = finish(query, patience=0.3)
    finally:
        over.set()
    committed = newest(tmp_path / "offsets") == newest(tmp_path / "commits")
    assert clean == committed
    assert not (fails and clean)


def started(spark, checkpoint, write):  # type: ignore[no-untyped-def]
    rows = spark.readStream.format("rate").option("rowsPerSecond", 100).load()
    return (
        rows.writeStream.foreachBatch(write).option("checkpointLocation", str(checkpoint)).start()
    )
