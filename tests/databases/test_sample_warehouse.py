"""The sample project's target ``warehouse``: its events, from the topics into PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from main_job import shop_truth as truth
from main_job.command import streamsql
from main_job.shop_project import ORDERS, copy_shop, create_sources, play, send
from postgres import PASSWORD, USER, Postgres

from streamsql.dev.broker import EmbeddedBroker

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PREFIX = "warehoused"


def test_the_latest_orders_are_in_the_warehouse(
    tmp_path: Path, broker: EmbeddedBroker, postgres: Postgres
) -> None:
    root = copy_shop(tmp_path / "shop", PREFIX)
    profiles = root / "profiles.yml"
    reached = f'bootstrap_servers: "{broker.bootstrap_servers}"'
    profiles.write_text(profiles.read_text().replace("embedded: true", reached))
    create_sources(broker.connection, PREFIX)
    events = play(11, timedelta(minutes=20), 2, (ORDERS,), late=0.05, duplicate=0.03)
    send(broker.connection, events, PREFIX)
    postgres.create_database(PREFIX)
    env = {
        "WAREHOUSE_URL": postgres.url(PREFIX),
        "WAREHOUSE_USER": USER,
        "STREAMSQL_ENV_SECRET_WAREHOUSE_PASSWORD": PASSWORD,
    }
    chosen = ("--target", "warehouse", "-s", "+latest_orders_in_warehouse")
    streamsql("run", "--once", *chosen, cwd=root, env=env).succeeded()
    found = postgres.rows(PREFIX, "SELECT customer_id, order_id FROM customer_latest_order")
    wanted = truth.latest_orders(truth.orders(events))
    assert len(wanted) > 50
    assert sorted(found) == sorted((c, order.order_id) for c, order in wanted.items())
