"""Formats are refused that Spark cannot read, and no others: see ``formats.txt``."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from recorded_runs import FOLDER

from streamsql.resolve.written_formats import is_number_format, time_fault

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LINES = [
    line.split("\t")
    for line in (FOLDER / "formats.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
_CALLS = {
    "number": "to_number(text, {})",
    "format": "date_format(ts, {})",
    "parse": "to_timestamp(text, {})",
}
_UNREADABLE = ("INVALID_FORMAT", "INVALID_DATETIME_PATTERN", "INCONSISTENT_BEHAVIOR")
_UNCLOSED = 1
"""How many odd quotes a pattern may have that is let pass, whatever Spark makes of it."""


def is_read(kind: str, text: str) -> bool:
    return is_number_format(text) if kind == "number" else time_fault(text, kind == "parse") is None


def test_an_error_if_and_only_if_it_is_not_read() -> None:
    wrong = []
    for kind, read, text in LINES:
        said = is_read(kind, text)
        let_pass = said and kind != "number" and text.count("'") % 2 == _UNCLOSED
        if said != (read == "yes") and not let_pass:
            wrong.append(f"{kind} {text!r}: Spark reads it: {read}")
    assert wrong == []
    assert len(LINES) > 500
    assert 150 < sum(read == "yes" for _, read, _ in LINES) < 450


@pytest.mark.spark
def test_spark_says_the_same(spark: SparkSession) -> None:
    from pyspark.errors import PySparkException

    wrong = []
    for kind, read, text in random.Random(9).sample(LINES, 12):
        call = _CALLS[kind].format("'" + text.replace("'", "\\'") + "'")
        row = "VALUES (timestamp'2020-02-03 04:05:06', 'zz~') AS t(ts, text)"
        try:
            rows = spark.sql(f"SELECT {call} FROM {row}")
            if kind != "number":  # which is read with the query; this text is no number
                rows.collect()
            taken = True
        except PySparkException as error:
            taken = not (error.getCondition() or "").startswith(_UNREADABLE)
        if taken != (read == "yes"):
            wrong.append((kind, text))
    assert wrong == []
