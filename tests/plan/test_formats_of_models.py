"""Formats through a whole compile: keys, change events, schemas of JSON, what is not parsed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from project_texts import files

from streamsql.pipeline import Compilation, compile_project

DOCS = Path(__file__).parents[2] / "docs" / "sources-and-sinks.md"
SINK = "{{ config(materialized='sink', connector='console') }}\n"
SOURCE = """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: shop.orders
"""
KEY = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}
KEYS = {"subject": "shop.orders-key", "versions": [{"version": 1, "id": 9, "schema": KEY}]}
ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "description": "Its number."},
        "note": {"type": ["null", "string"]},
        "at": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": {"$ref": "#/definitions/Line"}},
        "extra": {"type": "object", "additionalProperties": {"type": "number"}},
        "count": {"type": "integer", "connect.type": "int32"},
        "kind": {"enum": ["a", "b"]},
    },
    "required": ["id", "note"],
    "additionalProperties": False,
    "definitions": {"Line": {"type": "object", "properties": {"sku": {"type": "string"}}}},
}
ORDERS = {
    "subject": "shop.orders-value",
    "type": "JSON",
    "versions": [{"version": 1, "id": 12, "schema": ORDER}],
}


def compiled(table: str, sql: str, schemas: dict[str, object] | None = None) -> Compilation:
    """Compile a model over a source whose settings are ``table``."""
    indented = "".join(f"        {line}\n" for line in table.strip().splitlines())
    texts = {"models/shop.yml": SOURCE + indented, "models/m.sql": sql}
    for path, schema in (schemas or {}).items():
        texts[f"schemas/{path}"] = json.dumps(schema)
    model = sql.replace("orders", "{{ source('shop', 'orders') }}", 1)
    return compile_project(files({**texts, "models/m.sql": model}), installed_spark="4.1.1")


def told(found: Compilation) -> list[str]:
    return [f"{f.rule}: {f.message}" for f in found.errors]


def columns(found: Compilation) -> dict[str, str | None]:
    (model,) = found.resolution.models
    return {c.name: c.data_type for c in model.columns}


def text_of(found: Compilation) -> str:
    assert told(found) == []
    assert found.plan is not None
    return next(q.sql for q in found.plan.queries if q.id == "m")


def test_a_key_has_the_types_that_its_source_declares() -> None:
    key = (
        "columns: [{name: a, data_type: int}]\n"
        "key: {format: json, columns: [{name: id, data_type: bigint}]}"
    )
    sql = SINK + "SELECT _key, _key.id + 1 AS next, a FROM orders"
    found = compiled(key, sql)
    assert columns(found) == {"_key": "struct<id:bigint>", "next": "bigint", "a": "int"}
    assert "named_struct('id', key_record.id)) AS _key" in text_of(found)
    assert told(compiled(key, SINK + "SELECT _key.idd FROM orders")) != []
    for written, kind in (("text", "string"), ("raw", "binary")):
        found = compiled(
            f"format: raw\nkey: {{format: {written}}}", SINK + "SELECT _key FROM orders"
        )
        assert columns(found) == {"_key": kind}
    found = compiled("format: raw", SINK + "SELECT _key FROM orders")
    assert columns(found) == {"_key": "binary"}


def test_the_subject_of_a_key_is_that_of_its_topic() -> None:
    sql = SINK + "SELECT _key.id FROM orders"
    found = compiled("format: raw\nkey: {format: avro}", sql, {"shop.orders-key.json": KEYS})
    assert columns(found) == {"id": "bigint"}
    assert "WHEN X'0000000009' THEN from_avro(" in text_of(found)
    (fault,) = compiled("format: raw\nkey: {format: avro}", sql).errors
    assert (fault.rule, "no schema file 'schemas/shop.orders-key.json'" in fault.message) == (
        "bad-schema",
        True,
    )


def test_a_key_is_decoded_only_where_somebody_has_to_agree() -> None:
    key = "on_error: {}\nformat: text\nkey: {{format: text}}"
    dropped = compiled(key.format("drop"), SINK + "SELECT value FROM orders")
    kept = compiled(key.format("dead_letter"), SINK + "SELECT value FROM orders")
    assert "CAST(key AS STRING)" not in text_of(dropped)
    assert "is_valid_utf8(CAST(key AS STRING))" in text_of(kept)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("format: raw\nkey: {format: jsn}", "unknown-format: there is no format 'jsn'"),
        ("format: protobuf", "unknown-format: the format protobuf cannot be had"),
        ("format: raw\nkey: {format: json}", "undecodable-source: a JSON source needs columns"),
        (
            "format: raw\nkey: {format: text, format_options: {a: b}}",
            "undecodable-source: the format text has no option 'a'",
        ),
        (
            "format: csv\ncolumns: [{name: a, data_type: array<int>}]",
            "undecodable-source: column 'a': a cell of CSV cannot hold array<int>",
        ),
        (
            "format: csv\nformat_options: {quote: '<<'}\ncolumns: [{name: a, data_type: int}]",
            "undecodable-source: 'quote' is one character, not '<<'",
        ),
        (
            "format: debezium_json\nformat_options: {timestamps: millisecond}\n"
            "columns: [{name: a, data_type: int}]",
            "undecodable-source: 'timestamps' cannot be 'millisecond'",
        ),
        (
            "format: debezium_json\ncolumns: [{name: a, data_type: array<timestamp>}]",
            "undecodable-source: column 'a' has a timestamp inside, and connectors write numbers",
        ),
        (
            "format_options: {framing: confluen}\ncolumns: [{name: a, data_type: int}]",
            "undecodable-source: there is no framing 'confluen'",
        ),
        (
            "format_options: {singleVariantColumn: a}\ncolumns: [{name: a, data_type: int}]",
            "undecodable-source: 'a' gets the whole object, and is int",
        ),
    ],
)
def test_what_cannot_be_decoded(table: str, message: str) -> None:
    assert message in told(compiled(table, SINK + "SELECT 1 AS one FROM orders"))


def test_columns_come_from_a_json_schema() -> None:
    table = "format_options: {subject: shop.orders-value}"
    found = compiled(table, SINK + "SELECT * FROM orders", {"shop.orders-value.json": ORDERS})
    assert columns(found) == {
        "id": "bigint",
        "note": "string",
        "at": "timestamp",
        "lines": "array<struct<sku:string>>",
        "extra": "map<string,double>",
        "count": "int",
        "kind": "string",
    }
    (source,) = found.project.sources
    assert [c.name for c in source.columns if c.not_null] == ["id"], "a note may be null"
    assert source.columns[0].description == "Its number."
    assert "substring(value, 1, 5) IN (X'000000000C')" in text_of(found)
    plain = compiled(
        "format_options: {schema: schemas/o.json}",
        SINK + "SELECT id FROM orders",
        {"o.json": ORDER},
    )
    assert "substring(value, 1, 5)" not in text_of(plain)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string"}, "the schema has no properties"),
        ({"properties": {"a": {}}}, "the property a has no type"),
        ({"properties": {"a": {"type": ["string", "integer"]}}}, "may be string or integer"),
        ({"properties": {"a": {"type": "object"}}}, "is an object that may have any fields"),
        ({"properties": {"a": {"oneOf": [{"type": "string"}, {"type": "number"}]}}}, "2 kinds"),
        ({"properties": {"a": {"$ref": "#/nowhere"}}}, "refers to #/nowhere, which is not there"),
        ({"properties": {"a": {"$ref": "b.json"}}}, "refers to b.json, outside of its file"),
        ({"properties": {"a": {"$ref": "#"}}}, "holds # inside itself"),
        ({"properties": {"a": {"type": "array"}}}, "the items of the property a has no type"),
        ({"properties": {"a": {"type": "string"}, "A": {"type": "string"}}}, "'A' twice"),
        ([], "it is no JSON Schema"),
    ],
)
def test_json_schemas_that_spark_has_no_type_for(schema: object, message: str) -> None:
    table = "format_options: {schema: schemas/o.json}"
    (fault,) = (
        f
        for f in compiled(table, SINK + "SELECT 1 AS a FROM orders", {"o.json": schema}).errors
        if f.rule == "bad-schema"
    )
    assert message in fault.message


def written(config: str, select: str, schemas: dict[str, object] | None = None) -> Compilation:
    table = (
        "columns: [{name: id, data_type: bigint, data_tests: [not_null]}, "
        "{name: note, data_type: string}]"
    )
    made = f"{{{{ config(materialized='topic', topic='out', {config}) }}}}\n"
    return compiled(table, f"{made}SELECT {select} FROM orders", schemas)


def test_keys_are_written_in_their_own_format() -> None:
    keys = {"out-key.json": {**KEYS, "subject": "out-key"}}
    found = written("key='id', key_format='avro'", "id, note", keys)
    assert "concat(X'0000000009', to_avro(named_struct('id', id)" in text_of(found)
    assert [f.rule for f in found.findings if f.rule == "null-into-required-field"] == []
    assert "CAST(note AS STRING) AS key" in text_of(written("key='note'", "id, note"))
    as_json = text_of(written("key='note', key_format='json'", "id, note"))
    assert "to_json(struct(note), map('ignoreNullFields', 'false')) AS key" in as_json
    as_text = text_of(written("key='note', key_format='text'", "id, note"))
    assert "  note AS key" in as_text


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("key_format='avro'", "missing-config: 'key_format' needs 'key', the columns of the key"),
        ("key_options={'subject': 'x'}", "missing-config: 'key_options' needs 'key_format'"),
        ("key='id', key_format='jsn'", "unknown-format: there is no format 'jsn'"),
        (
            "key=['id', 'note'], key_format='text'",
            "unencodable-topic: a key of the format text is one column, not 2",
        ),
        (
            "key='id', key_format='text'",
            "unencodable-topic: the key 'id' is bigint, and the format text writes string or char "
            "or varchar",
        ),
        (
            "key='id', key_format='json', key_options={'a': 'b'}",
            "unknown-option: the format json has no option 'a'",
        ),
        (
            "format='debezium_json'",
            "unencodable-topic: change events of Debezium are read, not written",
        ),
        (
            "format_options={'framing': 'confluent'}",
            "unencodable-topic: framed JSON is written behind the id of its schema, and no schema "
            "is named",
        ),
    ],
)
def test_what_cannot_be_written(config: str, message: str) -> None:
    assert message in told(written(config, "id, note"))


def test_columns_are_held_against_a_json_schema() -> None:
    schemas = {"o.json": ORDERS}
    config = "format_options={'schema': 'schemas/o.json'}"
    found = told(written(config, "note, id AS lines, 1 AS other", schemas))
    assert found == [
        "unencodable-topic: the schema schemas/o.json has no field 'other'",
        "unencodable-topic: the schema schemas/o.json needs the field 'id'",
        "unencodable-topic: column 'lines' is bigint, and the schema has array<struct<sku:string>>",
    ]
    assert "concat(X'000000000C', CAST(to_json(" in text_of(written(config, "id, note", schemas))


def test_what_is_not_read_of_a_change_is_not_parsed() -> None:
    table = (
        "format: debezium_json\non_error: drop\ncolumns: [{name: a, data_type: int}, "
        "{name: b, data_type: 'struct<c:int,d:int>'}, {name: e, data_type: string}]"
    )
    narrow = text_of(compiled(table, SINK + "SELECT b.c, _op FROM orders"))
    assert "before struct<b:struct<c:int>>, after struct<b:struct<c:int>>, op string" in narrow
    whole = text_of(compiled(table, SINK + "SELECT b.c, _before.a FROM orders"))
    assert "before struct<a:int,b:struct<c:int,d:int>,e:string>" in whole
    cells = table.replace("debezium_json", "csv").replace("'struct<c:int,d:int>'", "int")
    assert "'a int, b int, e string, __end__" in text_of(
        compiled(cells, SINK + "SELECT b FROM orders")
    ), "cells are known by their places"


def test_a_whole_object_is_not_parsed_where_nobody_reads_it() -> None:
    table = (
        "on_error: drop\nformat_options: {singleVariantColumn: payload}\n"
        "columns: [{name: a, data_type: int}]"
    )
    assert "try_parse_json(" not in text_of(compiled(table, SINK + "SELECT a FROM orders"))
    found = compiled(table, SINK + "SELECT payload:b.c::date AS d, payload FROM orders")
    assert "try_parse_json(" in text_of(found)
    assert "'a int" not in text_of(found)
    assert columns(found) == {"d": "date", "payload": "variant"}


def test_a_topic_is_read_back_with_the_options_it_is_written_with() -> None:
    texts = {
        "models/shop.yml": SOURCE + "        columns: [{name: id, data_type: bigint}]\n",
        "models/out.sql": "{{ config(materialized='topic', format='csv', "
        "format_options={'delimiter': ';'}) }}\n"
        "SELECT id, 'x' AS note FROM {{ source('shop', 'orders') }}",
        "models/m.sql": SINK + "SELECT * FROM {{ ref('out') }}",
    }
    found = compile_project(files(texts), installed_spark="4.1.1")
    assert "from_csv(" in text_of(found)
    assert text_of(found).count("map('delimiter', ';'") == 1


EXAMPLE = re.compile(r"```yaml\n(        (?:format|key):.*?)```(?:\s+```sql\n(.*?)```)?", re.DOTALL)


def test_examples_of_the_documentation() -> None:
    """Each example of a source compiles with the query beside it, or with all its columns."""
    page = DOCS.read_text(encoding="utf-8")
    schemas = {
        "shop.orders-value.json": ORDERS,
    }
    found = EXAMPLE.findall(page)
    assert len(found) >= 6
    for table, sql in found:
        text = "\n".join(line[8:] for line in table.splitlines())
        if text.startswith("key:"):
            text += "\ncolumns: [{name: amount, data_type: int}]"
        query = SINK + (
            re.sub(r"\{\{ source\('shop', '\w+'\) \}\}", "orders", sql) or "SELECT * FROM orders"
        )
        given: dict[str, object] = dict(schemas)
        if "format: avro" in text:
            record = {"type": "record", "name": "O", "fields": [{"name": "id", "type": "long"}]}
            version = {"version": 1, "id": 7, "schema": record}
            given = {"shop.orders-value.json": {"subject": "s", "versions": [version]}}
        compilation = compiled(text, query, given)
        assert text_of(compilation), text
        assert all(kind is not None for kind in columns(compilation).values())
