from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from streamsql.intervals import parse_interval, spark_interval

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GOOD = {
    "10 minutes": timedelta(minutes=10),
    "1 hour 30 minutes": timedelta(minutes=90),
    "1.5 seconds": timedelta(seconds=1.5),
    "2 weeks": timedelta(days=14),
    "10 minute 5 minute": timedelta(minutes=15),
    "500 milliseconds": timedelta(milliseconds=500),
    "250 microseconds": timedelta(microseconds=250),
    "0 seconds": timedelta(0),
    ".5 second": timedelta(seconds=0.5),
    "INTERVAL 10 MINUTES": timedelta(minutes=10),
    "2 hours -30 minutes": timedelta(minutes=90),
}
QUOTED = {
    "INTERVAL '10' MINUTE": timedelta(minutes=10),
    "INTERVAL '10 minutes'": timedelta(minutes=10),
}
BAD = {
    "": "empty",
    "10": "not an interval",
    "minutes": "not an interval",
    "10 mins": "write 'minutes'",
    "10minutes": "blank",
    "1 month": "no fixed length",
    "1.5 minutes": "fraction",
    "-1 minute": "negative",
    "5 nanoseconds": "unknown unit",
    "10 minutes and": "not an interval",
    "999999999999 days": "too long",
}


@pytest.mark.parametrize(("text", "length"), {**GOOD, **QUOTED}.items())
def test_intervals(text: str, length: timedelta) -> None:
    assert parse_interval(text) == length
    assert parse_interval(spark_interval(text)) == length


@pytest.mark.parametrize(("text", "why"), BAD.items())
def test_what_is_no_interval_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_interval(text)


def test_sparks_words() -> None:
    assert spark_interval("INTERVAL '90' MINUTE") == "90 minutes"
    assert spark_interval("24 hours") == "1 day"
    assert spark_interval("0 days") == "0 seconds"


@pytest.mark.spark
def test_spark_reads_the_same_lengths(spark: SparkSession) -> None:
    from py4j.java_gateway import get_field

    texts = {**{t: t for t in GOOD}, **{spark_interval(t): t for t in QUOTED}}
    jvm = spark._jvm
    assert jvm is not None
    for text, origin in texts.items():
        read = jvm.org.apache.spark.sql.catalyst.util.IntervalUtils.stringToInterval(
            jvm.org.apache.spark.unsafe.types.UTF8String.fromString(text)
        )
        days, micros = get_field(read, "days"), get_field(read, "microseconds")
        length = timedelta(days=days, microseconds=micros)
        assert length == parse_interval(origin), text
