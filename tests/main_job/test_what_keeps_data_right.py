"""Points at which streaming projects lose or double rows, on one small project run four times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from main_job.command import Ended, streamsql
from main_job.shop_project import rows, run_results, stored

from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.kafka import (
    Record,
    TopicSpec,
    create_topics,
    delete_topics,
    produce,
)
from streamsql.spark.librdkafka import KafkaConnection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PROFILES = """\
lab:
  target: dev
  outputs:
    dev:
      spark: {{master: "local[2]", conf: {{spark.sql.shuffle.partitions: 1}}}}
      checkpoints: target/checkpoints
      warehouse: target/warehouse
      connections:
        kafka: {{type: kafka, bootstrap_servers: "{servers}"}}
"""
SOURCES = """\
sources:
  - name: lab
    connection: kafka
    format: json
    tables:
      - name: readings
        topic: lab.readings
        watermark: {column: taken_at, delay: 10 minutes}
        columns:
          - {name: id, data_type: bigint, data_tests: [not_null]}
          - {name: taken_at, data_type: timestamp}
          - {name: station, data_type: string}
      - name: tail
        topic: lab.tail
        options: {startingOffsets: latest}
        columns: [{name: id, data_type: bigint, data_tests: [not_null]}]
"""
# Each type with a value whose way through JSON and back is not a matter of course.
VALUES = {
    "flag": "true",
    "tiny": "CAST(-128 AS TINYINT)",
    "small": "CAST(32767 AS SMALLINT)",
    "whole": "CAST(-2147483648 AS INT)",
    "big": "9007199254740993L",
    "single": "CAST(0.1 AS FLOAT)",
    "not_a_number": "double('NaN')",
    "exact": "CAST('12345678901234567890.123456789012345678' AS DECIMAL(38,18))",
    "letters": "'Zoë \"quoted\" 🎁'",
    "raw": "CAST('caf\\u00e9' AS BINARY)",
    "day": "DATE'0001-01-01'",
    "moment": "TIMESTAMP'2026-01-31 10:00:00.000001Z'",
    "local_moment": "TIMESTAMP_NTZ'2026-01-31 10:00:00.123456'",
    "span": "INTERVAL '-1 02:03:04.000005' DAY TO SECOND",
    "months": "INTERVAL '3-11' YEAR TO MONTH",
    "listed": "array(1, NULL, 3)",
    "pair": "named_struct('at', TIMESTAMP'2026-01-31 10:00:00.654321Z', 'n', NULL)",
    "nothing": "CAST(NULL AS STRING)",
    "looked_up": "map(1, 'one', 2, NULL)",
}
TYPES = ",\n".join(f"  {value} AS {name}" for name, value in VALUES.items())
SAME = ",\n".join(
    f"  to_json(struct({name})) <=> to_json(struct({value} AS {name})) AS {name}"
    if name == "looked_up"  # maps cannot be compared
    else f"  {name} <=> {value} AS {name}"
    for name, value in VALUES.items()
)


def topic(name: str, sql: str) -> str:
    return (
        f"{{{{ config(materialized='topic', topic='lab.{name}', connection='kafka') }}}}\n{sql}\n"
    )


READINGS = "{{ source('lab', 'readings') }}"
MODELS: Mapping[str, str] = {
    "unique_readings": "{{ config(dedup={'keys': ['id'], 'within': '1 hour'}) }}\n"
    f"SELECT id, taken_at, station FROM {READINGS}\n",
    "once_each": topic("once_each", "SELECT id, taken_at FROM {{ ref('unique_readings') }}"),
    "per_minute": topic(
        "per_minute",
        "SELECT window(taken_at, '1 minute').start AS minute, count(*) AS n\n"
        f"FROM {READINGS} GROUP BY window(taken_at, '1 minute')",
    ),
    "old_name": topic("named", f"SELECT id FROM {READINGS}"),
    "every_type": topic("every_type", f"SELECT\n{TYPES},\n  id\nFROM {READINGS}"),
    "types_read_back": topic(
        "types_read_back", f"SELECT\n{SAME},\n  id\nFROM {{{{ ref('every_type') }}}}"
    ),
    "tail_a": topic("tail_a", "SELECT id FROM {{ source('lab', 'tail') }}"),
    "tail_b": topic("tail_b", "SELECT -id AS id FROM {{ source('lab', 'tail') }}"),
    "log": "{{ config(materialized='table', format='parquet') }}\n"
    f"SELECT id, station FROM {READINGS}\n",
    "newest": "{{ config(materialized='table', format='delta', unique_key=['station'],\n"
    "          order_by=['taken_at', 'id']) }}\n"
    f"SELECT station, id, taken_at FROM {READINGS}\n",
}
T0 = datetime(2026, 1, 31, 10, tzinfo=UTC)
FIRST = [(n, T0 + timedelta(seconds=20 * n), f"s{n % 3}") for n in range(90)]  # half an hour
LATE = (900, T0, "s0")  # twenty minutes behind
# Known ones again, one of them within the same batch; a new one that moves the clock on.
SECOND = [FIRST[80], FIRST[85], LATE, (90, T0 + timedelta(minutes=31), "s1")]
SECOND += [SECOND[-1]]


class Lab:
    """The small project and its broker."""

    def __init__(self, root: Path, connection: KafkaConnection) -> None:
        self.root = root
        self.connection = connection

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def send(self, readings: list[tuple[int, datetime, str]], tail: list[int]) -> None:
        values = ({"id": i, "taken_at": t.isoformat(), "station": s} for i, t, s in readings)
        produce(self.connection, "lab.readings", [_record(v) for v in values])
        produce(self.connection, "lab.tail", [_record({"id": i}) for i in tail])

    def run(self, *arguments: str) -> Ended:
        return streamsql("run", "--once", *arguments, cwd=self.root)

    def rows(self, name: str) -> list[dict[str, Any]]:
        return rows(stored(self.connection, f"lab.{name}"))

    def books(self, query: str) -> Any:
        path = self.root / f"target/checkpoints/lab/{query}/1.json"
        return json.loads(path.read_text(encoding="utf-8"))


def _record(value: Mapping[str, Any]) -> Record:
    return Record(json.dumps(value).encode(), timestamp=int(T0.timestamp() * 1000))


@pytest.fixture(scope="module")
def lab(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Run once, with records that readers of the tail must not see."""
    lab = Lab(tmp_path_factory.mktemp("lab"), broker.connection)
    lab.write("streamsql.toml", 'name = "lab"\n')
    lab.write("profiles.yml", PROFILES.format(servers=broker.bootstrap_servers))
    lab.write("models/sources.yml", SOURCES)
    for name, sql in MODELS.items():
        lab.write(f"models/{name}.sql", sql)
    create_topics(lab.connection, [TopicSpec("lab.readings"), TopicSpec("lab.tail")])
    lab.send(FIRST, tail=[1, 2, 3])
    produce(lab.connection, "lab.tail", [Record(b"broken before")])
    lab.run().succeeded()
    return lab


