"""``run``, ``show`` and ``debug``: refusals at once, and one real run from topic to topic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from streamsql.dev.broker import start
from streamsql.spark.java import Java
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce, read_last

Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def streamsql(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own: it starts and ends a JVM."""
    return subprocess.run(
        (sys.executable, "-m", "streamsql", *arguments),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("name", ["run", "dev"])
def test_nothing_is_started_while_there_are_errors(name: str, shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/marts/revenue.sql": "SELECT sum( FROM {{ ref('stg_orders') }}\n"})
    result = invoke(name, "--project-dir", root)
    assert result.exit_code == 1
    assert "the project has 1 error; nothing was started" in result.stderr
    assert "models/marts/revenue.sql:1:" in result.stderr


def test_views_are_no_queries(shop: Shop, invoke: Invoke) -> None:
    result = invoke("run", "-s", "stg_orders", "--project-dir", shop())
    assert result.exit_code == 2
    assert "no query is selected" in result.stderr
    assert "hint: select what reads them" in result.stderr


def test_full_refresh_asks_first(shop: Shop, invoke: Invoke) -> None:
    result = invoke("run", "--full-refresh", "--project-dir", shop())
    assert result.exit_code == 2
    assert "revenue: the topic shop.revenue keeps what it holds" in result.stderr
    assert "hint: say --yes" in result.stderr


@pytest.mark.parametrize(
    ("model", "hint"),
    [("revenu", "did you mean 'revenue'?"), ("rates", "streamsql seed --show -s rates")],
)
def test_show_of_what_is_no_model(model: str, hint: str, shop: Shop, invoke: Invoke) -> None:
    result = invoke("show", "-s", model, "--project-dir", shop())
    assert result.exit_code == 2
    assert f"there is no model '{model}'" in result.stderr
    assert hint in result.stderr


def test_no_java_is_a_failure_with_a_hint(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    for arguments in (("run", "--once"), ("show", "-s", "revenue")):
        result = invoke(*arguments, "--project-dir", root, env={"JAVA_HOME": "/nonexistent"})
        assert result.exit_code == 1
        assert "JAVA_HOME is /nonexistent, but no Java is there" in result.stderr
        assert "openjdk-17-jre-headless" in result.stderr


@pytest.mark.slow  # it asks a broker that never answers
def test_debug_tells_all_that_is_wrong(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/broken.sql": "SELECT FROM {{ ref('nothing') }}\n"})
    result = invoke("debug", "-t", "prod", "--project-dir", root, env={"JAVA_HOME": "/nonexistent"})
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any(line.startswith("✗ JAVA_HOME is /nonexistent") for line in lines)
    assert any(line.startswith("✓ pyspark 4.1.1") for line in lines)
    assert any(line.startswith("✓ profile 'shop', target 'prod'") for line in lines)
    assert any(line.startswith("✗ project 'shop'") and "1 error" in line for line in lines)
    assert any(line.startswith("- checkpoints at s3a://bucket/checkpoints") for line in lines)
    (unreachable,) = (line for line in lines if line.startswith("✗") and "127.0.0.1:1" in line)
    assert "kafka" in unreachable
    assert "3 of 10 checks failed" in result.stderr


@pytest.fixture
def web(tmp_path: Path, java: Java, broker_jars: tuple[Path, ...]) -> Any:
    """The project that ``init`` writes, with its broker running and some clicks in it."""
    assert streamsql("init", "web", cwd=tmp_path).returncode == 0
    root = tmp_path / "web"
    with start(root / "target/broker", java=java, jars=broker_jars, env=os.environ) as broker:
        create_topics(broker.connection, [TopicSpec("web.clicks")])
        produce(broker.connection, "web.clicks", [Record(click(n)) for n in range(300)])
        produce(broker.connection, "web.clicks", [Record(b'{"click_id": 1} trailing')])
        yield root, broker


def click(number: int) -> bytes:
    minute, second = divmod(number, 60)
    value = {
        "click_id": number,
        "visitor": f"v{number % 7}",
        "url": "https://example.com/shop/shoes" if number % 2 else "https://example.com/",
        "clicked_at": f"2026-01-31T10:{minute:02}:{second:02}Z",
    }
    return json.dumps(value).encode()


@pytest.mark.spark
@pytest.mark.kafka
@pytest.mark.slow
def test_from_topic_to_topic(web: Any) -> None:
    root, broker = web
    shown = streamsql("show", "-s", "stg_clicks", "--limit", "3", "--output", "json", cwd=root)
    assert shown.returncode == 0, shown.stderr
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(rows) == 3
    assert set(rows[0]) == {"click_id", "visitor", "section", "clicked_at"}
    assert {row["section"] for row in rows} <= {"home", "shop"}

    run = streamsql("run", "--once", cwd=root)
    assert run.returncode == 0, run.stderr + run.stdout
    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert {e["query"] for e in events if e["event"] == "query_started"} == {
        "clicks_per_minute",
        "dead_letter.web.clicks",
    }
    written = [
        json.loads(record.value or b"")
        for record in read_last(broker.connection, "web.clicks_per_minute", 100)
    ]
    # The watermark ends half a minute before the last click, in the fifth minute.
    assert [row["clicks"] for row in written] == [30] * 8
    assert {row["section"] for row in written} == {"home", "shop"}
    (dead,) = read_last(broker.connection, "web.clicks.dead_letter", 100)
    assert dead.value == b'{"click_id": 1} trailing'

    results = json.loads((root / "target/run_results.json").read_text(encoding="utf-8"))
    by_query = {r["query"]: r for r in results["results"]}
    assert by_query["clicks_per_minute"]["status"] == "success"
    assert by_query["clicks_per_minute"]["unique_id"] == "model.web.clicks_per_minute"
    assert by_query["clicks_per_minute"]["adapter_response"]["rows_out"] == 8

    again = streamsql("run", "--once", "--log-format", "text", "-q", cwd=root)
    assert again.returncode == 0, again.stderr
    assert again.stdout + again.stderr == ""
    assert len(read_last(broker.connection, "web.clicks_per_minute", 100)) == 8

    refused = streamsql("clean", "--all", "--yes", cwd=root)
    assert refused.returncode == 1
    assert "is running" in refused.stderr
