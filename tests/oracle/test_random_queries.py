"""Lint and a live Spark agree on queries that nobody wrote.

``STREAMSQL_RANDOM_QUERIES`` is how many, 100 if it is not set; ``STREAMSQL_RANDOM_SEED`` makes
others. A disagreement is mended, and kept in ``disagreements.sql``.
"""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from apart import with_ctes
from live_spark import recorded_views, verdict
from random_queries import SINKS, Generator
from recorded_runs import FOLDER, MODES, Run, errors_by_model

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Case(NamedTuple):
    """A query, and how it is run."""

    sql: str
    mode: str
    dedup: tuple[str, ...] = ()
    sink: str = "noop"

    def __str__(self) -> str:
        keys = f" ({', '.join(self.dedup)})" if self.dedup else ""
        return f"{self.mode}{keys}{'' if self.sink == 'noop' else f' to {self.sink}'}: {self.sql}"


COUNT = int(os.environ.get("STREAMSQL_RANDOM_QUERIES", "100"))
SEED = int(os.environ.get("STREAMSQL_RANDOM_SEED", "7"))
VERSION = "4.1.1"
_IN_CTES = 0.3


def made(count: int, seed: int) -> list[Case]:
    """Queries, each with a mode to try it in: append more often, as people do."""
    generator, chance = Generator(seed), random.Random(seed)
    cases = []
    for _ in range(count):
        query = generator.made()
        sql = with_ctes(query.sql) if chance.random() < _IN_CTES else query.sql
        mode = chance.choice(("append", *MODES))
        cases.append(Case(sql, mode, generator.keys(query.columns), generator.sink()))
    return cases


def kept() -> list[Case]:
    """The queries that were disagreed upon once: a mode, a colon, and the query.

    Between mode and colon may stand the keys of a ``dedup`` in brackets, and ``to`` a sink.
    """
    lines = (FOLDER / "disagreements.sql").read_text(encoding="utf-8").splitlines()
    return [case_of(line) for line in lines if line and not line.startswith("--")]


def case_of(line: str) -> Case:
    found = re.fullmatch(r"(\w+)(?: \((.*?)\))?(?: to (\w+))?: (.*)", line)
    assert found is not None, line
    mode, keys, sink, sql = found.groups()
    return Case(sql, mode, tuple(keys.split(", ")) if keys else (), sink or "noop")


def test_queries_are_varied_and_the_same_again() -> None:
    queries = made(500, SEED)
    assert queries == made(500, SEED)
    assert len({case.sql for case in queries}) > 450
    assert {case.sink for case in queries} >= {"noop", *SINKS}
    assert sum(bool(case.dedup) for case in queries) > 30
    text = " ".join(case.sql for case in queries)
    words = ("session_window(", "window(", "FULL OUTER JOIN", "LEFT SEMI", "UNION ALL", "EXCEPT")
    words += ("PIVOT", "UNPIVOT", "ROLLUP", "GROUPING SETS", "WATERMARK", "LIMIT", "USING", "WITH")
    assert all(word in text for word in (*words, "EXISTS", "LATERAL VIEW", "OVER (", "HAVING"))


@pytest.mark.spark
@pytest.mark.slow
def test_lint_agrees_with_a_live_spark(spark: SparkSession, tmp_path: Path) -> None:
    queries = [*kept(), *made(COUNT, SEED)]
    runs = []
    with recorded_views(spark, tmp_path):
        for number, case in enumerate(queries):
            said = verdict(spark, *case)
            runs.append(Run(f"Q{number}", case.sql, case.mode, said, VERSION, *case[2:]))
    out = os.environ.get("STREAMSQL_RANDOM_VERDICTS")
    if out:
        rows = ({"case": str(c), "verdict": r.verdict} for c, r in zip(queries, runs, strict=True))
        Path(out).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    errors = errors_by_model(runs, VERSION)
    wrong = [
        f"{case}\n    Spark: {r.verdict[:160]}\n    lint: {errors.get(r.model)}"
        for case, r in zip(queries, runs, strict=True)
        if r.refused != bool(errors.get(r.model))
    ]
    assert not wrong, f"{len(wrong)} of {len(runs)} disagree:\n" + "\n".join(wrong)
    refused = sum(r.refused for r in runs) / len(runs)
    assert 0.2 < refused < 0.9, "both verdicts are tried"
