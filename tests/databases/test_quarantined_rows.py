"""Rows that a model of the JDBC sink quarantines: a table in PostgreSQL, letters in Kafka, and each
record back once after a fix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from postgres import PASSWORD, USER, Postgres
from run.test_batches import forget_last_commit
from streams import failure_of

from streamsql.cli import cli
from streamsql.dev.broker import EmbeddedBroker
from streamsql.pipeline import compile_project
from streamsql.plan.nodes import Query
from streamsql.project import read_files
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce, read_last

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

DATABASE, ORDERS, LETTERS = "quarantine", "quarantine.orders", "quarantine.lost"
COUNT = 120
BAD = [n for n in range(COUNT) if n % 10 == 3]
BROKEN = {"kafka.acks": "nonsense"}  # the client of the dead letters does not even start
FILES = {
    "streamsql.toml": 'name = "shop"\n',
    "profiles.yml": """\
shop:
  outputs:
    dev:
      spark: {{master: "local[2]", conf: {{spark.sql.shuffle.partitions: 1}}}}
      connections:
        kafka: {{type: kafka, bootstrap_servers: "{servers}"}}
        warehouse: {{type: jdbc, url: "{url}", user: {user}, password: {password}}}
""",
    "models/shop.yml": """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: quarantine.orders
        columns:
          - {{name: order_id, data_type: bigint}}
          - {{name: currency, data_type: string}}
models:
  - name: orders_in_euros
    columns:
      - name: currency
        data_tests:
          - accepted_values: {{arguments: {{values: [EUR]}}, config: {{on_failure: quarantine}}}}
""",
    "models/orders_in_euros.sql": """\
{{{{ config(materialized='sink', connector='jdbc', connection='warehouse',
          dead_letter={{'connection': 'kafka', 'topic': 'quarantine.lost'}}) }}}}
SELECT order_id, currency FROM {{{{ source('shop', 'orders') }}}}
""",
}


class Orders:
    """The project, its table, and how its query is drained."""

    def __init__(
        self, root: Path, spark: SparkSession, postgres: Postgres, broker: EmbeddedBroker
    ) -> None:
        self.root, self.spark, self.postgres, self.kafka = root, spark, postgres, broker.connection
        told = {"servers": broker.bootstrap_servers, "url": postgres.url(DATABASE)}
        for path, text in FILES.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(text.format(**told, user=USER, password=PASSWORD))

    def query(self) -> Query:
        made = compile_project(read_files(self.root, env={}), installed_spark="4.1.1")
        assert made.plan is not None, made.errors
        return made.plan.query("orders_in_euros")

    def drain(self, of_letters: Mapping[str, str] | None = None) -> str | None:
        """Drain the query as it is now, from its checkpoint; return why it failed, if it did."""
        from streamsql.spark.batches import Destination
        from streamsql.spark.databases import prepare_table
        from streamsql.spark.jdbc import JdbcConnection
        from streamsql.spark.streams import start_query

        query = self.query()
        table, letters = query.writes
        url = self.postgres.url(DATABASE)
        reached = JdbcConnection("warehouse", url, USER, PASSWORD)
        database = prepare_table(self.spark, "shop", query, table, reached, empty=False)
        reach = {"kafka.bootstrap.servers": self.kafka.bootstrap_servers}
        stream = start_query(
            self.spark,
            query,
            checkpoint=str(self.root / "checkpoint"),
            read_options={r.view: {**reach, "startingOffsets": "earliest"} for r in query.reads},
            destinations=[
                Destination(table, {}, database=database),
                Destination(letters, {**reach, **(of_letters or {})}),
            ],
            paths={},
            once=True,
        )
        return failure_of(stream)

    def rows(self) -> list[int]:
        found = self.postgres.rows(DATABASE, "SELECT order_id FROM orders_in_euros ORDER BY 1")
        return [number for (number,) in found]

    def letters(self) -> list[int]:
        stored = read_last(self.kafka, LETTERS, 10_000, timeout=60)
        return [json.loads(record.value or b"")["order_id"] for record in stored]

    def replay(self) -> Mapping[str, int]:
        command = ["dead-letters", "replay", "--yes", "--quarantined", "--output", "json"]
        done = CliRunner().invoke(cli, [*command, "--project-dir", str(self.root)])
        assert done.exit_code == 0, done.output
        told = {t["topic"]: t["replayed"] for t in json.loads(done.stdout)}
        found: Mapping[str, int] = told[LETTERS]
        return found


def test_each_row_is_in_the_table_once_and_each_letter_goes_back_once(
    tmp_path: Path, spark: SparkSession, postgres: Postgres, broker: EmbeddedBroker
) -> None:
    postgres.create_database(DATABASE)
    orders = Orders(tmp_path, spark, postgres, broker)
    create_topics(broker.connection, [TopicSpec(ORDERS, 2), TopicSpec(LETTERS)])
    currencies = ["usd" if n in BAD else "EUR" for n in range(COUNT)]
    produce(
        broker.connection,
        ORDERS,
        [
            Record(json.dumps({"order_id": n, "currency": currency}).encode(), partition=n % 2)
            for n, currency in enumerate(currencies)
        ],
    )
    good = [n for n in range(COUNT) if n not in BAD]

    # The batch dies between its two writes: rows are committed, letters are not there.
    assert orders.drain(BROKEN) is not None
    assert (orders.rows(), orders.letters()) == (good, [])
    # It is run again: the books know the rows, the letters come.
    assert orders.drain() is None
    assert (orders.rows(), sorted(orders.letters())) == (good, BAD)
    # It dies between its writes and Spark's commit: letters come again, rows do not.
    forget_last_commit(tmp_path / "checkpoint")
    assert orders.drain() is None
    assert (orders.rows(), sorted(orders.letters())) == (good, sorted(BAD * 2))

    # Dollars are welcome after all: each record goes back once, whatever the letters say.
    model = tmp_path / "models/shop.yml"
    model.write_text(model.read_text().replace("[EUR]", "[EUR, usd]"))
    assert orders.replay() == {ORDERS: len(BAD)}
    assert orders.replay() == {}
    assert orders.drain() is None
    assert orders.rows() == list(range(COUNT))
    assert sorted(orders.letters()) == sorted(BAD * 2)
