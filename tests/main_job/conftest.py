"""The sample project with its own embedded broker and some events, made once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from main_job.shop_project import (
    ORDERS,
    PAGE_VIEWS,
    PAYMENTS,
    Shop,
    copy_shop,
    create_sources,
    play,
    send,
)

from streamsql.dev.broker import start
from streamsql.spark.java import Java


@pytest.fixture(scope="session")
def shop(
    java: Java, broker_jars: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    root = copy_shop(tmp_path_factory.mktemp("main_job") / "shop")
    with start(root / "target/broker", java=java, jars=broker_jars, env=os.environ) as broker:
        create_sources(broker.connection)
        events = play(
            7, timedelta(minutes=45), 2, (ORDERS, PAYMENTS, PAGE_VIEWS), late=0.05, duplicate=0.03
        )
        send(broker.connection, events)
        yield Shop(root, broker, events)
