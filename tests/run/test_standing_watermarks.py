"""Where lint says that the watermark never moves, it never moves on Spark, and elsewhere it does.

All streams bring rows, each batch two hours after the one before.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_state_claims import CHEAP, COLUMNS, DELAYS, ROWS, SCHEMA, Run, project, row

from streamsql.pipeline import compile_project

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BATCHES = 3
RULE = "watermark-never-moves"
WITHIN = "c.ts BETWEEN e.ts AND e.ts + INTERVAL 1 HOUR"
HOURLY = "SELECT window(ts, '1 hour') AS w, count(*) AS n FROM"
TAGGED = (
    "(SELECT ts, user, amount, 'a' AS k FROM events"
    " UNION ALL SELECT ts, user, amount, 'b' AS k FROM clicks )"
)
COUNTS = "(SELECT window(ts, '1 hour') AS w, id, count(*) AS n FROM clicks GROUP BY 1, 2)"
LEFT = f"FROM events e LEFT JOIN clicks c ON e.id = c.id AND {WITHIN}"


def united(branch: str) -> str:
    return f"{HOURLY} (SELECT ts FROM events UNION ALL {branch} ) GROUP BY 1"


STANDING = (
    Run("false", united("SELECT ts FROM clicks WHERE false")),
    Run(
        "first",
        f"{HOURLY} (SELECT ts FROM clicks WHERE 1 > 2 UNION ALL SELECT ts FROM events ) GROUP BY 1",
    ),
    Run("rendered", united("SELECT ts FROM clicks WHERE amount > 1 AND 'dev' = 'prod'")),
    Run("beside-time", united("SELECT ts FROM clicks WHERE ts > '2000-01-01' AND 1 = 0")),
    Run("no-rows", united("(SELECT ts FROM clicks LIMIT 0)")),
    Run("contradiction", united("SELECT ts FROM clicks WHERE id = 'a' AND id IN ('b', 'c')")),
    Run("null", united("SELECT ts FROM clicks WHERE id IS NULL AND id = 'a'")),
    Run(
        "branch-of-a-join",
        united(
            f"SELECT c.ts FROM clicks c JOIN events_nw e ON e.id = c.id AND {WITHIN} WHERE false"
        ),
    ),
    Run(
        "before-the-watermark",
        united(
            "SELECT ts FROM (SELECT * FROM clicks_nw WHERE false)"
            " WATERMARK ts DELAY OF INTERVAL 5 MINUTES AS c"
        ),
    ),
    Run("tagged", f"{HOURLY} {TAGGED} WHERE k = 'a' GROUP BY 1"),
    Run("tagged-in", f"{HOURLY} {TAGGED} WHERE k IN ('a', 'c') GROUP BY 1"),
    Run("tagged-not", f"{HOURLY} {TAGGED} WHERE NOT (k = 'b') GROUP BY 1"),
    Run("tagged-like", f"{HOURLY} {TAGGED} WHERE k LIKE 'a%' AND user = 'u' GROUP BY 1"),
    Run(
        "tagged-deep",
        f"WITH every AS (SELECT *, amount * 2 AS twice FROM {TAGGED} )"
        f" {HOURLY} (SELECT k AS tag, * FROM every) WHERE tag = 'a' GROUP BY 1",
    ),
    Run(
        "tagged-keys",
        f"SELECT window(ts, '1 hour') AS w, k, count(*) AS n FROM {TAGGED}"
        " GROUP BY 1, 2 HAVING k = 'a'",
    ),
    Run(
        "tagged-null",
        f"{HOURLY} (SELECT ts, 'a' AS k FROM events UNION ALL"
        " SELECT ts, CAST(NULL AS STRING) FROM clicks ) WHERE k IS NOT NULL GROUP BY 1",
    ),
    Run(
        "tagged-join",
        f"SELECT e.user FROM {TAGGED} e JOIN clicks_nw c ON e.user = c.user AND e.k = 'a'",
    ),
    Run(
        "inner-on", f"SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND {WITHIN} AND false"
    ),
    Run(
        "right-on",
        f"SELECT c.id FROM events e RIGHT JOIN clicks c ON e.id = c.id AND {WITHIN} AND 1 = 0",
    ),
    Run(
        "inner-where",
        f"SELECT e.id FROM events e JOIN clicks c ON e.id = c.id AND {WITHIN} WHERE 1 = 0",
    ),
    Run(
        "left-empty",
        "SELECT e.id, c.amount FROM events e LEFT JOIN"
        f" (SELECT * FROM clicks WHERE false) c ON e.id = c.id AND {WITHIN}",
    ),
    Run(
        "left-tagged",
        "SELECT e.id, c.amount FROM events e LEFT JOIN"
        f" (SELECT *, 'a' AS k FROM clicks ) c ON e.id = c.id AND {WITHIN} AND c.k = 'b'",
    ),
    Run("unused-distinct", f"SELECT DISTINCT e.ts, e.id {LEFT}"),
    Run("unused-max", f"SELECT window(e.ts, '1 hour') AS w, max(e.amount) AS n {LEFT} GROUP BY 1"),
    Run(
        "unused-right",
        "SELECT window(e.ts, '1 hour') AS w, first(e.amount) AS n FROM clicks c"
        f" RIGHT JOIN events e ON e.id = c.id AND {WITHIN} GROUP BY 1",
    ),
    Run(
        "unused-unique",
        "SELECT window(e.ts, '1 hour') AS h, count(*) AS n FROM events e LEFT JOIN"
        " (SELECT DISTINCT ts, id FROM clicks ) c ON e.id = c.id AND c.ts = e.ts GROUP BY 1",
    ),
    Run(
        "unused-counts",
        "SELECT window(e.w, '2 hours') AS h, count(*) AS n FROM (SELECT id,"
        f" window(ts, '1 hour') AS w FROM events ) e LEFT JOIN {COUNTS} c"
        " ON e.id = c.id AND c.w = e.w GROUP BY 1",
    ),
)
MOVING = (
    Run("second-of-a-join", united(
        f"SELECT e.ts FROM events_nw e JOIN clicks c ON e.id = c.id AND {WITHIN} WHERE false")),
    Run("all", united("SELECT ts FROM clicks")),
    Run("by-time", united("SELECT ts FROM clicks WHERE ts < TIMESTAMP '1970-01-01'")),
    Run("by-time-alone", united("SELECT ts FROM clicks WHERE ts = ts AND ts IS NULL")),
    Run("unmarked", united("SELECT ts FROM clicks_nw WHERE false")),
    Run("over-the-union", f"{HOURLY} (SELECT ts FROM events_nw UNION ALL"
        " SELECT ts FROM clicks_nw WHERE false) WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS x"
        " GROUP BY 1"),
    Run("after-grouping", united(
        "SELECT ts FROM (SELECT ts, count(*) AS n FROM clicks GROUP BY ts) WHERE false")),
    Run("having-false", united(
        "SELECT ts FROM (SELECT ts, count(*) AS n FROM clicks GROUP BY ts HAVING false)")),
    Run("after-a-limit", united("SELECT ts FROM (SELECT ts FROM clicks LIMIT 5) WHERE false")),
    Run("read-twice", f"{HOURLY} (SELECT ts, 'a' AS k FROM events UNION ALL"
        " SELECT ts, 'b' FROM events ) WHERE k = 'a' GROUP BY 1"),
    Run("tagged-or", f"{HOURLY} {TAGGED} WHERE k = 'a' OR amount > 0 GROUP BY 1"),
    Run("tagged-filter", "SELECT window(ts, '1 hour') AS w, count(*) FILTER (WHERE k = 'a') AS n"
        f" FROM {TAGGED} GROUP BY 1"),
    Run("tagged-both", f"{HOURLY} {TAGGED} WHERE k IN ('a', 'b') GROUP BY 1"),
    Run("left-on-kept", "SELECT e.id, c.amount FROM (SELECT *, 'a' AS k FROM events ) e LEFT JOIN"
        f" clicks c ON e.id = c.id AND {WITHIN} AND e.k = 'b'"),
    Run("used-count", f"SELECT window(e.ts, '1 hour') AS w, count(*) AS n {LEFT} GROUP BY 1"),
    Run("used-where", f"SELECT DISTINCT e.ts, e.id {LEFT} WHERE c.id IS NULL"),
    Run("used-column", f"SELECT window(e.ts, '1 hour') AS w, max(c.amount) AS n {LEFT} GROUP BY 1"),
    Run("used-part-of-keys", "SELECT window(e.ts, '1 hour') AS h, count(*) AS n FROM events e"
        " LEFT JOIN (SELECT DISTINCT ts, id FROM clicks ) c ON c.ts = e.ts GROUP BY 1"),
)  # fmt: skip


def told(run: Run) -> bool:
    """Whether lint says that the watermark never moves."""
    compilation = compile_project(project(run))
    assert compilation.errors == ()
    (model,) = compilation.resolution.models
    found = any(f.rule == RULE for f in compilation.findings)
    assert found == model.facts.never_moves
    return found


@pytest.mark.parametrize("run", STANDING, ids=lambda run: run.id)
def test_what_stands_is_told(run: Run) -> None:
    assert told(run)


@pytest.mark.parametrize("run", MOVING, ids=lambda run: run.id)
def test_what_moves_is_not(run: Run) -> None:
    assert not told(run)


@pytest.fixture(scope="module")
def session(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """A session of its own, which knows the streams as views."""
    folder = tmp_path_factory.mktemp("standing")
    session = spark.newSession()
    for key, value in CHEAP.items():
        session.conf.set(key, value)
    start = datetime(2024, 5, 1, tzinfo=UTC)
    for name, delay in DELAYS.items():
        (folder / name).mkdir()
        for batch in range(BATCHES):
            rows = [row(start + timedelta(hours=2 * batch), batch, n) for n in range(ROWS)]
            path = folder / name / f"{batch}.json"
            path.write_text("".join(f"{json.dumps(r)}\n" for r in rows))
            os.utime(path, (1_000_000 + batch, 1_000_000 + batch))  # Spark reads the oldest first
        reader = session.readStream.schema(SCHEMA).option("maxFilesPerTrigger", "1")
        made = reader.json(str(folder / name))
        (made.withWatermark("ts", delay) if delay else made).createOrReplaceTempView(name)
    assert set(COLUMNS) == {"id", "user", "amount", "ts"}
    return session


def moves(session: SparkSession, run: Run, checkpoint: Path) -> bool:
    """Run the query to the end of its files; return whether its watermark left where it began."""
    writer = session.sql(run.sql).writeStream.format("noop").outputMode(run.mode)
    query = writer.option("checkpointLocation", str(checkpoint)).trigger(availableNow=True).start()
    query.awaitTermination()
    seen = {p.eventTime.get("watermark") for p in query.recentProgress}
    return len(seen) > 1


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("run", [*STANDING, *MOVING], ids=lambda run: run.id)
def test_spark_bears_it_out(run: Run, session: SparkSession, tmp_path: Path) -> None:
    assert moves(session, run, tmp_path / "checkpoint") == (run in MOVING)
