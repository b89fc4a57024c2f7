from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamsql.datatypes import (
    Array,
    DataTypeError,
    Decimal,
    Field,
    Map,
    Primitive,
    Struct,
    ddl,
    parse_type,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPELLINGS = {
    "boolean": "boolean",
    "BYTE": "tinyint",
    "short": "smallint",
    "Integer": "int",
    "long": "bigint",
    "real": "float",
    "timestamp_ltz": "timestamp",
    "timestamp without time zone": "timestamp_ntz",
    "character(3)": "char(3)",
    "varchar(10)": "varchar(10)",
    "dec": "decimal(10,0)",
    "numeric(5)": "decimal(5,0)",
    "decimal (5, 2)": "decimal(5,2)",
    "interval": "interval",
    "INTERVAL DAY TO SECOND": "interval day to second",
    "interval year": "interval year",
    "time": "time(6)",
    "string collate UTF8_LCASE": "string collate UTF8_LCASE",
    "string collate utf8_binary": "string",
    "geography(4326)": "geography(4326)",
    "array<array<int>>": "array<array<int>>",
    "map<string, array<decimal(38,18)>>": "map<string,array<decimal(38,18)>>",
    "struct<>": "struct<>",
    "STRUCT<A: Int NOT NULL COMMENT 'it''s', b string>": "struct<A:int,b:string>",
    "struct<select:int,From:STRING>": "struct<select:int,From:string>",
    "int -- all": "int",
    "/* any */ int": "int",
}
REFUSED = {
    "text": 0,
    "char": 0,
    "decimal(39,2)": 0,
    "decimal(5,6)": 0,
    "decimal(5,-1)": 10,
    "int(3)": 3,
    "time(7)": 7,
    "array": 5,
    "array<>": 6,
    "array<int": 9,
    "map<string>": 10,
    "struct<a:int,>": 13,
    "struct<a-b:int>": 8,
    "struct<é:int>": 7,
    "struct<1:int>": 7,
    "struct<a:int null>": 13,
    "double precision": 7,
    "interval month to year": 18,
    "string collate nope": 15,
    "": 0,
    "int int": 4,
}


@pytest.mark.parametrize(("text", "spelled"), SPELLINGS.items())
def test_types_are_spelled_as_spark_does(text: str, spelled: str) -> None:
    assert ddl(parse_type(text)) == spelled
    assert parse_type(spelled) == parse_type(ddl(parse_type(spelled)))


@pytest.mark.parametrize(("text", "offset"), REFUSED.items())
def test_what_is_no_type_is_refused_at_its_place(text: str, offset: int) -> None:
    with pytest.raises(DataTypeError) as caught:
        parse_type(text)
    assert caught.value.offset == offset


def test_the_parts_of_a_struct() -> None:
    parsed = parse_type('struct<`a b`: map<int,date> not null comment "x", c: array<dec(4,1)>>')
    assert parsed == Struct(
        (
            Field("a b", Map(Primitive("int"), Primitive("date")), False, "x"),
            Field("c", Array(Decimal(4, 1))),
        )
    )
    assert ddl(parsed) == "struct<`a b`:map<int,date>,c:array<decimal(4,1)>>"


def test_types_of_other_systems_are_named_in_sparks_words() -> None:
    with pytest.raises(DataTypeError) as caught:
        parse_type("int64")
    assert caught.value.hint == "Spark calls it bigint"


def test_endless_nesting_is_an_error() -> None:
    with pytest.raises(DataTypeError, match="nested"):
        parse_type("array<" * 5000)


@pytest.mark.spark
def test_spark_agrees(spark: SparkSession) -> None:
    parser = spark._jsparkSession.sessionState().sqlParser()
    for text, spelled in SPELLINGS.items():
        assert parser.parseDataType(text).simpleString() == spelled, text
    for text in REFUSED:
        with pytest.raises(Exception):  # noqa: B017, PT011 - Spark has many kinds of refusal
            parser.parseDataType(text)
