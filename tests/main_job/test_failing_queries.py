"""A query that dies: what is said, what goes on, what is skipped; then Ctrl-C at a terminal."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from main_job.command import Command, Ended, streamsql
from main_job.shop_project import rows, run_results, stored

from streamsql.dev.broker import EmbeddedBroker, start
from streamsql.spark.java import Java
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce
from streamsql.spark.librdkafka import KafkaConnection

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

FILES = {
    "streamsql.toml": 'name = "till"\n',
    "profiles.yml": """\
till:
  target: dev
  outputs:
    dev:
      spark: {master: "local[2]", conf: {spark.sql.shuffle.partitions: 1}}
      checkpoints: target/checkpoints
      connections:
        kafka: {type: kafka, embedded: true}
""",
    "models/sources.yml": """\
sources:
  - name: till
    connection: kafka
    format: json
    tables:
      - name: sales
        topic: till.sales
        columns:
          - {name: id, data_type: bigint, data_tests: [not_null]}
          - {name: price, data_type: string}
""",
    "models/marts/prices.sql": """\
{{ config(materialized='topic', topic='till.prices', connection='kafka') }}
SELECT id, CAST(price AS DECIMAL(10,2)) AS price FROM {{ source('till', 'sales') }}
""",
    "models/marts/dear.sql": """\
{{ config(materialized='topic', topic='till.dear', connection='kafka') }}
SELECT id FROM {{ ref('prices') }} WHERE price > 100
""",
    "models/marts/receipts.sql": """\
{{ config(materialized='topic', topic='till.receipts', connection='kafka') }}
SELECT id FROM {{ source('till', 'sales') }}
""",
}
SALES = [{"id": 1, "price": "1.50"}, {"id": 2, "price": "abc"}, {"id": 3, "price": "200"}]
QUERIES = {"prices", "dear", "receipts", "dead_letter.till.sales", "dead_letter.prices"}


@dataclass(frozen=True, slots=True)
class Till:
    """The project, and what its two runs told: ``once``, then ``kept`` until Ctrl-C."""

    root: Path
    once: Ended
    once_results: Any
    receipts_once: list[int]
    second_runner: Ended
    kept: Ended
    receipts: list[int]
    broker_ended_in_order: bool


def send(connection: KafkaConnection, sales: list[dict[str, Any]]) -> None:
    produce(connection, "till.sales", [Record(json.dumps(s).encode()) for s in sales])


def receipts(connection: KafkaConnection) -> list[int]:
    return [row["id"] for row in rows(stored(connection, "till.receipts"))]


def own_broker(root: Path) -> KafkaConnection:
    port = json.loads((root / "target/broker/broker.json").read_text(encoding="utf-8"))["port"]
    return KafkaConnection("kafka", f"127.0.0.1:{port}")


@pytest.fixture(scope="module")
def till(
    tmp_path_factory: pytest.TempPathFactory, java: Java, broker_jars: tuple[Path, ...]
) -> Till:
    root = tmp_path_factory.mktemp("till")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")

    def broker() -> EmbeddedBroker:
        return start(root / "target/broker", java=java, jars=broker_jars, env=os.environ)

    with broker() as fed:
        create_topics(fed.connection, [TopicSpec("till.sales")])
        send(fed.connection, SALES)
        once = streamsql("run", "--once", cwd=root)
        once_results = run_results(root)
        receipts_once = receipts(fed.connection)
    # From here on the broker is the run's own.
    with Command("run", cwd=root) as run:
        run.wait_for("failure", lambda events: any(e["event"] == "query_failed" for e in events))
        run.wait_for_start(len(QUERIES))
        send(own_broker(root), [{"id": 4, "price": "4"}])
        run.wait_for_rows("receipts")
        second_runner = streamsql("run", "--once", "-s", "receipts", cwd=root)
        send(own_broker(root), [{"id": n, "price": "5"} for n in range(5, 500)])
        run.press_ctrl_c()
        kept = run.end()
    in_order = (root / "target/broker/data/.kafka_cleanshutdown").exists()
    with broker() as after:
        found = receipts(after.connection)
    return Till(root, once, once_results, receipts_once, second_runner, kept, found, in_order)


def test_the_message_names_model_file_and_reason_in_a_line(till: Till) -> None:
    (failed,) = till.once.of("query_failed")
    assert (failed["model"], failed["location"]) == ("prices", "models/marts/prices.sql:1:1")
    assert "CAST_INVALID_INPUT" in failed["reason"]
    assert "'abc'" in failed["reason"]
    assert "\n" not in failed["reason"]
    assert "try_cast" in failed["hint"]
    assert "Traceback" not in till.once.err


def test_once_skips_what_reads_from_the_dead_and_ends_with_1(till: Till) -> None:
    assert till.once.code == 1
    because = {e["query"]: e["because"] for e in till.once.of("query_skipped")}
    assert because == {"dear": "prices", "dead_letter.prices": "prices"}
    status = {query: result["status"] for query, result in till.once_results.items()}
    assert status == {
        "prices": "error",
        "receipts": "success",
        "dead_letter.till.sales": "success",
        "dear": "skipped",
        "dead_letter.prices": "skipped",
    }
    assert "abc" in till.once_results["prices"]["message"]
    assert till.receipts_once == [1, 2, 3]


def test_the_others_go_on_until_they_are_stopped(till: Till) -> None:
    (failed,) = till.kept.of("query_failed")
    assert failed["query"] == "prices"
    assert set(failed["still_running"]) <= QUERIES - {"prices"}
    assert {e["query"] for e in till.kept.of("query_ended")} == QUERIES - {"prices"}
    assert till.kept.code == 1
    assert till.receipts[:4] == [1, 2, 3, 4]


def test_a_second_runner_is_refused(till: Till) -> None:
    assert till.second_runner.code == 1
    assert till.second_runner.of("query_started") == []
    message, hint = till.second_runner.err.strip().splitlines()
    assert "is already being run by process" in message
    assert "stop that run first" in hint


def test_ctrl_c_reaches_neither_spark_nor_the_broker(till: Till) -> None:
    """The whole process group gets it: what was read is written once, and all end in order."""
    assert "stopping after the current batch" in till.kept.err
    assert "Traceback" not in till.kept.err
    assert "stopped within a batch" not in till.kept.out
    assert till.receipts == list(range(1, len(till.receipts) + 1))
    for query in QUERIES - {"prices"}:
        folder = till.root / f"target/checkpoints/till/{query}/1"
        assert newest(folder / "offsets") == newest(folder / "commits"), query
    assert till.broker_ended_in_order


def newest(folder: Path) -> int:
    return max(int(p.name) for p in folder.iterdir() if p.name.isdigit())


def test_fail_fast_stops_all(till: Till) -> None:
    ended = streamsql("run", "--fail-fast", cwd=till.root)
    assert ended.code == 1
    (failed,) = ended.of("query_failed")
    assert failed["query"] == "prices"
    assert {e["query"] for e in ended.of("query_ended")} <= QUERIES - {"prices"}
    assert run_results(till.root)["receipts"]["status"] == "success"
