"""Copies of the sample project, and its events on their way into Kafka."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.kafka import Record, TopicSpec, create_topics, producing
from streamsql.spark.kafka import read_last as newest
from streamsql.spark.kafka_reading import StoredRecord
from streamsql.spark.librdkafka import KafkaConnection

ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "profiles.yml", "models", "macros", "schemas", "seeds", "events")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDERS, PAYMENTS, PAGE_VIEWS = "shop.orders", "shop.payments", "shop.page_views"


@dataclass(frozen=True, slots=True)
class Shop:
    """A copy of the sample project, its running broker, and the events in its topics."""

    root: Path
    broker: EmbeddedBroker
    events: tuple[Any, ...]


def copy_shop(folder: Path, prefix: str = "shop") -> Path:
    """Copy the sample project; ``prefix`` takes the place of ``shop`` in topic names, so that
    several copies can share a broker."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, folder / part)
    for path in (folder / "models").rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("topic: shop.", f"topic: {prefix}.")
        path.write_text(text.replace("topic='shop.", f"topic='{prefix}."), encoding="utf-8")
    return folder


def on_broker(connection: KafkaConnection, master: str = "local[2]") -> dict[str, str]:
    """The environment in which the target ``cluster`` reaches a broker and a master."""
    return {"KAFKA_BROKERS": connection.bootstrap_servers, "STREAMSQL_MASTER": master}


@cache
def shop_events() -> ModuleType:
    """The sample project's own event generator."""
    spec = importlib.util.spec_from_file_location("shop_of_tests", ROOT / "events/shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def play(
    seed: int, span: timedelta, rate: float, sources: Sequence[str], **mix: float
) -> tuple[Any, ...]:
    """The events of a span of the shop's time, of some sources; none is later than allowed."""
    shop = shop_events()
    shares = shop.Mix(very_late=0.0, **mix)
    played = takewhile(lambda e: e.time < START + span, shop.events(seed, START, rate, shares))
    return tuple(e for e in played if e.source in sources)


def records(events: Iterable[Any], prefix: str = "shop") -> Iterator[tuple[str, Record]]:
    """Events as records, with the topics they go to."""
    for event in events:
        stamp = int(event.time.timestamp() * 1000)
        topic = prefix + event.source.removeprefix("shop")
        yield topic, Record(event.value, event.key, tuple(event.headers), timestamp=stamp)


def create_sources(connection: KafkaConnection, prefix: str = "shop") -> None:
    """Make the topics of the sources: a broker that is not embedded is the user's own."""
    topics = (prefix + name.removeprefix("shop") for name in (ORDERS, PAYMENTS, PAGE_VIEWS))
    create_topics(connection, [TopicSpec(topic) for topic in topics])


def send(connection: KafkaConnection, events: Iterable[Any], prefix: str = "shop") -> None:
    """Send events at once, in their order."""
    with producing(connection, timeout=300) as produce:
        for topic, record in records(events, prefix):
            produce(topic, record)


def stored(connection: KafkaConnection, topic: str) -> tuple[StoredRecord, ...]:
    """Every record of a topic."""
    return newest(connection, topic, 10_000_000, timeout=300)


def rows(found: Iterable[StoredRecord]) -> list[dict[str, Any]]:
    """Values as objects; numbers with a point are decimals."""
    return [json.loads(record.value or b"null", parse_float=Decimal) for record in found]


def header(record: StoredRecord, name: str) -> str:
    """A header as text; the last one of that name."""
    return (dict(record.headers)[name] or b"").decode()


def run_results(root: Path) -> Mapping[str, Any]:
    """``run_results.json`` by query."""
    text = (root / "target/run_results.json").read_text(encoding="utf-8")
    results = json.loads(text)["results"]
    return {r["query"]: r for r in results if not r["unique_id"].startswith("test.")}
