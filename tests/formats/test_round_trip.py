"""What is written to a topic is read back as it was, in every format that can be written, values
and keys; asked of Spark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from format_sources import HERE, column, source

from streamsql.datatypes import ddl
from streamsql.formats import KeyOutput, decode, encode, find_format, load_schema
from streamsql.project.nodes import SourceKey

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
    written(spark, encode("made", (("n", "int"), ("c", data_type)), key=("n",)))
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


def written(spark: SparkSession, sql: str) -> None:
    """Make ``topic`` the records of a SELECT."""
    spark.sql(sql).selectExpr(
        "CAST(key AS BINARY) AS key",
        "CAST(value AS BINARY) AS value",
        "'t' AS topic",
        "0 AS partition",
        "0L AS offset",
        "current_timestamp() AS timestamp",
        "0 AS timestampType",
        "CAST(NULL AS array<struct<key:string,value:binary>>) AS headers",
    ).createOrReplaceTempView("topic")


CELLS = (
    *("boolean", "tinyint", "smallint", "int", "bigint", "float", "double"),
    *("decimal(38,0)", "decimal(38,18)", "decimal(5,2)", "date", "timestamp", "timestamp_ntz"),
)
# What could be taken for something else in a row.
TEXTS = (
    *("''", "' '", "' x '", "'NULL'", "'\"'", "'\"\"'", "'a\"b'", "'\"a\"'", "','", "'\",\"'"),
    *(
        "'a\\nb'",
        "'\\n'",
        "'\\r'",
        "'\\\\'",
        "'\\\\\"'",
        "'a,\\\\\"b'",
        "'#x'",
        "'\\t;'",
        "'😀 Zoë'",
    ),
    *("'\\u0000'", "'{}'", "repeat('x\"', 5000)"),
)


def table(*columns: tuple[str, tuple[str, ...]]) -> str:
    """Return the SELECT of a row for each value, and one of nulls: columns c0, c1, …, and n."""
    rows = []
    for n in range(max(len(values) for _, values in columns) + 1):
        cells = [f"CAST({v[n] if n < len(v) else 'NULL'} AS {kind})" for kind, v in columns]
        rows.append(f"({n}, {', '.join(cells)})")
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    return f"SELECT * FROM VALUES {', '.join(rows)} AS made (n, {names})"


@pytest.mark.parametrize(
    "options",
    [{}, {"delimiter": "\t", "quote": "'"}, {"escape": "\\"}],
    ids=str,
)
def test_a_row_of_cells_survives(spark: SparkSession, options: dict[str, str]) -> None:
    texts = TEXTS
    made = table(("string", texts), *((kind, VALUES[kind]) for kind in CELLS))
    spark.sql(made).createOrReplaceTempView("made")
    columns = [("n", "int"), ("c0", "string")]
    columns += [(f"c{n + 1}", kind) for n, kind in enumerate(CELLS)]
    key = KeyOutput(("n", "c0"), find_format("csv"))
    written(spark, encode("made", columns, key=key, format="csv", options=options))
    topic = source(
        *(column(name, kind) for name, kind in columns),
        format="csv",
        options=options,
        key=SourceKey("csv", {}, (column("n", "int"), column("c0", "string")), HERE),
    )
    decoding = decode(topic, "topic", hidden=("_key",))
    told = "CAST(headers[0].value AS STRING) AS error, CAST(value AS STRING) AS value"
    assert spark.sql(f"SELECT {told} FROM ({decoding.bad})").collect() == []
    spark.sql(decoding.good).createOrReplaceTempView("back")
    listed = ", ".join(name for name, _ in columns)
    made = f"SELECT {listed}, named_struct('n', n, 'c0', c0) AS _key FROM made"
    assert spark.sql(f"{made} EXCEPT ALL SELECT * FROM back").collect() == []
    assert spark.table("back").count() == len(texts) + 1


ENUM = {"type": "enum", "name": "State", "symbols": ["new", "paid"]}
INNER = {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": ["null", "double"]}]}
AVRO: dict[str, tuple[Any, tuple[str, ...]]] = {
    "int": ("int", VALUES["int"]),
    "bigint": ("long", VALUES["bigint"]),
    "float": ("float", VALUES["float"]),
    "double": ("double", VALUES["double"]),
    "boolean": ("boolean", VALUES["boolean"]),
    "string": ("string", VALUES["string"]),
    "binary": ("bytes", VALUES["binary"]),
    "date": ({"type": "int", "logicalType": "date"}, VALUES["date"]),
    "timestamp": ({"type": "long", "logicalType": "timestamp-micros"}, VALUES["timestamp"]),
    "timestamp_ntz": (
        {"type": "long", "logicalType": "local-timestamp-micros"},
        VALUES["timestamp_ntz"],
    ),
    "decimal(38,18)": (
        {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 18},
        VALUES["decimal(38,18)"],
    ),
    "array<int>": (
        {"type": "array", "items": ["null", "int"]},
        ("array()", "array(1, NULL, 3)"),
    ),
    "map<string,int>": (
        {"type": "map", "values": ["null", "int"]},
        ("map()", "map('a', 1, '', NULL)"),
    ),
    "struct<x:double>": (INNER, ("named_struct('x', 0.1D)", "named_struct('x', NULL)")),
    "varchar(4)": (ENUM, ("'new'", "'paid'")),
}


@pytest.mark.parametrize("framed", [True, False], ids=["framed", "plain"])
def test_a_datum_survives(spark: SparkSession, framed: bool) -> None:
    fields = [{"name": "n", "type": "int"}]
    fields += [
        {"name": f"c{at}", "type": ["null", kind], "default": None}
        for at, (kind, _) in enumerate(AVRO.values())
    ]
    schema: Any = {"type": "record", "name": "Whole", "fields": fields}
    of_key: Any = {"type": "record", "name": "Key", "fields": [fields[0], fields[6]]}
    if framed:
        schema = {"subject": "s", "versions": [{"version": 1, "id": 300, "schema": schema}]}
        of_key = {"subject": "k", "versions": [{"version": 1, "id": 9, "schema": of_key}]}
    loaded, loaded_key = (
        load_schema({"schema": "s"}, {"s": json.dumps(file)}, [""]) for file in (schema, of_key)
    )
    made = table(*((kind, values) for kind, (_, values) in AVRO.items()))
    spark.sql(made).createOrReplaceTempView("made")
    columns = [("n", "int"), *((f"c{at}", kind) for at, kind in enumerate(AVRO))]
    key = KeyOutput(("n", "c5"), find_format("avro"), {}, loaded_key)
    written(spark, encode("made", columns, key=key, format="avro", schema=loaded))
    key_columns = (column("n", "int"), column("c5", "string"))
    topic = source(
        *(column(f.name, ddl(f.type)) for f in loaded.fields),
        format="avro",
        schema=loaded,
        key=SourceKey("avro", {}, key_columns, HERE, loaded_key),
    )
    decoding = decode(topic, "topic", hidden=("_key",))
    assert spark.sql(decoding.bad or "").collect() == []
    spark.sql(decoding.good).createOrReplaceTempView("back")
    pairs = ", ".join(
        f"{shown(f'made.{n}')} AS a{n}, {shown(f'back.{n}')} AS b{n}" for n, _ in columns
    )
    same = spark.sql(
        f"SELECT {pairs}, _key.n = made.n AND _key.c5 <=> made.c5 AS key "
        "FROM made JOIN back ON made.n = back.n"
    ).collect()
    assert len(same) == 1 + max(len(values) for _, values in AVRO.values())
    for row in same:
        assert row.key
        assert [row[f"a{n}"] for n, _ in columns] == [row[f"b{n}"] for n, _ in columns]


@pytest.mark.parametrize(
    ("key_format", "data_type", "values"),
    [
        ("text", "string", ("'x'", "''", "'😀'")),
        ("raw", "binary", ("X'00FF'", "X''")),
        ("json", "struct<a:int>", ("named_struct('a', 1)",)),
    ],
)
def test_a_key_survives_and_variants_do(
    spark: SparkSession, key_format: str, data_type: str, values: tuple[str, ...]
) -> None:
    variants = ('parse_json(\'{"a": [1, 2.5, null, "x"]}\')', "parse_json('null')")
    spark.sql(table((data_type, values), ("variant", variants))).createOrReplaceTempView("made")
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
    }
    subject = {
        "subject": "s",
        "type": "JSON",
        "versions": [{"version": 1, "id": 7, "schema": schema}],
    }
    loaded = load_schema({"schema": "s"}, {"s": json.dumps(subject)}, [""], "JSON")
    columns = (("n", "int"), ("c0", data_type), ("c1", "variant"))
    key = KeyOutput(("c0",), find_format(key_format))
    written(spark, encode("made", columns, key=key, schema=loaded))
    named = () if key_format in ("text", "raw") else (column("c0", data_type),)
    topic = source(
        *(column(*c) for c in columns),
        schema=loaded,
        key=SourceKey(key_format, {}, named, HERE),
    )
    decoding = decode(topic, "topic", hidden=("_key",))
    assert spark.sql(decoding.bad or "").collect() == []
    spark.sql(decoding.good).createOrReplaceTempView("back")
    whole = "_key.c0" if named else "_key"
    same = spark.sql(
        f"SELECT {whole} <=> made.c0 AS key, {shown('made.c0')} = {shown('back.c0')} AS c0, "
        "to_json(made.c1) <=> to_json(back.c1) OR is_variant_null(back.c1) AS c1 "
        "FROM made JOIN back ON made.n = back.n"
    ).collect()
    assert {tuple(r) for r in same} == {(True, True, True)}


def shown(value: str) -> str:
    return (
        f"concat(typeof({value}), ' ', to_json(struct({value} AS c), map('ignoreNullFields', "
        "'false', 'timestampFormat', \"yyyy-MM-dd HH:mm:ss.SSSSSSXXX\")), ' ', "
        f"coalesce(CAST({value} AS STRING), 'NULL'))"
    )
