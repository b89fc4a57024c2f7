from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from type_corpus import KINDS, WIDE, corpus, everything, inferred, query

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

UNKNOWN = 8
"""How many types of the corpus are not known. Fewer is better: lower it then."""


def _compared() -> Iterator[tuple[str, str, tuple[str | None, ...]]]:
    for kind, expression, data_type in everything():
        yield expression, data_type, inferred(kind, expression)


def test_no_type_is_wrong() -> None:
    wrong = []
    for expression, expected, found in _compared():
        for spark, ours in zip(expected.split(" ; "), found, strict=True):
            if ours is not None and ours != spark:
                wrong.append(f"{expression}: {ours}, and Spark says {spark}")
    assert not wrong


def test_few_types_are_unknown() -> None:
    unknown = [expression for expression, _, found in _compared() if None in found]
    assert len(unknown) == UNKNOWN, unknown


def test_the_corpus_is_wide() -> None:
    assert len(list(everything())) >= 900


@pytest.mark.spark
@pytest.mark.parametrize("kind", KINDS)
def test_spark_says_the_same(kind: str, spark: SparkSession) -> None:
    """The types in the corpus are what Spark itself gives."""
    spark.createDataFrame([], WIDE).createOrReplaceTempView("wide")
    wrong = []
    for expression, expected in corpus(kind):
        schema = spark.sql(query(kind, expression, "wide")).schema
        found = " ; ".join(f.dataType.simpleString() for f in schema.fields)
        if found != expected:
            wrong.append(f"{expression}: {found}, and the corpus says {expected}")
    assert not wrong
