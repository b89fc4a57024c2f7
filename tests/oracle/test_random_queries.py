"""Lint and a live Spark agree on queries that nobody wrote.

``STREAMSQL_RANDOM_QUERIES`` is how many, 150 if it is not set; ``STREAMSQL_RANDOM_SEED`` makes
others. A disagreement is mended, and kept in ``disagreements.sql``.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from apart import with_ctes
from live_spark import recorded_views, verdict
from random_queries import Generator
from recorded_runs import FOLDER, MODES, Run, errors_by_model

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COUNT = int(os.environ.get("STREAMSQL_RANDOM_QUERIES", "150"))
SEED = int(os.environ.get("STREAMSQL_RANDOM_SEED", "7"))
VERSION = "4.1.1"
_IN_CTES = 0.3


def made(count: int, seed: int) -> list[tuple[str, str]]:
    """Queries, each with a mode to try it in: append more often, as people do."""
    generator, chance = Generator(seed), random.Random(seed)
    queries = (generator.query() for _ in range(count))
    shapes = (with_ctes(q) if chance.random() < _IN_CTES else q for q in queries)
    return [(sql, chance.choice(("append", *MODES))) for sql in shapes]


def kept() -> list[tuple[str, str]]:
    """The queries that were disagreed upon once: a mode, a colon, and the query."""
    lines = (FOLDER / "disagreements.sql").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(": ") for line in lines if line and not line.startswith("--")]
    return [(sql, mode) for mode, _, sql in pairs]


def test_queries_are_varied_and_the_same_again() -> None:
    queries = made(500, SEED)
    assert queries == made(500, SEED)
    assert len({sql for sql, _ in queries}) > 450
    text = " ".join(sql for sql, _ in queries)
    words = ("session_window(", "window(", "FULL OUTER JOIN", "LEFT SEMI", "UNION ALL", "EXCEPT")
    words += ("PIVOT", "UNPIVOT", "ROLLUP", "GROUPING SETS", "WATERMARK", "LIMIT", "USING", "WITH")
    assert all(word in text for word in (*words, "EXISTS", "LATERAL VIEW", "OVER (", "HAVING"))


@pytest.mark.spark
@pytest.mark.slow
def test_lint_agrees_with_a_live_spark(spark: SparkSession, tmp_path: Path) -> None:
    queries = [*kept(), *made(COUNT, SEED)]
    runs = []
    with recorded_views(spark, tmp_path):
        for number, (sql, mode) in enumerate(queries):
            said = verdict(spark, sql, mode)
            runs.append(Run(f"Q{number}", sql, mode, said, VERSION))
    out = os.environ.get("STREAMSQL_RANDOM_VERDICTS")
    if out:
        rows = ({"sql": r.sql, "mode": r.mode, "verdict": r.verdict} for r in runs)
        Path(out).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    errors = errors_by_model(runs, VERSION)
    wrong = [
        f"{r.mode}: {r.sql}\n    Spark: {r.verdict[:160]}\n    lint: {errors.get(r.model)}"
        for r in runs
        if r.refused != bool(errors.get(r.model))
    ]
    assert not wrong, f"{len(wrong)} of {len(runs)} disagree:\n" + "\n".join(wrong)
    refused = sum(r.refused for r in runs) / len(runs)
    assert 0.2 < refused < 0.9, "both verdicts are tried"
