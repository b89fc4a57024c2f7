"""The real parts that tests go through, each started once and only when a test asks for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import class_archive
import pytest
import short_lives
from postgres import Postgres, running
from running_order import ByServer, turn

from streamsql.dev.broker import EmbeddedBroker
from streamsql.dev.broker import start as start_broker
from streamsql.dev.registry import EmbeddedRegistry, embedded_registry
from streamsql.spark import artifacts
from streamsql.spark.java import Java, find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


os.environ[short_lives.NAME] = short_lives.options(os.environ)


def pytest_configure(config: pytest.Config) -> None:
    """Py4J drops a thread's socket to the JVM with the thread, without closing it.

    Only its sockets are let pass: TCP on loopback, made with the protocol's number.
    """
    config.addinivalue_line(
        "filterwarnings",
        r"ignore:unclosed <socket.socket fd=\d+, family=2, type=1, proto=6, "
        r"laddr=\('127.0.0.1':ResourceWarning",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests for workers; a single process keeps the usual order."""
    if hasattr(config, "workerinput"):
        items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServer | None:
    """Have files that need the same server stay with one worker."""
    return ByServer(config, log) if config.getoption("dist") == "loadfile" else None


def say(line: str) -> None:
    """Show a download on the terminal, past pytest's capture: it may take a while."""
    sys.__stderr__ and sys.__stderr__.write(f"  {line}\n")


@pytest.fixture(scope="session")
def java() -> Java:
    return find_java(os.environ)


@pytest.fixture(scope="session")
def quick_starts(java: Java, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have every Spark from here on map the archive of its classes."""
    more = class_archive.options(java, tmp_path_factory.mktemp("archive"))
    os.environ[short_lives.NAME] += f" {more}"


@pytest.fixture(scope="session")
def jars(java: Java, quick_starts: None) -> tuple[Path, ...]:
    """The connectors' jars, as Spark gets them."""
    return artifacts.fetch_connectors(artifacts.supply(os.environ), java=java, on_progress=say)


@pytest.fixture(scope="session")
def broker_jars(java: Java, quick_starts: None) -> tuple[Path, ...]:
    return artifacts.fetch_broker(artifacts.supply(os.environ), java=java, on_progress=say)


@pytest.fixture(scope="session")
def database_driver(java: Java) -> tuple[Path, ...]:
    source = artifacts.supply(os.environ)
    return artifacts.fetch_database_driver(source, java=java, on_progress=say)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def broker(
    java: Java, broker_jars: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedBroker]:
    folder = tmp_path_factory.mktemp("broker")
    with start_broker(folder, java=java, jars=broker_jars, env=os.environ) as started:
        yield started


@pytest.fixture(scope="session")
def registry(java: Java, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    """The suite's one schema registry, empty at first: each test has subjects of its own."""
    jar = artifacts.fetch_registry(artifacts.supply(os.environ), java=java, on_progress=say)
    folder = tmp_path_factory.mktemp("registry")
    with embedded_registry(folder, java=java, jar=jar, env=os.environ) as started:
        yield started


@pytest.fixture(scope="session")
def spark(
    java: Java,
    jars: tuple[Path, ...],
    database_driver: tuple[Path, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SparkSession]:
    """The suite's one Spark session, set up as streamsql runs queries."""
    from pyspark.sql import SparkSession

    from streamsql.spark.session import AVRO_LIMITS, EMBEDDED, LOCAL_CHECKPOINTS, LOCAL_DELTA

    folder = tmp_path_factory.mktemp("spark")
    settings: dict[str, bool | float | int | str | None] = {
        "spark.jars": ",".join(map(str, (*jars, *database_driver))),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": (
            f"-Dderby.system.home={folder} -XX:-UsePerfData {AVRO_LIMITS}"
        ),
        "spark.scheduler.mode": "FAIR",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        **LOCAL_DELTA,
        **LOCAL_CHECKPOINTS,
        **EMBEDDED,
    }
    builder = SparkSession.builder.master("local[2]").appName("streamsql tests")
    session = builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    for query in session.streams.active:
        query.stop()
    session.stop()
    _end_gateway()


def _end_gateway() -> None:
    """End the JVM too: pyspark leaves it, and its sockets, to the end of the process."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        process.stdin.close()
        process.wait(timeout=120)
    SparkContext._gateway = SparkContext._jvm = None
