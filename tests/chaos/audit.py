"""Every row that a disturbed run of the sample project wrote, held against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos.accounting import InFlight, read_by, unexplained
from main_job import shop_truth as truth
from main_job.shop_project import ORDERS, PAYMENTS, header, rows, stored

from streamsql.spark.kafka_reading import StoredRecord
from streamsql.spark.librdkafka import KafkaConnection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MODELS = (
    "orders_in_eur",
    "large_order_alerts",
    "revenue_per_minute",
    "paid_orders",
    "orders_archive",
    "customer_latest_order",
)
QUERIES = 9  # those, and the dead letters of orders, payments and orders_in_eur
SELECT = ("-s", " ".join(MODELS))


@dataclass(frozen=True, slots=True)
class Audit:
    """What was sent, where it went, and which batches were cut off on the way."""

    connection: KafkaConnection
    prefix: str
    warehouse: Path
    events: Sequence[Any]
    flights: Sequence[InFlight]

    def topic(self, name: str) -> tuple[StoredRecord, ...]:
        """Every record of a topic of the project."""
        return stored(self.connection, f"{self.prefix}.{name}")

    def of(self, query: str) -> list[InFlight]:
        """The batches of a query that were in flight."""
        return [flight for flight in self.flights if flight.query == query]

    def table(self, spark: SparkSession, model: str) -> list[Any]:
        """The rows of a Delta table."""
        return spark.read.format("delta").load(str(self.warehouse / model)).collect()


def audit_topics(audit: Audit) -> None:
    """Nothing is missing, nothing is wrong, and what came twice was in flight."""
    sent = [truth.event_id(e) for e in audit.events if e.source == ORDERS]
    assert [header(r, "event_id") for r in audit.topic("orders")] == sent
    found = truth.orders(audit.events)
    valued = audit.topic("orders_in_eur")
    assert {_in_eur(row) for row in rows(valued)} == {_order_in_eur(o) for o in found.values()}
    _repeats(audit, "orders_in_eur", valued, "order_id")

    alerts = audit.topic("large_order_alerts")
    assert {(r["order_id"], _time(r["received_at"])) for r in rows(alerts)} == truth.alerts(
        audit.events
    )
    _repeats(audit, "large_order_alerts", alerts, "order_id")
    held = audit.topic("large_order_alerts.dead_letter")
    assert {(r["order_id"], _time(r["received_at"])) for r in rows(held)} == truth.alerts(
        audit.events, served=False
    )
    _repeats(audit, "large_order_alerts", held, "order_id")

    revenue = audit.topic("revenue_per_minute")
    told = {
        (_time(r["minute"]), r["currency"]): (r["orders"], r["revenue"], r["largest_order"])
        for r in rows(revenue)
    }
    assert told == truth.revenue(found, truth.watermark(audit.events))
    assert not unexplained(revenue, _value, audit.of("revenue_per_minute"))

    paid = audit.topic("paid_orders")
    pairs = {(r["order_id"], r["payment_id"]) for r in rows(paid)}
    assert pairs == set(truth.payments(audit.events, found))
    assert not unexplained(paid, _value, audit.of("paid_orders"))


def audit_dead_letters(audit: Audit) -> None:
    """Every broken record is there, and what came twice was in flight."""
    for source in (ORDERS, PAYMENTS):
        name = source.removeprefix("shop.")
        dead = audit.topic(f"{name}.dead_letter")
        assert {header(r, "event_id") for r in dead} == truth.bad(audit.events, source)
        flights = audit.of(f"dead_letter.{source}")
        assert not unexplained(dead, lambda r: header(r, "event_id"), flights)
        twice = Counter(int(header(r, "streamsql.offset")) for r in dead)
        allowed = read_by(audit.flights, f"dead_letter.{source}", f"{audit.prefix}.{name}")
        assert all(count <= 1 + allowed[offset] for offset, count in twice.items())
    assert audit.topic("orders_in_eur.dead_letter") == ()


def audit_tables(audit: Audit, spark: SparkSession) -> None:
    """Delta tables hold each row once, whatever came twice on the way into them."""
    found = truth.orders(audit.events)
    delivered = Counter(r["order_id"] for r in rows(audit.topic("orders_in_eur")))
    archive = audit.table(spark, "orders_archive")
    # It appends what its topic holds, a repeated row of that topic included, each once.
    assert Counter(r.order_id for r in archive) == delivered
    assert {r.order_id: r.amount_eur for r in archive} == {
        n: o.amount_eur for n, o in found.items()
    }
    latest = audit.table(spark, "customer_latest_order")
    told = [(r.customer_id, r.order_id, r.amount_eur) for r in latest]
    assert sorted(told, key=str) == sorted(
        ((c, o.order_id, o.amount_eur) for c, o in truth.latest_orders(found).items()), key=str
    )


def _repeats(audit: Audit, query: str, found: Sequence[StoredRecord], column: str) -> None:
    """Rows that came twice were written by a batch in flight, from records that it had read."""
    flights = audit.of(query)
    assert not unexplained(found, _value, flights)
    source = f"{audit.prefix}.orders"
    read = read_by(flights, query, source)
    allowed: Counter[int] = Counter()
    for record, event_row in zip(
        stored(audit.connection, source), audit_orders(audit), strict=True
    ):
        if event_row is not None:
            allowed[event_row] += read[record.offset]
    twice = Counter(_value(r) for r in found)
    numbers = {_value(r): row[column] for r, row in zip(found, rows(found), strict=True)}
    assert all(count <= 1 + allowed[numbers[value]] for value, count in twice.items())


def audit_orders(audit: Audit) -> list[int | None]:
    """The number of the order in each record of the orders topic; None where there is none."""
    sent = {truth.event_id(e): o.order_id for e, o in truth.sent_orders(audit.events)}
    return [sent.get(truth.event_id(e)) for e in audit.events if e.source == ORDERS]


def _value(record: StoredRecord) -> bytes | None:
    return record.value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _in_eur(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("order_id", "customer_id", "channel", "country", "currency", "amount", "amount_eur")
    return (_time(row["ordered_at"]), *(row[name] for name in names))


def _order_in_eur(order: truth.Order) -> tuple[Any, ...]:
    amounts: tuple[Decimal | None, ...] = (order.amount, order.amount_eur)
    who = (order.order_id, order.customer_id, order.channel, order.country, order.currency)
    return (order.ordered_at, *who, *amounts)
