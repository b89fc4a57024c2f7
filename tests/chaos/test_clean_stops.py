"""Runs that are asked to stop, at random moments: nothing comes twice."""

from __future__ import annotations

import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chaos.accounting import Batches, last_batches
from chaos.audit import QUERIES, SELECT, Audit, audit_dead_letters, audit_tables, audit_topics
from chaos.feeding import fed, shares
from main_job.command import Command, streamsql
from main_job.shop_project import (
    ORDERS,
    PAYMENTS,
    copy_shop,
    create_sources,
    on_broker,
    play,
    send,
)

from streamsql.dev.broker import EmbeddedBroker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PREFIX = "stopped"
SIGNALS = (signal.SIGINT, signal.SIGTERM)
FEED = 4.0  # seconds of events for each run


def test_nothing_comes_twice_after_clean_stops(
    tmp_path: Path, broker: EmbeddedBroker, spark: SparkSession
) -> None:
    chance = random.Random(8)
    root = copy_shop(tmp_path / "shop", PREFIX)
    env = on_broker(broker.connection)
    create_sources(broker.connection, PREFIX)
    events = play(
        12, timedelta(minutes=50), 4, (ORDERS, PAYMENTS), late=0.05, duplicate=0.03, malformed=0.03
    )
    *runs, rest = shares(events, len(SIGNALS) + 1)
    for number, part in zip(SIGNALS, runs, strict=True):
        with Command("run", "-t", "cluster", *SELECT, cwd=root, env=env) as run:
            run.wait_for_start(QUERIES)
            with fed(broker.connection, part, FEED, PREFIX):
                run.wait_for_rows("orders_in_eur")
                time.sleep(chance.uniform(0, FEED))
                run.signal(number)
                stopped = run.end().succeeded()
        assert {e["query"] for e in stopped.of("query_ended")} == set(batches(root))
        assert all(b.begun == b.committed for b in batches(root).values()), batches(root)
    send(broker.connection, rest, PREFIX)
    streamsql("run", "--once", "-t", "cluster", *SELECT, cwd=root, env=env).succeeded()

    warehouse = root / "target/cluster/warehouse/shop"
    audit = Audit(broker.connection, PREFIX, warehouse, events, flights=())
    audit_topics(audit)
    audit_dead_letters(audit)
    audit_tables(audit, spark)


def batches(root: Path) -> dict[str, Batches]:
    return last_batches(root / "target/cluster/checkpoints/shop")
