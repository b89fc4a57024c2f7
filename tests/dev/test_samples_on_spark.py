"""What is made up for a source decodes, whatever its format; asked of Spark."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from streamsql.dev.events import made_up
from streamsql.formats import decode
from streamsql.project import load_project
from streamsql.project.nodes import ProjectFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

START = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = """\
        watermark: {column: at, delay: 1 minute}
        columns:
          - {name: id, data_type: bigint}
          - {name: at, data_type: timestamp}
          - {name: day, data_type: date}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: paid, data_type: boolean}
          - {name: note, data_type: string}
"""
TABLES = {
    "csv": "format: csv | format_options: {delimiter: ';'}",
    "csv_quoted": 'format: csv | format_options: {delimiter: "\\t", quote: "\'", escape: "\\\\"}',
    "debezium": "format: debezium_json | format_options: {timestamps: millis, dates: days}",
    "debezium_micros": "format: debezium_json"
    " | format_options: {timestamps: micros, decimals: precise}",
    "debezium_iso": "format: debezium_json",
    "framed": "format: json | format_options: {framing: confluent}",
    "variant": "format: json | format_options: {singleVariantColumn: whole}",
    "keyed": "format: json | key: {format: json, columns: [{name: id, data_type: bigint}]}",
    "text": "format: text",
    "dated": "format: csv | format_options: {dateFormat: dd.MM.yyyy}",
}
AVRO = {
    "type": "record",
    "name": "shop.Reading",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "seen", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "nanos", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
        {"name": "of_day", "type": {"type": "int", "logicalType": "time-millis"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9,
                                   "scale": 2}},
        {"name": "cost", "type": {"type": "fixed", "name": "Cost", "size": 6,
                                  "logicalType": "decimal", "precision": 12, "scale": 3}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
        {"name": "raw", "type": "bytes"},
        {"name": "ratio", "type": ["float", "null"]},
        {"name": "size", "type": "double"},
        {"name": "paid", "type": "boolean"},
        {"name": "uid", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["A", "B", "C"]}},
        {"name": "before", "type": ["null", "State"]},
        {"name": "either", "type": ["int", "string", "null"]},
        {"name": "whole", "type": ["int", "long"]},
        {"name": "nothing", "type": "null"},
        {"name": "tags", "type": {"type": "map", "values": ["null", "int"]}},
        {"name": "lines", "type": {"type": "array", "items": {
            "type": "record", "name": "Line", "fields": [
                {"name": "sku", "type": "string"},
                {"name": "pieces", "type": {"type": "int"}}]}}},
        {"name": "last", "type": ["null", "Line"]},
    ],
}  # fmt: skip
SCHEMAS = {
    "schemas/reading.avsc": json.dumps(AVRO),
    "schemas/reading-value.json": json.dumps(
        {"subject": "reading-value", "versions": [{"version": 1, "id": 700, "schema": AVRO}]}
    ),
    "schemas/number.avsc": '"long"',
}
TABLES |= {
    "avro": "format: avro | format_options: {schema: schemas/reading.avsc}",
    "avro_framed": "format: avro | format_options: {subject: reading-value}"
    " | key: {format: avro, format_options: {schema: schemas/number.avsc}}",
}
KAFKA = (
    "key binary, value binary, topic string, partition int, offset bigint, "
    "timestamp timestamp, timestampType int, "
    "headers array<struct<key:string,value:binary>>"
)


def test_made_up_records_are_good_records(spark: SparkSession) -> None:
    texts = "sources:\n  - name: s\n    connection: kafka\n    tables:\n"
    for name, settings in TABLES.items():
        texts += f"      - name: {name}\n        topic: {name}\n"
        texts += "".join(f"        {line}\n" for line in settings.split(" | "))
        watermark, columns = COLUMNS.split("\n", 1)
        texts += f"{watermark}\n" if name != "text" else ""
        texts += columns if not name.startswith(("text", "avro")) else ""
    connections = "{kafka: {type: kafka, embedded: true}}"
    profiles = f"s: {{outputs: {{dev: {{connections: {connections}}}}}, target: dev}}"
    files = {"streamsql.toml": 'name = "s"', "models/s.yml": texts, **SCHEMAS}
    project = load_project(ProjectFiles(files, ("profiles.yml", profiles)))
    assert project.findings == ()
    events = list(itertools.islice(made_up(project.sources, 1, START, rate=100.0), 900))
    assert {e.source for e in events} == {f"s.{n}" for n in TABLES if n != "dated"}
    found = {}
    for source in project.sources:
        rows = [
            (bytes(e.key or b""), e.value, source.name, 0, n, e.time, 0, [])
            for n, e in enumerate(events)
            if e.source == source.unique_name
        ]
        spark.createDataFrame(rows, KAFKA).createOrReplaceTempView(source.name)
        bad = decode(source, source.name).bad
        told = spark.sql(f"SELECT CAST(headers[0].value AS STRING) AS e FROM ({bad})").collect()
        found[source.name] = {r.e for r in told}
    assert found == {name: set() for name in TABLES}
    framed = next(source for source in project.sources if source.name == "avro_framed")
    good = decode(framed, framed.name, hidden=["_key"]).good
    spark.sql(good).createOrReplaceTempView("readings")
    either, keys, days = spark.sql(
        "SELECT count(DISTINCT CASE WHEN either.member0 IS NULL THEN 1 ELSE 0 END), "
        "count_if(_key = id), count_if(day = DATE'2026-03-01') FROM readings"
    ).first()
    assert (either, keys > 0, days > 0) == (2, False, True)
