"""A batch that failed half-way, or that is written again: no row is lost between good and bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from data_tests.tested_orders import FILES, examples, send_orders, stored
from run.test_batches import forget_last_commit
from streams import failure_of

from streamsql.dev.broker import EmbeddedBroker
from streamsql.pipeline import compile_project
from streamsql.plan.nodes import Query
from streamsql.project.nodes import ProjectFiles
from streamsql.spark.kafka import TopicSpec, create_topics
from streamsql.spark.librdkafka import KafkaConnection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PREFIX = "replayed"
BROKEN = {"kafka.acks": "nonsense"}  # the client of the dead letters does not even start


EXPORT = {
    "models/export.sql": """\
{{ config(materialized='sink', connector='json', location='exports',
          dead_letter={'connection': 'other', 'topic': 'tested.lost_exports'}) }}
SELECT order_id, amount FROM {{ ref('stg') }}
""",
    "models/export.yml": """\
models:
  - name: export
    columns:
      - name: amount
        data_tests: [{range: {arguments: {min: 0}, config: {on_failure: quarantine}}}]
""",
}


def planned(name: str) -> Query:
    given = {**FILES, **examples(), **EXPORT}
    texts = {p: t.replace("tested.", f"{PREFIX}.") for p, t in given.items()}
    profiles = texts.pop("profiles.yml")
    files = ProjectFiles(texts=texts, profiles=("profiles.yml", profiles), env={"BROKERS": "x"})
    made = compile_project(files, installed_spark="4.1.1")
    assert made.plan is not None, made.errors
    return made.plan.query(name)


@pytest.fixture(scope="module")
def kafka(broker: EmbeddedBroker) -> KafkaConnection:
    send_orders(broker.connection, PREFIX)
    outputs = ("checked", "checked.dead_letter", "lost", "lost_exports")
    create_topics(broker.connection, [TopicSpec(f"{PREFIX}.{name}") for name in outputs])
    return broker.connection


def drain(
    spark: SparkSession,
    query: Query,
    folder: Path,
    kafka: KafkaConnection,
    of_dead_letters: Mapping[str, str] | None = None,
) -> str | None:
    """Drain a query from its checkpoint; return why it failed, if it did."""
    from streamsql.spark.batches import Destination
    from streamsql.spark.streams import start_query

    reach = {"kafka.bootstrap.servers": kafka.bootstrap_servers}
    stream = start_query(
        spark,
        query,
        checkpoint=str(folder / "checkpoint"),
        read_options={r.view: {**reach, "startingOffsets": "earliest"} for r in query.reads},
        destinations=[
            Destination(w, {**reach, **(of_dead_letters or {})} if w.holds_dead_letters else reach)
            if w.path is None
            else Destination(w, {}, str(folder / "table"))
            for w in query.writes
        ],
        paths={query.id: str(folder / "table")},
        once=True,
    )
    return failure_of(stream)


def numbers(kafka: KafkaConnection, topic: str) -> list[int]:
    records = stored(kafka, f"{PREFIX}.{topic}")
    return [json.loads(record.value or b"")["order_id"] for record in records]


def test_a_batch_that_failed_between_its_two_writes(
    spark: SparkSession, kafka: KafkaConnection, tmp_path: Path
) -> None:
    query = planned("archive")
    assert drain(spark, query, tmp_path, kafka, BROKEN) is not None
    table = spark.read.format("delta").load(str(tmp_path / "table"))
    written = table.count()
    assert written > 400
    assert numbers(kafka, "lost") == []

    assert drain(spark, query, tmp_path, kafka) is None
    assert table.count() == written, "Delta took the batch twice"
    lost = numbers(kafka, "lost")
    assert len(lost) == len(set(lost)) > 20

    forget_last_commit(tmp_path / "checkpoint")
    assert drain(spark, query, tmp_path, kafka) is None
    assert table.count() == written, "Delta took the batch twice"
    assert set(numbers(kafka, "lost")) == set(lost)


def test_one_write_that_is_done_again(
    spark: SparkSession, kafka: KafkaConnection, tmp_path: Path
) -> None:
    query = planned("checked")
    assert drain(spark, query, tmp_path, kafka) is None
    good, bad = numbers(kafka, "checked"), numbers(kafka, "checked.dead_letter")
    assert len(good) > 300
    assert len(bad) > 100
    forget_last_commit(tmp_path / "checkpoint")
    assert drain(spark, query, tmp_path, kafka) is None
    assert sorted(numbers(kafka, "checked")) == sorted(good * 2)
    assert sorted(numbers(kafka, "checked.dead_letter")) == sorted(bad * 2)


def test_files_beside_a_quarantine_are_written_at_least_once(
    spark: SparkSession, kafka: KafkaConnection, tmp_path: Path
) -> None:
    """They have no memory of batches: a batch that is run again adds its rows again."""
    query = planned("export")
    assert drain(spark, query, tmp_path, kafka) is None
    rows = spark.read.json(str(tmp_path / "table"))
    once, letters = rows.count(), numbers(kafka, "lost_exports")
    assert once > 400
    assert len(letters) == len(set(letters)) > 20
    forget_last_commit(tmp_path / "checkpoint")
    assert drain(spark, query, tmp_path, kafka) is None
    again = spark.read.json(str(tmp_path / "table"))
    assert (again.count(), again.distinct().count()) == (2 * once, once)
    assert sorted(numbers(kafka, "lost_exports")) == sorted(letters * 2)
