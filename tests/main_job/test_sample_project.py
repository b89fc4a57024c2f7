"""The sample project through ``run --once``: order, results, what it wrote; then ``show``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from main_job import shop_truth as truth
from main_job.command import Ended, streamsql
from main_job.shop_project import (
    ORDERS,
    PAGE_VIEWS,
    PAYMENTS,
    Shop,
    header,
    rows,
    run_results,
    stored,
)

from streamsql.spark.kafka import end_offsets, list_topics

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

FIRST = {
    "orders_in_eur",
    "large_order_alerts",
    "revenue_per_minute",
    "paid_orders",
    "unpaid_orders",
    "page_view_sessions",
    "dead_letter.shop.orders",
    "dead_letter.shop.payments",
    "dead_letter.shop.page_views",
}
SECOND = {"orders_archive", "customer_latest_order", "dead_letter.orders_in_eur"}


@pytest.fixture(scope="module")
def drained(shop: Shop) -> Ended:
    return streamsql("run", "--once", cwd=shop.root).succeeded()


@pytest.fixture(scope="module")
def results(shop: Shop, drained: Ended) -> Any:
    return run_results(shop.root)


def test_readers_start_when_their_writers_have_ended(drained: Ended) -> None:
    told = [(e["event"], e.get("query")) for e in drained.events]
    started = [query for event, query in told if event == "query_started"]
    assert set(started[: len(FIRST)]) == FIRST
    assert set(started[len(FIRST) :]) == SECOND
    last_writer = max(told.index(("query_ended", query)) for query in FIRST)
    assert all(told.index(("query_started", query)) > last_writer for query in SECOND)


def test_stdout_is_json_lines_and_nothing_else(drained: Ended) -> None:
    events = [json.loads(line) for line in drained.out.splitlines()]
    assert len(events) == len(drained.events)
    progress = [e for e in events if e["event"] == "query_progress"]
    assert {e["query"] for e in progress} == FIRST | SECOND
    assert all(
        {"batch", "rows_in", "rows_out", "rows_per_second", "watermark", "lag", "state_rows"}
        <= e.keys()
        for e in progress
    )
    last = {e["query"]: e["lag"] for e in progress}
    assert {q: last[q] for q in FIRST} == dict.fromkeys(FIRST, 0), (
        "topics are drained to their ends"
    )
    assert drained.err == "12 queries: 12 ended well\n"


def test_run_results_count_what_was_done(shop: Shop, results: Any) -> None:
    sent = {s: sum(e.source == s for e in shop.events) for s in (ORDERS, PAYMENTS, PAGE_VIEWS)}
    orders = truth.orders(shop.events)
    expected = {
        "orders_in_eur": (sent[ORDERS], len(orders)),
        "large_order_alerts": (sent[ORDERS], len(truth.alerts(shop.events))),
        "orders_archive": (len(orders), len(orders)),
        "dead_letter.shop.page_views": (sent[PAGE_VIEWS], len(truth.bad(shop.events, PAGE_VIEWS))),
        "dead_letter.orders_in_eur": (len(orders), 0),
    }
    counts = {query: result["adapter_response"] for query, result in results.items()}
    assert {q: (counts[q]["rows_in"], counts[q]["rows_out"]) for q in expected} == expected
    assert results.keys() == FIRST | SECOND
    assert all(result["status"] == "success" for result in results.values())
    assert all(result["late_rows"] == 0 for result in counts.values())
    assert counts["revenue_per_minute"]["state_rows"] > 0
    assert results["orders_archive"]["unique_id"] == "model.shop.orders_archive"
    held = counts["large_order_alerts"]["quarantined"]
    assert held == len(truth.alerts(shop.events, served=False)) > 0


def test_every_output_is_right(shop: Shop, drained: Ended, spark: SparkSession) -> None:
    orders = truth.orders(shop.events)
    at = shop.broker.connection
    until = min(truth.watermark(shop.events, source) for source in (ORDERS, PAYMENTS))

    valued = rows(stored(at, "shop.orders_in_eur"))
    assert {(r["order_id"], r["amount_eur"]) for r in valued} == {
        (o.order_id, o.amount_eur) for o in orders.values()
    }
    revenue = rows(stored(at, "shop.revenue_per_minute"))
    assert {
        (time(r["minute"]), r["currency"]): (r["orders"], r["revenue"], r["largest_order"])
        for r in revenue
    } == truth.revenue(orders, truth.watermark(shop.events))
    pairs = truth.payments(shop.events, orders)
    paid = rows(stored(at, "shop.paid_orders"))
    assert sorted((r["order_id"], r["payment_id"]) for r in paid) == sorted(pairs)

    unpaid = [r["order_id"] for r in rows(stored(at, "shop.unpaid_orders"))]
    overdue = {n for n, o in orders.items() if o.ordered_at + truth.DEADLINE < until}
    assert sorted(unpaid) == sorted(overdue - {number for number, _ in pairs})

    sessions = rows(stored(at, "shop.page_view_sessions"))
    assert {
        (r["customer_id"], time(r["started_at"])): (
            time(r["ended_at"]),
            r["page_views"],
            r["reached_checkout"],
        )
        for r in sessions
    } == truth.visits(shop.events, truth.watermark(shop.events, PAGE_VIEWS))

    alerts = stored(at, "shop.large_order_alerts")
    countries = {n: o.country for n, o in orders.items()}
    assert all(
        header(a, "country") == countries[r["order_id"]]
        for a, r in zip(alerts, rows(alerts), strict=True)
    )
    held = stored(at, "shop.large_order_alerts.dead_letter")
    assert {(r["order_id"], time(r["received_at"])) for r in rows(held)} == truth.alerts(
        shop.events, served=False
    )
    assert held
    sent = stored(at, ORDERS)
    for letter in held:
        assert header(letter, "streamsql.test") == "served_country"
        original = sent[int(header(letter, "streamsql.offset"))]
        assert rows([original])[0]["order_id"] == rows([letter])[0]["order_id"]
    for source in (ORDERS, PAYMENTS, PAGE_VIEWS):
        dead = stored(at, f"{source}.dead_letter")
        assert sorted(header(d, "event_id") for d in dead) == sorted(truth.bad(shop.events, source))

    latest = spark.read.format("delta").load(
        str(shop.root / "target/warehouse/shop/customer_latest_order")
    )
    assert sorted((r.customer_id, r.order_id) for r in latest.collect()) == sorted(
        (customer, order.order_id) for customer, order in truth.latest_orders(orders).items()
    )


def test_a_second_run_reads_and_writes_nothing(shop: Shop, drained: Ended, results: Any) -> None:
    before = offsets(shop)
    again = streamsql("run", "--once", cwd=shop.root).succeeded()
    assert offsets(shop) == before
    counts = {q: r["adapter_response"] for q, r in run_results(shop.root).items()}
    assert {q: c["rows_in"] for q, c in counts.items()} == dict.fromkeys(FIRST | SECOND, 0)
    assert all(c["rows_out"] in (0, None) for c in counts.values()), counts
    assert all(e["resumed"] for e in again.of("query_started"))


def test_show_prints_rows_and_writes_nothing(shop: Shop, drained: Ended) -> None:
    before = (
        offsets(shop),
        files(shop.root / "target/checkpoints"),
        files(shop.root / "target/warehouse"),
    )
    shown = streamsql(
        "show", "-s", "revenue_per_minute", "--limit", "1000", "--output", "json", cwd=shop.root
    )
    assert shown.code == 0, shown.err
    found = [json.loads(line) for line in shown.out.splitlines()]
    # As a batch, so with the minutes that are still open.
    whole = truth.revenue(truth.orders(shop.events), datetime.max.replace(tzinfo=UTC))
    assert len(found) == len(whole)
    assert sum(r["orders"] for r in found) == len(truth.orders(shop.events))
    after = (
        offsets(shop),
        files(shop.root / "target/checkpoints"),
        files(shop.root / "target/warehouse"),
    )
    assert after == before


def offsets(shop: Shop) -> Any:
    at = shop.broker.connection
    return end_offsets(at, list_topics(at))


def files(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)
