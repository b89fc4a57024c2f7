"""What is made up for a source decodes, whatever its format; asked of Spark."""

from __future__ import annotations

import itertools
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
    "debezium_micros": "format: debezium_json | format_options: {timestamps: micros}",
    "debezium_iso": "format: debezium_json",
    "framed": "format: json | format_options: {framing: confluent}",
    "variant": "format: json | format_options: {singleVariantColumn: whole}",
    "keyed": "format: json | key: {format: json, columns: [{name: id, data_type: bigint}]}",
    "text": "format: text",
    "dated": "format: csv | format_options: {dateFormat: dd.MM.yyyy}",
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
        texts += "" if name == "text" else COLUMNS
    connections = "{kafka: {type: kafka, embedded: true}}"
    profiles = f"s: {{outputs: {{dev: {{connections: {connections}}}}}, target: dev}}"
    files = {"streamsql.toml": 'name = "s"', "models/s.yml": texts}
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
