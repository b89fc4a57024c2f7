"""The driver is killed at random moments and started again: nothing is lost.

``STREAMSQL_KILLS`` is how often, 2 if it is not set.
"""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chaos.accounting import InFlight, await_end, in_flight, jvm_of
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
from short_lives import with_checksums

from streamsql.dev.broker import EmbeddedBroker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

KILLS = int(os.environ.get("STREAMSQL_KILLS", "2"))
PREFIX = "killed"
FEED = 4.0  # seconds of events for each life of the driver


def test_nothing_is_lost_when_the_driver_is_killed(
    tmp_path: Path, broker: EmbeddedBroker, spark: SparkSession
) -> None:
    chance = random.Random(5)
    root = copy_shop(tmp_path / "shop", PREFIX)
    env = {**on_broker(broker.connection), **with_checksums(os.environ)}
    checkpoints = root / "target/cluster/checkpoints/shop"
    create_sources(broker.connection, PREFIX)
    events = play(
        11, timedelta(minutes=50), 3 + KILLS / 5, (ORDERS, PAYMENTS), late=0.05, duplicate=0.03,
        malformed=0.03,
    )  # fmt: skip
    *lives, rest = shares(events, KILLS + 1)
    flights: list[InFlight] = []
    for life in lives:
        with Command("run", "-t", "cluster", *SELECT, cwd=root, env=env) as run:
            run.wait_for_start(QUERIES)
            with fed(broker.connection, life, FEED, PREFIX):
                if flights:  # the first kill may come within the very first batches
                    run.wait_for_rows("orders_in_eur")
                time.sleep(chance.uniform(0, FEED))
                jvm = jvm_of(checkpoints)
                run.signal(signal.SIGKILL)
                killed = run.end()
        assert killed.code == -signal.SIGKILL
        assert not killed.of("query_failed"), killed.of("query_failed")
        await_end(jvm)
        flights += in_flight(checkpoints)
    send(broker.connection, rest, PREFIX)
    drained = streamsql("run", "--once", "-t", "cluster", *SELECT, cwd=root, env=env)
    drained.succeeded()
    assert all(event["resumed"] for event in drained.of("query_started")), drained.out
    assert list(checkpoints.rglob(".*.crc")), "on a disk as Hadoop writes it"

    warehouse = root / "target/cluster/warehouse/shop"
    audit = Audit(broker.connection, PREFIX, warehouse, events, flights)
    audit_topics(audit)
    audit_dead_letters(audit)
    audit_tables(audit, spark)
