"""The broker is killed in the middle of a run and comes back: the run goes on by itself."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chaos.accounting import InFlight, in_flight
from chaos.audit import QUERIES, SELECT, Audit, audit_dead_letters, audit_tables, audit_topics
from chaos.feeding import fed, shares
from main_job.command import Command, Event, streamsql
from main_job.shop_project import ORDERS, PAYMENTS, copy_shop, create_sources, play, send

from streamsql.dev.broker import EmbeddedBroker, start
from streamsql.spark.java import Java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

OUTAGES = max(1, int(os.environ.get("STREAMSQL_KILLS", "3")) // 3)
FEED = 5.0  # seconds of events for each life of the broker

# Kafka's own patience is minutes; a test waits seconds for a client to give up.
PROFILES = """\
shop:
  target: cluster
  outputs:
    cluster:
      spark: {{master: "local[2]", conf: {{spark.sql.shuffle.partitions: 2}}}}
      checkpoints: target/cluster/checkpoints
      warehouse: target/cluster/warehouse
      connections:
        kafka:
          type: kafka
          bootstrap_servers: {servers}
          options:
            default.api.timeout.ms: "3000"
            request.timeout.ms: "2000"
            delivery.timeout.ms: "5000"
            max.block.ms: "3000"
"""


def test_a_run_outlives_its_broker(
    tmp_path: Path, java: Java, broker_jars: tuple[Path, ...], spark: SparkSession
) -> None:
    chance = random.Random(3)
    root = copy_shop(tmp_path / "shop")
    events = play(
        13, timedelta(minutes=50), 4, (ORDERS, PAYMENTS), late=0.05, duplicate=0.03, malformed=0.03
    )
    first, *lives, rest, last = shares(events, OUTAGES + 3)
    flights: list[InFlight] = []

    def begin(port: int | None = None) -> EmbeddedBroker:
        return start(tmp_path / "broker", java=java, jars=broker_jars, env=os.environ, port=port)

    broker = begin()
    try:
        create_sources(broker.connection)
        send(broker.connection, first)
        profiles = PROFILES.format(servers=broker.bootstrap_servers)
        (root / "profiles.yml").write_text(profiles, encoding="utf-8")
        with Command("run", *SELECT, cwd=root) as run:
            run.wait_for_start(QUERIES)
            run.wait_for_rows("orders_in_eur")
            for life in lives:
                # Nothing of ours is on its way when the broker dies: what it has stored and not
                # acknowledged a producer may send again, and a record would be there twice.
                before, meanwhile = shares(life, 2)
                with fed(broker.connection, before, FEED):
                    time.sleep(chance.uniform(FEED / 2, FEED))
                known = restarts(run.events)
                broker.kill()
                with fed(broker.connection, meanwhile, FEED):
                    run.wait_for("restart", partial(has_restarted, since=known))
                    time.sleep(2)
                    flights += in_flight(root / "target/cluster/checkpoints/shop")
                    broker = begin(broker.port)
            with fed(broker.connection, rest, FEED / 2):
                time.sleep(FEED / 2)
            run.signal(signal.SIGTERM)
            stopped = run.end().succeeded()
        assert not stopped.of("query_failed")
        # With nothing new to read, what the last batch's watermark has closed stays in the state.
        send(broker.connection, last)
        streamsql("run", "--once", *SELECT, cwd=root).succeeded()

        warehouse = root / "target/cluster/warehouse/shop"
        audit = Audit(broker.connection, "shop", warehouse, events, flights)
        audit_topics(audit)
        audit_dead_letters(audit)
        audit_tables(audit, spark)
    finally:
        broker.stop()


def restarts(events: tuple[Event, ...]) -> int:
    return sum(event["event"] == "query_restarting" for event in events)


def has_restarted(events: tuple[Event, ...], since: int) -> bool:
    return restarts(events) > since
