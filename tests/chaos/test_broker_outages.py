"""The broker is killed in the middle of a run and comes back: the run goes on by itself."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chaos.accounting import InFlight, in_flight, tried
from chaos.audit import QUERIES, SELECT, Audit, audit_dead_letters, audit_tables, audit_topics
from chaos.feeding import fed, shares
from main_job.command import Command, Event, streamsql
from main_job.shop_project import ORDERS, PAYMENTS, copy_shop, create_sources, play, send

from streamsql.dev.broker import EmbeddedBroker, start
from streamsql.spark.java import Java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

OUTAGES = max(1, int(os.environ.get("STREAMSQL_KILLS", "2")) // 3)
FEED = 5.0  # seconds of events for each life of the broker

# Kafka's own patience is minutes; a test waits seconds for a client to give up. Not so few that
# a slow machine takes for an outage what is none.
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
            default.api.timeout.ms: "6000"
            request.timeout.ms: "5000"
            delivery.timeout.ms: "10000"
            max.block.ms: "10000"
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
    checkpoints = root / "target/cluster/checkpoints/shop"
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
                known = len(restarts(run.events))
                broker.kill()
                with fed(broker.connection, meanwhile, FEED):
                    run.wait_for("restart", partial(has_restarted, since=known))
                    time.sleep(2)
                    flights += in_flight(checkpoints)
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
        tries = Counter(restarts(stopped.events))
        flights = [g for f in flights for g in [tried(f, checkpoints)] * max(1, tries[f.query])]
        audit = Audit(broker.connection, "shop", warehouse, events, flights)
        audit_topics(audit)
        audit_dead_letters(audit)
        audit_tables(audit, spark)
    finally:
        broker.stop()


def restarts(events: tuple[Event, ...]) -> list[str]:
    """The queries that were restarted, in order, each as often as it was."""
    return [event["query"] for event in events if event["event"] == "query_restarting"]


def has_restarted(events: tuple[Event, ...], since: int) -> bool:
    return len(restarts(events)) > since