@pytest.fixture(scope="module")
def resumed(lab: Lab) -> Ended:
    """Run again, with new records and a model under another name."""
    (lab.root / "models/old_name.sql").unlink()
    renamed = MODELS["old_name"].replace("topic='lab", "renamed_from='old_name', topic='lab")
    lab.write("models/new_name.sql", renamed)
    lab.send(SECOND, tail=[4, 5])
    produce(lab.connection, "lab.tail", [Record(b"broken after")])
    return lab.run().succeeded()


def test_every_type_is_the_same_when_it_is_read_back(lab: Lab) -> None:
    (row, *others) = lab.rows("types_read_back")
    assert len(others) == len(FIRST) - 1
    assert {name: same for name, same in row.items() if name != "id"} == dict.fromkeys(VALUES, True)
    assert lab.rows("every_type")[0]["moment"] == "2026-01-31T10:00:00.000001Z"
    assert lab.rows("every_type.dead_letter") == []


def test_latest_is_one_place_for_all_readers_of_a_source(lab: Lab, resumed: Ended) -> None:
    readers = ("tail_a", "tail_b", "dead_letter.lab.tail")
    starts = [s["offsets"] for q in readers for s in lab.books(q)["sources"].values()]
    assert starts == [{"lab.tail": {"0": 4}}] * 3
    assert [r["id"] for r in lab.rows("tail_a")] == [4, 5]
    assert [r["id"] for r in lab.rows("tail_b")] == [-4, -5]
    dead = stored(lab.connection, "lab.tail.dead_letter")
    assert [record.value for record in dead] == [b"broken after"]


