"""What is called bounded stops growing, and what is called unbounded does not.

The claim is the one of resolving; the witness is Spark, which runs the same query over files,
one for each batch, while the watermark moves on by two hours a batch.
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
from streamsql.resolve import ResolvedModel

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BATCHES = 6
ROWS = 5
COLUMNS = {"id": "string", "user": "string", "amount": "double", "ts": "timestamp"}
SCHEMA = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
DELAYS = {"events": "10 minutes", "clicks": "5 minutes", "events_nw": None, "clicks_nw": None}
# What is asked is how many rows of state there are. One partition holds them all, and of the
# thousands of small files of state none needs a checksum beside it.
CHEAP = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.streaming.checkpoint.fileChecksum.enabled": "false",
    "fs.AbstractFileSystem.file.impl": "org.apache.hadoop.fs.local.RawLocalFs",
}
WITHIN = "c.ts BETWEEN e.ts AND e.ts + INTERVAL 1 HOUR"
HOURLY = "SELECT id, window(ts, '1 hour') AS w FROM"


@dataclass(frozen=True, slots=True)
class Run:
    """A query over the views named in ``DELAYS``, and the mode that it runs in."""

    id: str
    sql: str
    mode: str = "append"
    dedup: bool = False


RUNS = (
    Run("window", "SELECT window(ts, '10 minutes') w, count(*) n FROM events GROUP BY 1"),
    Run(
        "window-and-key",
        "SELECT window(ts, '1 hour') w, user, count(*) n FROM events GROUP BY 1, 2",
    ),
    Run(
        "window-update",
        "SELECT window(ts, '10 minutes') w, user, count(*) n FROM events GROUP BY 1, 2",
        "update",
    ),
    Run(
        "sliding", "SELECT window(ts, '1 hour', '20 minutes') w, count(*) n FROM events GROUP BY 1"
    ),
    Run(
        "session",
        "SELECT session_window(ts, '10 minutes') w, user, count(*) n FROM events GROUP BY 1, 2",
    ),
    Run(
        "chained",
        "SELECT window(w, '1 hour') h, sum(n) n FROM "
        "(SELECT window(ts, '10 minutes') w, count(*) n FROM events GROUP BY 1) GROUP BY 1",
    ),
    Run("time", "SELECT ts, user, count(*) n FROM events GROUP BY ts, user"),
    Run("renamed", "SELECT t, count(*) n FROM (SELECT ts AS t FROM events) GROUP BY t"),
    Run("distinct-time", "SELECT DISTINCT ts, user FROM events"),
    Run(
        "union",
        "SELECT window(ts, '1 hour') w, count(*) n FROM "
        "(SELECT ts FROM events UNION ALL SELECT ts FROM clicks) GROUP BY 1",
    ),
    Run("key", "SELECT user, count(*) n FROM events GROUP BY user", "update"),
    Run("distinct-key", "SELECT DISTINCT user FROM events", "update"),
    Run(
        "truncated",
        "SELECT date_trunc('minute', ts) m, count(*) n FROM events GROUP BY 1",
        "update",
    ),
    Run("cast", "SELECT CAST(ts AS TIMESTAMP) m, count(*) n FROM events GROUP BY 1", "update"),
    Run(
        "start-of-window",
        "SELECT window(ts, '1 minute').start m, count(*) n FROM events GROUP BY 1",
        "update",
    ),
    Run(
        "no-watermark",
        "SELECT window(ts, '1 minute') w, count(*) n FROM events_nw GROUP BY 1",
        "update",
    ),
    Run("everything", "SELECT count(*) n, sum(amount) s FROM events", "update"),
    Run("limit", "SELECT id FROM events LIMIT 7"),
    Run("join", "SELECT e.id FROM events e JOIN clicks c ON e.id = c.id"),
    Run("join-range", f"SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND {WITHIN}"),
    Run(
        "join-range-in-where",
        f"SELECT e.id FROM events e JOIN clicks c ON e.id = c.id WHERE {WITHIN}",
    ),
    Run(
        "join-one-way",
        "SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND c.ts <= e.ts + INTERVAL 1 HOUR",
    ),
    Run(
        "join-one-watermark",
        f"SELECT e.id FROM events e JOIN clicks_nw c ON e.id = c.id AND {WITHIN}",
    ),
    Run(
        "join-number",
        "SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND "
        "CAST(c.ts AS BIGINT) BETWEEN CAST(e.ts AS BIGINT) AND CAST(e.ts AS BIGINT) + 3600",
    ),
    Run(
        "join-difference",
        "SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND "
        "c.ts - e.ts BETWEEN INTERVAL 0 HOUR AND INTERVAL 1 HOUR",
    ),
    Run("join-time", "SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND e.ts = c.ts"),
    Run("join-using", "SELECT id FROM events JOIN clicks USING (id, ts)"),
    Run(
        "join-windows",
        f"SELECT e.id FROM ({HOURLY} events) e JOIN ({HOURLY} clicks) c "
        "ON e.id = c.id AND e.w = c.w",
    ),
    Run(
        "left",
        f"SELECT e.id, c.amount FROM events e LEFT JOIN clicks c ON e.id = c.id AND {WITHIN}",
    ),
    Run(
        "left-one-watermark",
        f"SELECT e.id, c.amount FROM events_nw e LEFT JOIN clicks c ON e.id = c.id AND {WITHIN}",
    ),
    Run(
        "right",
        f"SELECT c.id, e.amount FROM events e RIGHT JOIN clicks c ON e.id = c.id AND {WITHIN}",
    ),
    Run(
        "full",
        f"SELECT c.id, e.amount FROM events e FULL JOIN clicks c ON e.id = c.id AND {WITHIN}",
    ),
    Run("semi", f"SELECT e.id FROM events e LEFT SEMI JOIN clicks c ON e.id = c.id AND {WITHIN}"),
    Run("dedup", "SELECT id, ts FROM events", dedup=True),
)


def project(run: Run) -> ProjectFiles:
    """The query as a model of a project, its views as sources with the same watermarks."""
    tables = "".join(
        f"      - name: {name}\n        topic: {name}\n        format: json\n"
        + (f"        watermark: {{column: ts, delay: {delay}}}\n" if delay else "")
        + "        columns:\n"
        + "".join(f"          - {{name: {n}, data_type: {t}}}\n" for n, t in COLUMNS.items())
        for name, delay in DELAYS.items()
    )
    sql = run.sql
    for name in DELAYS:
        for word in ("FROM", "JOIN"):
            for end in (" ", ")", "\n"):
                written = f"{{{{ source('s', '{name}') }}}}"
                sql = f"{sql}\n".replace(f"{word} {name}{end}", f"{word} {written}{end}").rstrip()
    dedup = ", dedup={'keys': ['id']}" if run.dedup else ""
    config = f"materialized='sink', connector='console', output_mode='{run.mode}'{dedup}"
    return ProjectFiles(
        texts={
            "streamsql.toml": 'name = "claims"\nprofile = "claims"\n',
            "models/s.yml": f"sources:\n  - name: s\n    connection: k\n    tables:\n{tables}",
            "models/m.sql": f"{{{{ config({config}) }}}}\n{sql}\n",
        },
        profiles=(
            "profiles.yml",
            "claims: {target: t, outputs: {t: {spark: {version: 4.1.1},"
            " connections: {k: {type: kafka, embedded: true}}}}}\n",
        ),
        env={},
    )


def resolved(run: Run) -> ResolvedModel:
    compilation = compile_project(project(run))
    assert compilation.errors == ()
    (model,) = compilation.resolution.models
    assert model.output_mode == run.mode
    assert model.facts.stateful
    return model


def claimed_bounded(run: Run) -> bool:
    return all(operator.bounded for operator in resolved(run).facts.stateful)


def test_the_claims_are_of_both_kinds() -> None:
    claims = [claimed_bounded(run) for run in RUNS]
    assert len(claims) >= 20
    assert claims.count(True) >= 10
    assert claims.count(False) >= 10


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each stream, with a file for each batch, two hours after the one before."""
    folder = tmp_path_factory.mktemp("claims")
    start = datetime(2024, 5, 1, tzinfo=UTC)
    for name in DELAYS:
        (folder / name).mkdir()
        for batch in range(BATCHES):
            rows = [row(start + timedelta(hours=2 * batch), batch, n) for n in range(ROWS)]
            path = folder / name / f"{batch:03}.json"
            path.write_text("".join(f"{json.dumps(r)}\n" for r in rows))
            os.utime(path, (1_000_000 + batch, 1_000_000 + batch))  # Spark reads the oldest first
    return folder


