"""A project whose broker and registry are both embedded: ``dev`` makes its Avro up, ``run`` reads
on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from main_job.command import Command, streamsql
from main_job.shop_project import run_results

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

READING = {
    "type": "record",
    "name": "Reading",
    "namespace": "iot",
    "fields": [
        {"name": "device_id", "type": "long"},
        {"name": "taken_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "celsius", "type": ["null", "double"], "default": None},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["ON", "OFF"]}},
    ],
}
HOT = {
    "type": "record",
    "name": "Hot",
    "fields": [{"name": "device_id", "type": "long"}, {"name": "state", "type": "string"}],
}
FILES = {
    "streamsql.toml": 'name = "iot"\n',
    "profiles.yml": """\
iot:
  outputs:
    dev:
      spark: {master: "local[2]", conf: {spark.sql.shuffle.partitions: 1}}
      connections:
        kafka: {type: kafka, embedded: true}
        registry: {type: schema_registry, embedded: true}
""",
    "models/iot.yml": """\
sources:
  - name: iot
    connection: kafka
    tables:
      - name: readings
        topic: iot.readings
        format: avro
        format_options: {subject: iot.readings-value}
        watermark: {column: taken_at, delay: 1 minute}
""",
    "models/hot.sql": """\
{{ config(materialized='topic', format='avro', format_options={'subject': 'iot.hot-value'},
   topic='iot.hot') }}
SELECT device_id, state FROM {{ source('iot', 'readings') }}
""",
    "schemas/iot.readings-value.json": json.dumps(
        {"subject": "iot.readings-value", "versions": [{"version": 1, "id": 41, "schema": READING}]}
    ),
    "schemas/iot.hot-value.json": json.dumps(
        {"subject": "iot.hot-value", "versions": [{"version": 1, "id": 42, "schema": HOT}]}
    ),
}


def test_dev_and_run_bring_a_registry_of_their_own(tmp_path: Path) -> None:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    with Command("dev", "--duration", "9m", "--newest", "1", cwd=tmp_path) as playing:
        playing.wait_for_rows("hot")
        playing.press_ctrl_c()
        dev = playing.end().succeeded()
    said = json.dumps(dev.events) + dev.err
    assert "started the embedded schema registry at http://127.0.0.1:" in said
    assert "sample events sent: " in said
    assert "sample events ended" not in said
    played = sum(e.get("rows_out") or 0 for e in dev.of("query_progress", "hot"))
    assert played > 0, said

    streamsql("run", "--once", "--full-refresh", "--yes", cwd=tmp_path).succeeded()
    counts = {name: found["adapter_response"] for name, found in run_results(tmp_path).items()}
    assert counts["hot"]["rows_out"] >= played
    letters = [name for name in counts if "dead_letter" in name]
    assert [counts[name]["rows_out"] for name in letters] == [0], counts
