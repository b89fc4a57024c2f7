"""A cast is refused if and only if Spark refuses it: see ``casts.txt``.

``STREAMSQL_ARGUMENTS=1`` asks Spark for thousands of casts that are made up; without it, for 60.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from cast_matrix import ROWS, TYPES, WAYS, Cast, made_up, recorded

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ASKED = 3_000 if os.environ.get("STREAMSQL_ARGUMENTS") == "1" else 60


def test_an_error_if_and_only_if_it_is_refused() -> None:
    wrong = [
        f"{cast.call}: Spark takes it: {taken}"
        for cast, taken in recorded()
        if cast.refused == taken
    ]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_many_casts_were_recorded() -> None:
    assert len(ROWS) == len(WAYS) * len(TYPES)
    assert len(TYPES) > 60
    shares = [sum(not taken for _, taken in recorded()), sum(taken for _, taken in recorded())]
    assert min(shares) > 1_000


@pytest.mark.spark
def test_spark_says_the_same_of_others(spark: SparkSession) -> None:
    """Of types that are nested at will, as its parser and its type checks see them."""
    parser = spark._jsparkSession.sessionState().sqlParser()

    def taken(cast: Cast) -> bool:
        return bool(parser.parseExpression(cast.call).checkInputDataTypes().isSuccess())

    casts = made_up(6, _ASKED)
    assert [c.call for c in casts if c.refused == taken(c)] == []
    assert 0.2 < sum(c.refused for c in casts) / len(casts) < 0.8


@pytest.mark.spark
def test_and_so_it_is_in_queries(spark: SparkSession) -> None:
    from pyspark.errors import AnalysisException

    refused = [c for c in made_up(7, 30) if c.refused][:4]
    for cast in refused:
        with pytest.raises(AnalysisException, match="CAST_WITH"):
            spark.sql(f"SELECT {cast.call}")
    taken = ", ".join(c.call for c in made_up(7, 200) if not c.refused)
    spark.sql(f"SELECT {taken}")
