"""The sample shop's events: the same each time, in the promised shares, of the declared shape."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import fastavro
import pytest
from main_job.shop_payments import payment, schemas

from streamsql.datatypes import Array, DataType, Decimal, Primitive, Struct, parse_type
from streamsql.project import load_project, read_files
from streamsql.project.nodes import Source

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def shop() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shop_events", ROOT / "events/shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def two_hours(shop: ModuleType) -> list[Any]:
    until = START + 2 * HOUR
    return list(itertools.takewhile(lambda e: e.time < until, shop.events(7, START, rate=6.0)))


@pytest.fixture(scope="module")
def tables() -> dict[str, Source]:
    return {source.topic or "": source for source in load_project(read_files(ROOT)).sources}


def sample(event: Any) -> str:
    return str(dict(event.headers)["sample"], "ascii").partition(":")[0]


def decoded(events: list[Any], source: str, *kinds: str) -> list[dict[str, Any]]:
    return [read(e) for e in events if e.source == source and sample(e) in kinds]


def read(event: Any) -> dict[str, Any]:
    found = payment(event.value) if event.source == "shop.payments" else json.loads(event.value)
    assert isinstance(found, dict)
    return found


def test_same_seed_same_events(shop: ModuleType) -> None:
    once = list(itertools.islice(shop.events(3, START), 5_000))
    again = list(itertools.islice(shop.events(3, START), 5_000))
    other = list(itertools.islice(shop.events(4, START), 5_000))
    assert once == again
    assert once != other


def test_arrive_in_order_at_the_rate_asked_for(two_hours: list[Any]) -> None:
    times = [event.time for event in two_hours]
    assert times == sorted(times)
    assert times[0] >= START
    assert len(two_hours) / 7200 == pytest.approx(6, rel=0.1)


def test_each_record_meets_its_fate_in_the_promised_share(two_hours: list[Any]) -> None:
    count = Counter(sample(event) for event in two_hours)
    share = {kind: n / len(two_hours) for kind, n in count.items()}
    assert share["late"] == pytest.approx(0.03, rel=0.15)
    assert share["malformed"] == pytest.approx(0.01, rel=0.2)
    assert share["very_late"] == pytest.approx(0.002, rel=0.4)
    assert share["tombstone"] == pytest.approx(0.001, rel=0.5)
    orders = [sample(event) for event in two_hours if event.source == "shop.orders"]
    assert orders.count("duplicate") / len(orders) == pytest.approx(0.01, rel=0.4)


def test_only_tombstones_have_no_value(two_hours: list[Any]) -> None:
    for event in two_hours:
        assert (event.value is None) == (sample(event) == "tombstone")
        assert event.key


def test_ids_tell_every_record_apart(two_hours: list[Any]) -> None:
    for source, name in (
        ("shop.orders", "order_id"),
        ("shop.payments", "payment_id"),
        ("shop.page_views", "view_id"),
    ):
        ids = [r[name] for r in decoded(two_hours, source, "good", "late", "very_late")]
        assert len(ids) == len(set(ids))
    event_ids = [dict(event.headers)["event_id"] for event in two_hours]
    assert len(event_ids) == len(set(event_ids))


def test_a_duplicate_says_what_the_first_said(two_hours: list[Any]) -> None:
    first = {
        e.key: e.value
        for e in two_hours
        if e.source == "shop.orders" and sample(e) in ("good", "late")
    }
    originals = {(event.value) for event in two_hours if sample(event) in ("good", "late")}
    again = [event for event in two_hours if sample(event) == "duplicate"]
    assert len(again) > 20
    assert all(event.value in originals for event in again)
    assert all(event.key in first for event in again)


def test_late_records_keep_under_the_watermark_and_very_late_ones_do_not(
    shop: ModuleType, two_hours: list[Any], tables: dict[str, Source]
) -> None:
    for topic, table in tables.items():
        assert table.watermark is not None
        minutes = int(table.watermark.delay.removesuffix(" minutes"))
        column = table.watermark.column
        assert shop.LATEST[topic] < minutes * 60
        for event in two_hours:
            if event.source != topic or sample(event) in ("malformed", "tombstone"):
                continue
            behind = event.time - datetime.fromisoformat(read(event)[column])
            assert timedelta(0) <= behind
            assert (behind < timedelta(minutes=minutes)) == (sample(event) != "very_late")


def test_most_orders_are_paid_within_minutes(two_hours: list[Any]) -> None:
    paid_at = {
        payment["order_id"]: datetime.fromisoformat(payment["paid_at"])
        for payment in decoded(two_hours, "shop.payments", "good", "late")
        if payment["status"] == "captured"
    }
    orders = [
        order
        for order in decoded(two_hours, "shop.orders", "good", "late")
        if datetime.fromisoformat(order["ordered_at"]) < START + 1.5 * HOUR
    ]
    deadline = timedelta(minutes=10)
    in_time = [
        order
        for order in orders
        if order["order_id"] in paid_at
        and paid_at[order["order_id"]] - datetime.fromisoformat(order["ordered_at"]) <= deadline
    ]
    assert len(in_time) / len(orders) == pytest.approx(0.85, abs=0.03)
    assert all(
        paid_at[order["order_id"]] >= datetime.fromisoformat(order["ordered_at"])
        for order in in_time
    )


def test_amounts_are_the_sum_of_the_lines_to_the_cent(two_hours: list[Any]) -> None:
    orders = decoded(two_hours, "shop.orders", "good", "late")
    without = [order for order in orders if "amount" not in order]
    assert 0.05 < len(without) / len(orders) < 0.15
    for order in orders:
        cents = sum(round(i["unit_price"] * 100) * i["quantity"] for i in order["items"])
        assert order.get("amount", cents / 100) == cents / 100


def test_a_visit_is_many_views_of_one_customer(two_hours: list[Any]) -> None:
    views = decoded(two_hours, "shop.page_views", "good", "late")
    by_customer: dict[str, list[datetime]] = {}
    for view in views:
        by_customer.setdefault(view["customer_id"], []).append(
            datetime.fromisoformat(view["viewed_at"])
        )
    gaps = [
        later - earlier
        for times in by_customer.values()
        for earlier, later in itertools.pairwise(sorted(times))
    ]
    within = [gap for gap in gaps if gap < timedelta(minutes=5)]
    assert len(within) > len(views) / 2
    assert any(gap > timedelta(minutes=15) for gap in gaps)


def test_good_records_have_the_declared_types(
    two_hours: list[Any], tables: dict[str, Source]
) -> None:
    for topic, table in tables.items():
        declared = {c.name: parse_type(c.data_type or "") for c in table.columns}
        required = {c.name for c in table.columns if c.not_null}
        seen: set[str] = set()
        for record in decoded(two_hours, topic, "good", "late", "very_late", "duplicate"):
            assert required <= record.keys()
            known = {name: value for name, value in record.items() if name in declared}
            seen |= known.keys()
            assert all(fits(value, declared[name]) for name, value in known.items()), record
        assert seen == declared.keys()


def test_every_way_to_be_malformed_occurs_and_is_no_good_record(
    shop: ModuleType, two_hours: list[Any], tables: dict[str, Source]
) -> None:
    broken = [event for event in two_hours if sample(event) == "malformed"]
    kinds = {dict(event.headers)["sample"].decode().partition(":")[2] for event in broken}
    assert kinds == {*shop.MALFORMED, *shop.MALFORMED_AVRO}
    for event in broken:
        assert not is_good(event.value, tables[event.source]), event


def is_good(value: bytes, table: Source) -> bool:
    """Decode by the letter, as an independent reading of what a source's declaration says."""
    try:
        record = payment(value) if table.format == "avro" else json.loads(value.decode("utf-8"))
    except (ValueError, LookupError, EOFError, fastavro.read.SchemaResolutionError):
        return False
    if not isinstance(record, dict):
        return False
    for column in table.columns:
        cell = record.get(column.name)
        if cell is None and column.not_null:
            return False
        if not fits(cell, parse_type(column.data_type or "")):
            return False
    assert table.watermark is not None
    moment = datetime.fromisoformat(record[table.watermark.column])
    return moment < START + timedelta(days=2)


def test_old_and_new_payments_are_mixed(two_hours: list[Any]) -> None:
    ids = Counter(
        int.from_bytes(e.value[1:5], "big")
        for e in two_hours
        if e.source == "shop.payments" and sample(e) in ("good", "late")
    )
    old, new = schemas()
    assert set(ids) == {old, new}
    assert ids[old] / ids.total() == pytest.approx(0.2, abs=0.01)


def fits(value: Any, data_type: DataType) -> bool:
    if value is None:
        return True
    if isinstance(data_type, Struct):
        return isinstance(value, dict) and all(
            fits(value.get(field.name), field.type) for field in data_type.fields
        )
    if isinstance(data_type, Array):
        return isinstance(value, list) and all(fits(item, data_type.element) for item in value)
    if isinstance(data_type, Decimal):
        limit = 10 ** (data_type.precision - data_type.scale)
        return isinstance(value, int | float) and abs(value) < limit
    assert isinstance(data_type, Primitive)
    bits = {"int": 31, "bigint": 63}
    if data_type.name in bits:
        return isinstance(value, int) and abs(value) < 2 ** bits[data_type.name]
    if data_type.name == "timestamp":
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    return data_type.name == "string" and isinstance(value, str)
