"""Avro types and what Spark makes of them: asked of ours quickly, and of Spark as well."""

from __future__ import annotations

TYPES = {
    '"null"': "void",
    '"boolean"': "boolean",
    '"int"': "int",
    '"long"': "bigint",
    '"float"': "float",
    '"double"': "double",
    '"bytes"': "binary",
    '"string"': "string",
    '{"type":"int","logicalType":"date"}': "date",
    '{"type":"int","logicalType":"time-millis"}': "int",
    '{"type":"long","logicalType":"time-micros"}': "bigint",
    '{"type":"long","logicalType":"timestamp-millis"}': "timestamp",
    '{"type":"long","logicalType":"timestamp-micros"}': "timestamp",
    '{"type":"long","logicalType":"timestamp-nanos"}': "bigint",
    '{"type":"long","logicalType":"local-timestamp-millis"}': "timestamp_ntz",
    '{"type":"long","logicalType":"local-timestamp-micros"}': "timestamp_ntz",
    '{"type":"int","logicalType":"timestamp-millis"}': "int",
    '{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}': "decimal(10,2)",
    '{"type":"bytes","logicalType":"decimal","precision":10}': "decimal(10,0)",
    '{"type":"bytes","logicalType":"decimal","precision":4,"scale":6}': "binary",
    '{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9,"scale":2}': (
        "decimal(9,2)"
    ),
    '{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":10}': "binary",
    '{"type":"fixed","name":"F","size":12,"logicalType":"duration"}': "binary",
    '{"type":"string","logicalType":"uuid"}': "string",
    '{"type":"string","logicalType":"decimal","precision":4,"scale":2}': "string",
    '{"type":"enum","name":"E","symbols":["A","B"]}': "string",
    '["null","int"]': "int",
    '["string","null"]': "string",
    '["int"]': "int",
    '["int","long"]': "bigint",
    '["null","float","double"]': "double",
    '["int","double"]': "struct<member0:int,member1:double>",
    '["null","int","string"]': "struct<member0:int,member1:string>",
    '{"type":"array","items":["null","int"]}': "array<int>",
    '{"type":"map","values":{"type":"array","items":"long"}}': "map<string,array<bigint>>",
    '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}': "struct<a:int>",
    '{"type":"record","name":"R","namespace":"x.y","fields":[{"name":"a","type":'
    '{"type":"enum","name":"E","symbols":["A"]}},{"name":"b","type":"E"},'
    '{"name":"c","type":["null","x.y.E"]}]}': "struct<a:string,b:string,c:string>",
    '{"type":"int","spark.sql.catalyst.type":"interval year to month"}': "interval year to month",
}

# What Spark has no type for, and what is said of it.
REFUSED = {
    '{"type":"bytes","logicalType":"decimal","precision":50,"scale":2}': "a decimal of 50 digits",
    '{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}': (
        "holds the record R inside itself"
    ),
}
