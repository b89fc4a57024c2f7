"""Every event of the sample shop is decoded as what it is: good, bad, or a tombstone."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from streamsql.formats import decode
from streamsql.project import load_project, read_files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
KAFKA = (
    "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp,"
    " timestampType int, headers array<struct<key:string,value:binary>>"
)


def load_shop() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shop_events", ROOT / "events/shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fate(event: Any) -> str:
    sample = str(dict(event.headers)["sample"], "ascii").partition(":")[0]
    return {"malformed": "bad", "tombstone": "tombstone"}.get(sample, "good")


@pytest.mark.spark
def test_good_and_bad_are_told_apart(spark: SparkSession) -> None:
    shop = load_shop()
    many = shop.Mix(malformed=0.1, tombstone=0.02)
    events = shop.events(11, START, rate=0.5, mix=many)
    by_source: dict[str, list[Any]] = {}
    for event in itertools.takewhile(lambda e: e.time < START + timedelta(hours=1), events):
        by_source.setdefault(event.source, []).append(event)
    for source in load_project(read_files(ROOT)).sources:
        sent = by_source[source.unique_name]
        view = f"kafka__{source.source_name}__{source.name}"
        rows = [
            (e.key, e.value, e.source, 0, at, e.time.replace(tzinfo=None), 0, e.headers)
            for at, e in enumerate(sent)
        ]
        spark.createDataFrame(rows, KAFKA).createOrReplaceTempView(view)
        decoding = decode(source, view, hidden=("_offset",))
        assert decoding.bad is not None
        good = {row["_offset"] for row in spark.sql(decoding.good).select("_offset").collect()}
        bad = spark.sql(decoding.bad).collect()
        wanted = Counter(fate(e) for e in sent)
        assert good == {at for at, e in enumerate(sent) if fate(e) == "good"}
        assert len(bad) == wanted["bad"]
        assert Counter(bytes(row["value"]) for row in bad) == Counter(
            e.value for e in sent if fate(e) == "bad"
        )
        assert len(good) + len(bad) + wanted["tombstone"] == len(sent)
        assert all("streamsql.error" in {h["key"] for h in row["headers"]} for row in bad)


def test_kinds_of_malformed_records_are_many() -> None:
    shop = load_shop()
    record = {"order_id": 1, "customer_id": "C1", "ordered_at": "2026-03-02T09:00:00Z"}
    texts = {kind: make("shop.orders", record) for kind, make in shop.MALFORMED.items()}
    assert len(set(texts.values())) == len(texts)
    assert all(text != json.dumps(record).encode() for text in texts.values())
