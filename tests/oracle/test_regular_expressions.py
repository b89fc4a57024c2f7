"""Regular expressions made up at random: ours are wrong only where Java's are."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from pyspark.errors import IllegalArgumentException

from streamsql.patterns import pattern_fault

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

PARTS = (
    *"ab1.^$|()[]{}*+?\\-&,:=!<>Pkx#Q E",
    *(
        r"\d",
        r"\Q",
        r"\E",
        r"\p{L}",
        r"\x",
        "(?:",
        "(?<n>",
        "(?P<n>",
        "(?i)",
        "(?=",
        "(?<=",
        "(?x)",
    ),
    *("[^", "[a-z]", "&&", "{2}", "{1,}", "{,2}", "{2,3}", "*?", "++"),
)


def test_java_refuses_what_we_refuse(spark: SparkSession) -> None:
    chance = random.Random(7)
    made = {"".join(chance.choices(PARTS, k=chance.randint(1, 8))) for _ in range(3_000)}
    refused = {pattern for pattern in sorted(made) if not _compiles(spark, pattern)}
    ours = {pattern for pattern in made if pattern_fault(pattern) is not None}
    assert ours - refused == set()
    assert len(ours) > 0.8 * len(refused)


def _compiles(spark: SparkSession, pattern: str) -> bool:
    try:
        spark._jvm.java.util.regex.Pattern.compile(pattern)
    except IllegalArgumentException:  # Java's PatternSyntaxException
        return False
    return True


@pytest.mark.parametrize(
    "call",
    [
        "t RLIKE '('",
        "regexp_like(t, '(')",
        "regexp_count(t, '(')",
        "regexp_extract(t, '(', 1)",
        "regexp_extract_all(t, '(', 1)",
        "regexp_instr(t, '(')",
        "regexp_replace(t, '(', '')",
        "regexp_substr(t, '(')",
        "split(t, '(')",
    ],
)
def test_a_query_dies_of_one(spark: SparkSession, call: str) -> None:
    rows = spark.range(1).selectExpr("CAST(id AS STRING) AS t").selectExpr(f"{call} AS x")
    with pytest.raises(Exception, match=r"INVALID_PARAMETER_VALUE\.PATTERN|PatternSyntax"):
        rows.collect()
