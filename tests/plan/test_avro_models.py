"""Avro through a whole compile: columns from a schema's file, a topic written and read back."""

from __future__ import annotations

import json
from dataclasses import replace

from project_texts import files

from streamsql.pipeline import Compilation, compile_project

CLICK = {
    "type": "record",
    "name": "Click",
    "fields": [
        {"name": "id", "type": "long", "doc": "Its number."},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}
SUBJECT = {"subject": "clicks-value", "versions": [{"version": 1, "id": 7, "schema": CLICK}]}
SOURCES = """\
sources:
  - name: web
    tables:
      - name: clicks
        topic: web.clicks
        format: avro
        format_options: {schema: schemas/clicks.avsc}
        watermark: {column: at, delay: 1 minute}
"""
WRITTEN = """\
{{ config(materialized='topic', format='avro', format_options={'subject': 'clicks-value'}) }}
SELECT id, at FROM {{ source('web', 'clicks') }}
"""
READ = "{{ config(materialized='topic') }}\nSELECT id + 1 AS next FROM {{ ref('written') }}\n"


def compiled(
    sources: str = SOURCES, written: str = WRITTEN, schemas: dict[str, str] | None = None
) -> Compilation:
    given = {
        "schemas/clicks.avsc": json.dumps(CLICK),
        "schemas/clicks-value.json": json.dumps(SUBJECT),
    }
    texts = {"models/web.yml": sources, "models/written.sql": written, "models/read.sql": READ}
    return compile_project(replace(files(texts | (schemas or given))), installed_spark="4.1.1")


def told(compilation: Compilation) -> list[str]:
    return [f"{f.location} {f.rule}: {f.message}" for f in compilation.errors]


def test_columns_come_from_the_schema() -> None:
    compilation = compiled()
    assert told(compilation) == []
    (source,) = compilation.project.sources
    assert [(c.name, c.data_type, c.description) for c in source.columns] == [
        ("id", "bigint", "Its number."),
        ("at", "timestamp", ""),
    ]
    models = {m.name: m for m in compilation.resolution.models}
    assert [(c.name, c.data_type) for c in models["read"].columns] == [("next", "bigint")]
    assert compilation.plan is not None
    texts = {q.id: q.sql for q in compilation.plan.queries}
    assert "to_avro(named_struct('id', id, 'at', at)" in texts["written"]
    assert "concat(X'0000000007', to_avro(" in texts["written"]
    assert "from_avro(concat(value, " in texts["written"]
    assert "WHEN X'0000000007' THEN from_avro(" in texts["read"], "the topic is read as written"


def test_what_is_declared_must_be_the_schemas() -> None:
    declared = SOURCES + (
        "        columns:\n"
        "          - {name: ID, data_tests: [not_null]}\n"
        "          - {name: at, data_type: date}\n"
        "          - {name: att}\n"
    )
    compilation = compiled(declared)
    assert told(compilation) == [
        "models/web.yml:11:20 schema-mismatch: 'at' is date, and timestamp in schemas/clicks.avsc",
        "models/web.yml:12:20 schema-mismatch: the schema schemas/clicks.avsc has no field 'att'",
    ]
    (source,) = compilation.project.sources
    assert [(c.name, c.not_null) for c in source.columns] == [("id", True), ("at", False)]


def test_a_schema_that_is_not_there_stops_no_compile() -> None:
    found = told(compiled(schemas={"schemas/other.avsc": json.dumps(CLICK)}))
    assert [f for f in found if f.startswith("models/web.yml:7:25 bad-schema: there is no schema")]
    assert [f for f in found if f.startswith("models/written.sql:1") and "unregistered-schema" in f]


def test_columns_that_the_schema_does_not_take() -> None:
    wrong = WRITTEN.replace("SELECT id, at", "SELECT CAST(id AS STRING) AS id, at, 1 AS more")
    messages = [f.message for f in compiled(written=wrong).errors]
    assert "the schema schemas/clicks-value.json has no field 'more'" in messages
    assert "column 'id' is string, and the schema has bigint" in messages


def test_options_of_a_model_are_those_of_its_format() -> None:
    (error,) = compiled(written=WRITTEN.replace("'subject'", "'topic': 'x', 'subject'")).errors
    assert (error.rule, error.message) == (
        "unknown-option",
        "the format avro has no option 'topic'",
    )
