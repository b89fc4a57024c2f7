"""Syntax of other engines is refused where Spark refuses it, and nowhere else.

``foreign_syntax.txt`` says what Spark 4.1 did; the test on Spark holds it to that.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from live_spark import recorded_views
from recorded_runs import FOLDER, Run, errors_by_model, model_text, profile, project_texts

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

VERSION = "4.1.1"
LINES = [
    line.partition(": ")[::2]
    for line in (FOLDER / "foreign_syntax.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_an_error_if_and_only_if_it_is_refused() -> None:
    runs = [
        Run(f"q{number}", sql, "append", verdict, VERSION)
        for number, (verdict, sql) in enumerate(LINES)
    ]
    errors = errors_by_model(runs, VERSION)
    wrong = [
        f"{r.verdict}: {r.sql}: {errors.get(r.model)}"
        for r in runs
        if (r.verdict != "ok") != bool(errors.get(r.model))
    ]
    assert not wrong, "\n".join(wrong)
    counts = Counter(verdict for verdict, _ in LINES)
    assert counts["ok"] > 50
    assert counts["refused"] > 50


def test_what_a_macro_wrote_is_told_at_its_line() -> None:
    refused = [sql for verdict, sql in LINES if verdict == "refused"]
    texts = project_texts([])
    for number, sql in enumerate(refused):
        config, _, text = model_text(sql, "append").partition("\n\n")
        texts[f"macros/q{number}.sql"] = f"{{% macro q{number}() %}}\n{text}{{% endmacro %}}\n"
        texts[f"models/q{number}.sql"] = f"{config}\n{{{{ q{number}() }}}}\n"
    found = compile_project(ProjectFiles(texts, ("profiles.yml", profile(VERSION)))).findings
    places = {(f.model, f.location.path, f.location.line) for f in found if f.is_error}
    wrong = {
        f"q{number}: {sql}: {[p for p in places if p[0] == f'q{number}']}"
        for number, sql in enumerate(refused)
        if (f"q{number}", f"macros/q{number}.sql", 2) not in places
    }
    assert not wrong, "\n".join(wrong)


@pytest.mark.spark
def test_spark_says_so(spark: SparkSession, tmp_path: Path) -> None:
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    wrong = []
    with recorded_views(spark, tmp_path):
        for verdict, sql in LINES:
            try:
                spark.sql(sql)
                refused = False
            except (PySparkException, Py4JJavaError):  # for one, 4.1 lacks its own message
                refused = True
            if refused != (verdict == "refused"):
                wrong.append(f"{verdict}: {sql}")
    assert not wrong, "\n".join(wrong)
