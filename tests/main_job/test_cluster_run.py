"""The sample project on a standalone cluster: driver, master, worker and executor apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from main_job import shop_truth as truth
from main_job.command import streamsql
from main_job.shop_project import (
    ORDERS,
    Shop,
    copy_shop,
    create_sources,
    on_broker,
    run_results,
    send,
)
from short_lives import of_an_executor

from streamsql.spark.cluster import standalone_cluster
from streamsql.spark.java import Java

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PREFIX = "clustered"


def test_the_sample_project_runs_on_a_cluster(shop: Shop, java: Java, tmp_path: Path) -> None:
    root = copy_shop(tmp_path / "shop", PREFIX)
    _hurry_executors(root / "profiles.yml")
    create_sources(shop.broker.connection, PREFIX)
    send(shop.broker.connection, shop.events, PREFIX)
    with standalone_cluster(tmp_path / "cluster", java=java, memory="1g") as cluster:
        env = on_broker(shop.broker.connection, cluster.url)
        ran = streamsql("run", "--once", "--target", "cluster", cwd=root, env=env)
        ran.succeeded()
        (executor,) = cluster.logs.glob("worker-1/app-*/0")
        assert (executor / "stderr").stat().st_size > 0
    results = run_results(root)
    assert {r["status"] for r in results.values()} == {"success"}
    counts = {query: r["adapter_response"]["rows_in"] for query, r in results.items()}
    assert counts["large_order_alerts"] == sum(e.source == ORDERS for e in shop.events)
    assert results["orders_archive"]["adapter_response"]["rows_out"] == len(
        truth.orders(shop.events)
    )


def _hurry_executors(profiles: Path) -> None:
    """Give executors the options of short lives that the suite's drivers have."""
    memory = "          spark.executor.memory: 1g\n"
    options = f"          spark.executor.extraJavaOptions: {of_an_executor(os.environ)}\n"
    text = profiles.read_text(encoding="utf-8")
    assert memory in text
    profiles.write_text(text.replace(memory, memory + options), encoding="utf-8")