def row(hour: datetime, batch: int, number: int) -> dict[str, object]:
    at = hour + timedelta(minutes=number, seconds=batch)
    key = f"{batch}-{number}"
    return {"id": key, "user": f"u{key}", "amount": 1.0, "ts": at.isoformat()}


@pytest.fixture(scope="module")
def session(spark: SparkSession, streams: Path) -> SparkSession:
    """A session of its own, which knows the streams as views."""
    session = spark.newSession()
    for key, value in CHEAP.items():
        session.conf.set(key, value)
    for name, delay in DELAYS.items():
        reader = session.readStream.schema(SCHEMA).option("maxFilesPerTrigger", "1")
        rows = reader.json(str(streams / name))
        rows = rows.withWatermark("ts", delay) if delay else rows
        rows.createOrReplaceTempView(name)
    return session


def rows_of_state(spark: SparkSession, run: Run, checkpoint: Path) -> list[int]:
    """Run the query to the end of its files; return the rows of state after each batch."""
    rows = spark.sql(run.sql)
    rows = rows.dropDuplicatesWithinWatermark(["id"]) if run.dedup else rows
    writer = rows.writeStream.format("noop").outputMode(run.mode)
    query = writer.option("checkpointLocation", str(checkpoint)).trigger(availableNow=True).start()
    query.awaitTermination()
    return [
        sum(operator.numRowsTotal for operator in progress.stateOperators)
        for progress in query.recentProgress
        if progress.numInputRows
    ]


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.id)
def test_spark_bears_the_claim_out(run: Run, session: SparkSession, tmp_path: Path) -> None:
    state = rows_of_state(session, run, tmp_path / "checkpoint")
    assert len(state) == BATCHES
    middle = BATCHES // 2
    grown = state[-1] - state[middle - 1]
    if claimed_bounded(run):
        assert grown <= ROWS, f"called bounded, and grew: {state}"
    else:
        assert grown >= (BATCHES - middle) * ROWS, f"called unbounded, and did not grow: {state}"
