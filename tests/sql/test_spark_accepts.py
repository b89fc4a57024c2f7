from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sql_cases import CASES, rendered, split

from streamsql.errors import ModelError
from streamsql.parse import parse_model

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LATER = {"qualify": "QUALIFY came with Spark 4.2"}


@pytest.mark.spark
def test_what_is_compiled_is_accepted(spark: SparkSession) -> None:
    """Spark's own parser reads the compiled text of every case, and refuses what we refuse."""
    from pyspark.errors import PySparkException

    parser = spark._jsparkSession.sessionState().sqlParser()
    refused = []
    for case in CASES:
        if case.stem in LATER:
            continue
        sql, _ = split(case)
        try:
            compiled = parse_model(rendered(sql)).sql
        except ModelError:
            continue
        try:
            parser.parsePlan(compiled)
        except PySparkException as error:
            refused.append(f"{case.stem}: {error}")
    assert not refused


@pytest.mark.spark
def test_star_leaves_hidden_fields_out_as_spark_reads_it(spark: SparkSession) -> None:
    spark.sql("SELECT 1 AS id, 'x' AS _topic").createOrReplaceTempView("hidden_a")
    spark.sql("SELECT 1 AS id, 2 AS n, 'x' AS _topic").createOrReplaceTempView("hidden_b")

    def columns(sql: str) -> list[str]:
        return spark.sql(sql).columns

    assert columns("SELECT * EXCEPT (a._topic), _topic FROM hidden_a AS a") == ["id", "_topic"]
    assert columns("SELECT a.* EXCEPT (_topic) FROM hidden_a AS a") == ["id"]
    both = "SELECT * EXCEPT (a._topic, b._topic) FROM hidden_a a JOIN hidden_b b USING (id)"
    assert columns(both) == ["id", "n"]
