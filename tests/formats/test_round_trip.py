"""Every type survives being written to a topic as JSON and read back, asked of Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from format_sources import column, source

from streamsql.formats import decode, encode

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# A type, and expressions of values that must come back as they were.
VALUES: dict[str, tuple[str, ...]] = {
    "boolean": ("true", "false"),
    "tinyint": ("-128Y", "127Y"),
    "smallint": ("-32768S", "32767S"),
    "int": ("-2147483648", "2147483647"),
    "bigint": ("9007199254740993L", "-9223372036854775808L", "9223372036854775807L"),
    "float": ("float('NaN')", "float('Infinity')", "float('-Infinity')", "1.4E-45F", "0.1F"),
    "double": ("double('NaN')", "double('-Infinity')", "0.1D", "1.7976931348623157E308D"),
    "decimal(38,0)": ("99999999999999999999999999999999999999BD",),
    "decimal(38,18)": ("-12345678901234567890.123456789012345678BD", "0.000000000000000001BD"),
    "decimal(5,2)": ("999.99BD", "0.00BD"),
    "string": ("''", "'null'", "'\"'", "'\\u0000\\n\\\\'", "'😀 Zoë \\ufffd \\u2028'", "'{}'"),
    "varchar(10)": ("'abc'",),
    "binary": ("X''", "X'00FF10'"),
    "date": ("DATE'0001-01-01'", "DATE'2026-02-28'", "DATE'9999-12-31'"),
    "timestamp": (
        "TIMESTAMP'2026-01-01 00:00:00.000001Z'",
        "TIMESTAMP'0001-01-01 00:00:00Z'",
        "TIMESTAMP'9999-12-31 23:59:59.999999Z'",
    ),
    "timestamp_ntz": (
        "TIMESTAMP_NTZ'2026-01-01 00:00:00.000001'",
        "TIMESTAMP_NTZ'1582-10-10 12:00:00'",
    ),
    "interval day to second": (
        "INTERVAL '-1 02:03:04.000005' DAY TO SECOND",
        "INTERVAL '106751991 04:00:54.775807' DAY TO SECOND",
    ),
    "interval year to month": ("INTERVAL '-3-11' YEAR TO MONTH",),
    "interval hour to minute": ("INTERVAL '25:30' HOUR TO MINUTE",),
    "interval day": ("INTERVAL '3' DAY",),
    "void": ("NULL",),
    "array<int>": ("array()", "array(1, NULL, 3)"),
    "array<array<decimal(38,2)>>": ("array(array(1.10BD, NULL), NULL, array())",),
    "struct<a:int,b:string>": (
        "named_struct('a', 1, 'b', 'x')",
        "named_struct('a', NULL, 'b', 'x')",
    ),
    "array<struct<a:int,b:timestamp>>": (
        "array(named_struct('a', NULL, 'b', TIMESTAMP'2026-01-01 00:00:00.123456Z'), NULL)",
    ),
    "struct<`odd name`:int,`it's`:struct<x:double>>": (
        "named_struct('odd name', 1, 'it\\'s', named_struct('x', double('NaN')))",
    ),
    "map<string,int>": ("map()", "map('a', 1, '', NULL)"),
    "map<int,string>": ("map(1, 'x', -2, NULL)",),
    "map<decimal(5,2),int>": ("map(1.50BD, 1)",),
    "map<date,int>": ("map(DATE'2026-01-01', 1)",),
    "map<boolean,int>": ("map(true, 1)",),
    "map<double,int>": ("map(0.1D, 1, double('NaN'), 2)",),
    "map<timestamp,int>": ("map(TIMESTAMP'2026-01-01 00:00:00.000001Z', 1)",),
    "map<timestamp_ntz,int>": ("map(TIMESTAMP_NTZ'2026-01-01 00:00:00.000001', 1)",),
    "array<map<int,struct<m:map<bigint,void>>>>": (
        "array(map(7, named_struct('m', map(9L, NULL))), NULL, map())",
    ),
    "struct<m:map<int,int>,n:int>": ("named_struct('m', NULL, 'n', 1)", "NULL"),
}


@pytest.mark.parametrize("data_type", VALUES)
def test_a_type_survives(spark: SparkSession, data_type: str) -> None:
    values = (*VALUES[data_type], "NULL")
    rows = " UNION ALL ".join(
        f"SELECT {n} AS n, CAST({v} AS {data_type}) AS c" for n, v in enumerate(values)
    )
    spark.sql(rows).createOrReplaceTempView("made")
    written = spark.sql(encode("made", (("n", "int"), ("c", data_type)), key=("n",)))
    written.selectExpr(
        "CAST(key AS BINARY) AS key",
        "CAST(value AS BINARY) AS value",
        "'t' AS topic",
        "0 AS partition",
        "0L AS offset",
        "current_timestamp() AS timestamp",
        "0 AS timestampType",
        "CAST(NULL AS array<struct<key:string,value:binary>>) AS headers",
    ).createOrReplaceTempView("topic")
    topic = source(column("n", "int", not_null=True), column("c", data_type))
    decoding = decode(topic, "topic")
    back = spark.sql(decoding.good)
    assert spark.sql(decoding.bad or "").collect() == []
    kind = data_type.replace("varchar(10)", "string").replace("`", "")
    assert back.schema["c"].dataType.simpleString() == kind
    back.createOrReplaceTempView("back")
    # Maps cannot be compared, their entries in order can; text shows NaN and nulls alike.
    same = spark.sql(
        f"SELECT made.n, {shown('made.c')} AS a, {shown('back.c')} AS b "
        "FROM made JOIN back ON made.n = back.n ORDER BY n"
    ).collect()
    assert len(same) == len(values)
    for row in same:
        assert row.a == row.b


def shown(value: str) -> str:
    return (
        f"concat(typeof({value}), ' ', to_json(struct({value} AS c), map('ignoreNullFields', "
        "'false', 'timestampFormat', \"yyyy-MM-dd HH:mm:ss.SSSSSSXXX\")), ' ', "
        f"coalesce(CAST({value} AS STRING), 'NULL'))"
    )