def test_duplicates_are_dropped_across_batches_and_restarts(lab: Lab, resumed: Ended) -> None:
    assert [r["id"] for r in lab.rows("once_each")] == list(range(91))


def test_late_rows_are_counted(lab: Lab, resumed: Ended) -> None:
    late = {q: r["adapter_response"]["late_rows"] for q, r in run_results(lab.root).items()}
    assert late["per_minute"] == 1
    assert late["once_each"] == 1
    progress = [e for e in resumed.of("query_progress", "per_minute") if e["late_rows"]]
    assert [e["late_rows"] for e in progress] == [1]
    told = [e["message"] for e in resumed.of("notice") if e["severity"] == "warning"]
    assert any(text.startswith("per_minute: rows came later") for text in told), told
    assert late["new_name"] == 0  # without state nothing is late


def test_a_renamed_model_goes_on_where_it_was(lab: Lab, resumed: Ended) -> None:
    assert run_results(lab.root)["new_name"]["adapter_response"]["rows_in"] == len(SECOND)
    assert len(lab.rows("named")) == len(FIRST) + len(SECOND)
    (started,) = resumed.of("query_started", "new_name")
    assert started["resumed"]
    messages = [e["message"] for e in resumed.of("notice")]
    assert "new_name takes over the checkpoint of old_name" in messages
    assert not (lab.root / "target/checkpoints/lab/old_name").exists()


def test_tables_hold_what_their_models_say(lab: Lab, resumed: Ended, spark: SparkSession) -> None:
    log = spark.read.parquet(str(lab.root / "target/warehouse/lab/log/generation=1"))
    assert log.count() == len(FIRST) + len(SECOND)
    assert newest_of(lab, spark) == {("s0", 87), ("s1", 90), ("s2", 89)}


def test_full_refresh_begins_tables_anew(lab: Lab, resumed: Ended, spark: SparkSession) -> None:
    path = lab.root / "target/warehouse/lab/newest"
    spark.sql(f"INSERT INTO delta.`{path}` VALUES ('ghost', 1, TIMESTAMP'2026-01-01 00:00:00')")
    spark.catalog.clearCache()
    assert ("ghost", 1) in newest_of(lab, spark)
    again = lab.run("--full-refresh", "--yes", "-s", "log newest").succeeded()
    begun = {e["query"]: (e["generation"], e["resumed"]) for e in again.of("query_started")}
    assert (begun["log"], begun["newest"]) == ((2, False), (2, False))
    assert newest_of(lab, spark) == {("s0", 87), ("s1", 90), ("s2", 89)}
    table = lab.root / "target/warehouse/lab/log"
    for generation in (1, 2):  # the old one stays as it was
        log = spark.read.parquet(str(table / f"generation={generation}"))
        assert log.count() == len(FIRST) + len(SECOND)


def newest_of(lab: Lab, spark: SparkSession) -> set[tuple[str, int]]:
    table = spark.read.format("delta").load(str(lab.root / "target/warehouse/lab/newest"))
    return {(row.station, row.id) for row in table.collect()}


def test_a_topic_made_again_is_refused(lab: Lab, resumed: Ended) -> None:
    """The last test of this module: it takes the records away."""
    delete_topics(lab.connection, ["lab.tail"])
    create_topics(lab.connection, [TopicSpec("lab.tail")])
    refused = lab.run("-s", "tail_a")
    assert refused.code == 1
    assert refused.of("query_started") == []
    message, hint = refused.err.strip().splitlines()
    assert "topic 'lab.tail' was deleted and made again since 'tail_a' last read it" in message
    assert hint.strip() == "hint: start a new generation: --full-refresh -s tail_a"
