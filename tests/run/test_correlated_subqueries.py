"""What lint says of correlated subqueries in update mode is what Spark makes of them.

Those that are told keep the rows of the stream (a semi join: those without a match); the others
keep nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_state_claims import CHEAP, ROWS, SCHEMA, Run, project, row, rows_of_state

from streamsql.explanation import explain
from streamsql.pipeline import compile_project

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BATCHES = 3
RULE = "subquery-repeats-rows"
RATES = "(SELECT * FROM VALUES ('a', 0.5D), ('z', 9D) AS v(name, rate))"


@dataclass(frozen=True, slots=True)
class Case:
    """A query in update mode, and whether Spark joins the stream with itself for it."""

    id: str
    sql: str
    joins: bool

    @property
    def run(self) -> Run:
        return Run(self.id, self.sql, "update")


def asked(condition: str) -> str:
    return f"SELECT e.id FROM events e WHERE {condition}"


CASES = (
    Case("lateral", "SELECT e.id, x.m FROM events e, LATERAL"
         f" (SELECT max(rate) AS m FROM {RATES} r WHERE r.name = e.user) AS x", True),
    Case("lateral-groups", "SELECT e.id, x.m FROM events e, LATERAL"
         f" (SELECT max(rate) AS m FROM {RATES} r WHERE r.name = e.user GROUP BY rate) AS x",
         False),
    Case("scalar-less", "SELECT id, (SELECT max(rate) FROM"
         f" {RATES} r WHERE r.rate < e.amount) AS m FROM events e", True),
    Case("scalar-equal", "SELECT id, (SELECT max(rate) FROM"
         f" {RATES} r WHERE r.name = e.user) AS m FROM events e", False),
    Case("in", asked(f"e.amount IN (SELECT max(rate) FROM {RATES} r WHERE r.name = e.user)"), True),
    Case("exists", asked(f"EXISTS (SELECT max(rate) FROM {RATES} r WHERE r.name = e.user"
         " HAVING count(*) = 0)"), True),
    Case("exists-distinct", asked(f"EXISTS (SELECT DISTINCT name FROM {RATES} r"
         " WHERE r.rate < e.amount - 1)"), True),
    Case("exists-plain", asked(f"EXISTS (SELECT 1 FROM {RATES} r WHERE r.rate < e.amount)"), False),
    Case("not-exists", asked(f"NOT EXISTS (SELECT 1 FROM {RATES} r WHERE r.name = e.user)"), False),
    Case("in-plain", asked(f"e.user IN (SELECT name FROM {RATES} r WHERE r.rate < e.amount)"),
         False),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_joins_a_stream_with_itself_is_told(case: Case) -> None:
    compilation = compile_project(project(case.run))
    assert compilation.errors == ()
    assert any(f.rule == RULE for f in compilation.findings) == case.joins
    told = explain(compilation, "m")
    assert told is not None
    assert [o["bounded"] for o in told["operators"]] == [False] * case.joins


@pytest.fixture(scope="module")
def session(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """A session of its own, which knows the stream as a view."""
    folder = tmp_path_factory.mktemp("correlated")
    session = spark.newSession()
    for key, value in CHEAP.items():
        session.conf.set(key, value)
    start = datetime(2024, 5, 1, tzinfo=UTC)
    for batch in range(BATCHES):
        rows = [row(start + timedelta(hours=2 * batch), batch, n) for n in range(ROWS)]
        path = folder / f"{batch}.json"
        path.write_text("".join(f"{json.dumps(r)}\n" for r in rows))
        os.utime(path, (1_000_000 + batch, 1_000_000 + batch))  # Spark reads the oldest first
    made = session.readStream.schema(SCHEMA).option("maxFilesPerTrigger", "1").json(str(folder))
    made.withWatermark("ts", "10 minutes").createOrReplaceTempView("events")
    return session


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_spark_bears_it_out(case: Case, session: SparkSession, tmp_path: Path) -> None:
    state = rows_of_state(session, Run(case.id, case.sql, "update"), tmp_path)
    assert len(state) == BATCHES
    if case.joins:
        assert all(later - before >= ROWS for before, later in pairwise(state))
    else:
        assert state == [0] * BATCHES


@pytest.mark.spark
@pytest.mark.slow
def test_a_row_is_written_again_when_a_later_one_asks_the_same(
    session: SparkSession, tmp_path: Path
) -> None:
    query = (
        "SELECT e.id, x.m FROM (SELECT id, 'a' AS name FROM events) e, LATERAL"
        f" (SELECT max(rate) AS m FROM {RATES} r WHERE r.name = e.name) AS x"
    )
    writer = session.sql(query).writeStream.format("memory").queryName("again")
    writer = writer.outputMode("update").option("checkpointLocation", str(tmp_path))
    writer.trigger(availableNow=True).start().awaitTermination()
    assert session.table("again").count() > BATCHES * ROWS
