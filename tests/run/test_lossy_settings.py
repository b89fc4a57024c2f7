"""The settings that lint warns of lose rows, or hold them back, on Spark."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_state_claims import CHEAP, SCHEMA, row

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PACES = {"fast": 10, "slow": 1}
"""By how many hours a batch of a stream is later than the one before."""
HOURLY = (
    "SELECT window(ts, '1 hour') AS w, count(*) AS n FROM"
    " (SELECT ts FROM fast UNION ALL SELECT ts FROM slow) GROUP BY 1"
)
BATCHES = 4


def ran(spark: SparkSession, folder: Path, settings: dict[str, str]) -> tuple[int, int]:
    """Run the query with these settings; return the windows written and the rows dropped."""
    session = spark.newSession()
    for key, value in {**CHEAP, **settings}.items():
        session.conf.set(key, value)
    start = datetime(2024, 5, 1, tzinfo=UTC)
    for name, hours in PACES.items():
        (folder / name).mkdir()
        for batch in range(BATCHES):
            path = folder / name / f"{batch}.json"
            path.write_text(json.dumps(row(start + timedelta(hours=hours * batch), batch, 0)))
            os.utime(path, (1_000_000 + batch, 1_000_000 + batch))  # Spark reads the oldest first
        stream = session.readStream.schema(SCHEMA).option("maxFilesPerTrigger", "1")
        rows = stream.json(str(folder / name)).withWatermark("ts", "5 minutes")
        rows.createOrReplaceTempView(name)
    view = f"lossy_{folder.name}".replace("-", "_")
    writer = session.sql(HOURLY).writeStream.format("memory").queryName(view)
    writer = writer.option("checkpointLocation", str(folder / "checkpoint"))
    query = writer.trigger(availableNow=True).start()
    query.awaitTermination()
    operators = [o for p in query.recentProgress for o in p.stateOperators]
    return session.table(view).count(), sum(o.numRowsDroppedByWatermark for o in operators)


@pytest.mark.spark
@pytest.mark.slow
def test_settings_lose_what_the_defaults_do_not(spark: SparkSession, tmp_path: Path) -> None:
    policy = "spark.sql.streaming.multipleWatermarkPolicy"
    batches = "spark.sql.streaming.noDataMicroBatches.enabled"
    made: dict[str, tuple[int, int]] = {}
    for name, settings in {
        "usual": {},
        "ahead": {policy: "max"},
        "later": {batches: "false"},
    }.items():
        (tmp_path / name).mkdir()
        made[name] = ran(spark, tmp_path / name, settings)
    windows, dropped = made["usual"]
    assert dropped == 0
    assert made["ahead"][1] > 0
    assert made["later"][0] < windows
