"""Arguments are refused only where Spark refuses their types: see ``arguments.txt``.

``STREAMSQL_ARGUMENTS=1`` judges every call that was recorded; without it, one of eight.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from argument_matrix import ALONE, DDL, ROWS, Cell, cells_of, findings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST = 0.985
"""How many of the calls that Spark refuses lint refuses, at least. Raise it as it gets better."""
_AT_ONCE = 400
_ONE_OF = int(os.environ.get("STREAMSQL_ARGUMENTS", "8"))
EVERY = [cell for row in ROWS for cell in cells_of(row)]


def compare(cells: Sequence[Cell]) -> None:
    """Fail for each call that Spark takes and lint does not, and for too many the other way."""
    found: list[list[str]] = []
    for start in range(0, len(cells), _AT_ONCE):
        found += findings(cells[start : start + _AT_ONCE])
    judged = list(zip(cells, found, strict=True))
    false = [f"{cell.call}: {said}" for cell, said in judged if cell.taken and said]
    assert not false, "\n".join(false)
    missed = [cell.call for cell, said in judged if not cell.taken and not said]
    refused = sum(not cell.taken for cell in cells)
    assert len(missed) <= (1 - LEAST) * refused, "\n".join(missed)


def test_a_sample() -> None:
    """Each line with one column, and a few thousand calls with two."""
    chance = random.Random(4)
    compare([cell for cell in EVERY if chance.random() < 0.04])


@pytest.mark.slow
def test_many() -> None:
    compare(EVERY[::_ONE_OF])
    assert len(EVERY) > 150_000


def test_many_functions_are_asked_for() -> None:
    assert len({row[0].partition("(")[0] for row in ROWS}) > 400
    assert sum(row[1] == ALONE for row in ROWS) > 1_000


@pytest.mark.spark
def test_spark_says_the_same(spark: SparkSession) -> None:
    from pyspark.errors import PySparkException

    spark.createDataFrame([], DDL).createOrReplaceTempView("t")
    wrong = []
    chance = random.Random(5)
    for cell in chance.sample(EVERY, 100) + chance.sample([c for c in EVERY if c.taken], 100):
        try:
            spark.sql(f"SELECT {cell.call} FROM t")
            taken = True
        except PySparkException:
            taken = False
        if taken != cell.taken:
            wrong.append(f"{cell.call}: Spark takes it: {taken}")
    spark.catalog.dropTempView("t")
    assert not wrong
