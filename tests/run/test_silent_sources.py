"""Queries of which lint says that they wait for a source for ever wait for it on Spark, too.

One stream brings rows every two hours, and another is silent after its first.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BATCHES = 3
SCHEMA = "id string, ts timestamp"
DELAYS = {"busy": "10 minutes", "silent": "5 minutes", "busy_nw": None, "silent_nw": None}
HOURLY = "SELECT window(ts, '1 hour') AS w, count(*) AS n FROM"
WITHIN = "s.ts BETWEEN b.ts AND b.ts + INTERVAL 1 HOUR"
HEARD = (
    "(SELECT id, ts FROM silent_nw UNION ALL SELECT 'none', ts FROM busy_nw)"
    " WATERMARK ts DELAY OF INTERVAL 5 MINUTES AS s"
)
WAITING = frozenset({"idle-source-stops-output", "unread-cte"})


@dataclass(frozen=True, slots=True)
class Run:
    """A query over the streams, and whether it waits for ever."""

    id: str
    sql: str
    waits: bool


RUNS = (
    Run("alone", f"{HOURLY} busy GROUP BY 1", False),
    Run(
        "union", f"{HOURLY} (SELECT ts FROM busy UNION ALL SELECT ts FROM silent) GROUP BY 1", True
    ),
    Run(
        "one-watermark",
        f"{HOURLY} (SELECT ts FROM busy_nw UNION ALL SELECT ts FROM silent_nw)"
        " WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS every GROUP BY 1",
        False,
    ),
    Run("left", f"SELECT b.id FROM busy b LEFT JOIN silent s ON b.id = s.id AND {WITHIN}", True),
    Run("full", f"SELECT b.id FROM busy b FULL JOIN silent s ON b.id = s.id AND {WITHIN}", True),
    Run("heard", f"SELECT b.id FROM busy b LEFT JOIN {HEARD} ON b.id = s.id AND {WITHIN}", False),
    Run("unread", f"WITH u AS (SELECT * FROM silent) {HOURLY} busy GROUP BY 1", True),
    Run("unread-again", f"WITH u AS (SELECT * FROM busy) {HOURLY} busy GROUP BY 1", False),
    Run("unread-unmarked", f"WITH u AS (SELECT * FROM silent_nw) {HOURLY} busy GROUP BY 1", False),
)


def told(run: Run) -> bool:
    """Whether lint says that the query waits."""
    tables = "".join(
        f"      - name: {name}\n        topic: {name}\n        format: json\n"
        + (f"        watermark: {{column: ts, delay: {delay}}}\n" if delay else "")
        + "        columns: [{name: id, data_type: string}, {name: ts, data_type: timestamp}]\n"
        for name, delay in DELAYS.items()
    )
    sql = run.sql
    for name in DELAYS:
        for word in ("FROM", "JOIN"):
            for end in (" ", ")"):
                source = f"{word} {{{{ source('s', '{name}') }}}}{end}"
                sql = sql.replace(f"{word} {name}{end}", source)
    files = ProjectFiles(
        texts={
            "streamsql.toml": 'name = "silent"\nprofile = "silent"\n',
            "models/s.yml": f"sources:\n  - name: s\n    connection: k\n    tables:\n{tables}",
            "models/m.sql": f"{{{{ config(materialized='sink', connector='console') }}}}\n{sql}\n",
        },
        profiles=(
            "profiles.yml",
            "silent: {target: t, outputs: {t: {spark: {version: 4.1.1},"
            " connections: {k: {type: kafka, embedded: true}}}}}\n",
        ),
        env={},
    )
    compilation = compile_project(files)
    assert compilation.errors == ()
    return any(f.rule in WAITING and "as a source" not in f.message for f in compilation.findings)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.id)
def test_what_waits_is_told(run: Run) -> None:
    assert told(run) == run.waits


@pytest.fixture(scope="module")
def session(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """A session of its own, which knows the streams as views."""
    folder = tmp_path_factory.mktemp("silent")
    session = spark.newSession()
    session.conf.set("spark.sql.shuffle.partitions", "1")
    start = datetime(2024, 5, 1, tzinfo=UTC)
    for name, delay in DELAYS.items():
        (folder / name).mkdir()
        for batch in range(BATCHES):
            at = (start + timedelta(hours=2 * batch)).isoformat()
            row = json.dumps({"id": f"{name}-{batch}", "ts": at})
            path = folder / name / f"{batch}.json"
            path.write_text(row if batch == 0 or name.startswith("busy") else "")
            os.utime(path, (1_000_000 + batch, 1_000_000 + batch))  # Spark reads the oldest first
        stream = session.readStream.schema(SCHEMA).option("maxFilesPerTrigger", "1")
        rows = stream.json(str(folder / name))
        (rows.withWatermark("ts", delay) if delay else rows).createOrReplaceTempView(name)
    return session


@pytest.mark.spark
@pytest.mark.slow
def test_spark_bears_it_out(session: SparkSession, tmp_path: Path) -> None:
    waits: dict[str, bool] = {}
    for run in RUNS:
        name = run.id.replace("-", "_")
        writer = session.sql(run.sql).writeStream.format("memory").queryName(name)
        writer = writer.option("checkpointLocation", str(tmp_path / name))
        writer.trigger(availableNow=True).start().awaitTermination()
        waits[run.id] = session.table(name).count() == 0
    assert waits == {run.id: run.waits for run in RUNS}
