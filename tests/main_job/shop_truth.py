"""What the sample project must make of its events, worked out once more without Spark."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from main_job.shop_payments import payment
from main_job.shop_project import ORDERS, PAGE_VIEWS, PAYMENTS, ROOT

CENT = Decimal("0.01")
DELAY = timedelta(minutes=10)  # of the watermarks of orders and payments
VIEWS_DELAY = timedelta(minutes=5)
DEADLINE = timedelta(minutes=10)
VISIT = timedelta(minutes=5)
LARGE = 25  # pieces
SERVED = {"DE", "FR", "ES", "SE", "CH", "GB", "US"}  # countries that the warehouse sends to


@dataclass(frozen=True, slots=True)
class Order:
    """An order as ``stg_orders`` has it."""

    order_id: int
    customer_id: str
    ordered_at: datetime
    channel: str
    country: str
    currency: str
    amount: Decimal
    quantity: int

    @property
    def amount_eur(self) -> Decimal | None:
        """Its total in euros; None in a currency without a rate."""
        rate = RATES.get(self.currency)
        return None if rate is None else (self.amount * rate).quantize(CENT, ROUND_HALF_UP)


def _rates() -> dict[str, Decimal]:
    with (ROOT / "seeds/currency_rates.csv").open(encoding="utf-8", newline="") as file:
        return {row["currency"]: Decimal(row["rate_to_eur"]) for row in csv.DictReader(file)}


RATES = _rates()


def sample(event: Any) -> str:
    """Which fate the event met: good, late, duplicate, malformed, tombstone."""
    return str(dict(event.headers)["sample"], "ascii").partition(":")[0]


def event_id(event: Any) -> str:
    """The number that no other event has."""
    return str(dict(event.headers)["event_id"], "ascii")


def good(events: Iterable[Any], source: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The good events of a source and what their values say, repeated orders included."""
    for event in events:
        if event.source == source and sample(event) in ("good", "late", "duplicate"):
            yield event, decoded(source, event.value)


def decoded(source: str, value: bytes) -> dict[str, Any]:
    """What a good value says; times are texts in ISO 8601, whatever the format."""
    return payment(value) if source == PAYMENTS else json.loads(value, parse_float=Decimal)


def bad(events: Iterable[Any], *sources: str) -> set[str]:
    """The ids of the broken events of some sources."""
    return {event_id(e) for e in events if e.source in sources and sample(e) == "malformed"}


def tombstones(events: Iterable[Any], source: str) -> int:
    """How many events of a source have no value."""
    return sum(e.source == source and e.value is None for e in events)


def orders(events: Iterable[Any]) -> dict[int, Order]:
    """Every order once."""
    return {order.order_id: order for _, order in sent_orders(events)}


def sent_orders(events: Iterable[Any]) -> Iterator[tuple[Any, Order]]:
    """Every good record of an order, repeated ones too."""
    for event, value in good(events, ORDERS):
        yield event, _order(value)


def _order(value: Mapping[str, Any]) -> Order:
    items = value["items"]
    total = sum((i["quantity"] * Decimal(i["unit_price"]) for i in items), Decimal(0))
    return Order(
        order_id=value["order_id"],
        customer_id=value["customer_id"],
        ordered_at=datetime.fromisoformat(value["ordered_at"]),
        channel=value["channel"].lower(),
        country=value["shipping_address"]["country"].strip().upper(),
        currency=value["currency"].strip().upper(),
        amount=Decimal(value.get("amount", total)).quantize(CENT),
        quantity=sum(i["quantity"] for i in items),
    )


def alerts(events: Iterable[Any], *, served: bool = True) -> set[tuple[int, datetime]]:
    """Large orders by number and time of arrival: each record of one is an alert.

    Those to countries that are not ``served`` are quarantined.
    """
    return {
        (order.order_id, _milliseconds(event.time))
        for event, order in sent_orders(events)
        if order.quantity >= LARGE and (order.country in SERVED) == served
    }


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def latest_orders(found: Mapping[int, Order]) -> dict[str, Order]:
    """The latest order of each customer."""
    in_order = sorted(found.values(), key=lambda o: (o.ordered_at, o.order_id))
    return {order.customer_id: order for order in in_order}


Minute = tuple[datetime, str]


def revenue(found: Mapping[int, Order], until: datetime) -> dict[Minute, tuple[int, Decimal, Any]]:
    """Number, sum and greatest amount by minute and currency, of minutes over by ``until``."""
    groups: dict[Minute, list[Decimal]] = defaultdict(list)
    for order in found.values():
        minute = order.ordered_at.replace(second=0, microsecond=0)
        if minute + timedelta(minutes=1) <= until:
            groups[minute, order.currency].append(order.amount)
    return {key: (len(of), sum(of, Decimal(0)), max(of)) for key, of in groups.items()}


def watermark(events: Iterable[Any], source: str = ORDERS) -> datetime:
    """Where the watermark of a source ends, once everything has been read."""
    column = {ORDERS: "ordered_at", PAYMENTS: "paid_at", PAGE_VIEWS: "viewed_at"}[source]
    newest = max(datetime.fromisoformat(value[column]) for _, value in good(events, source))
    return _milliseconds(newest) - (VIEWS_DELAY if source == PAGE_VIEWS else DELAY)


def payments(events: Iterable[Any], found: Mapping[int, Order]) -> Counter[tuple[int, str]]:
    """Payments in time: number of the order, id of the payment."""
    return Counter(
        (value["order_id"], value["payment_id"])
        for _, value in good(events, PAYMENTS)
        if value["status"] == "captured"
        and (order := found.get(value["order_id"])) is not None
        and timedelta(0) <= datetime.fromisoformat(value["paid_at"]) - order.ordered_at <= DEADLINE
    )


def visits(
    events: Iterable[Any], until: datetime
) -> dict[tuple[str, datetime], tuple[datetime, int, bool]]:
    """Visits that ended by ``until``: customer and begin → end, pages, checkout reached."""
    seen: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for _, value in good(events, PAGE_VIEWS):
        path = value["url"].partition("?")[0]
        seen[value["customer_id"]].append((datetime.fromisoformat(value["viewed_at"]), path))
    found = {}
    for customer, views in seen.items():
        for visit in _visits(sorted(views)):
            end = visit[-1][0] + VISIT
            if end <= until:
                reached = any(path == "/checkout" for _, path in visit)
                found[customer, visit[0][0]] = (end, len(visit), reached)
    return found


def _visits(views: list[tuple[datetime, str]]) -> Iterator[list[tuple[datetime, str]]]:
    visit = views[:1]
    for view in views[1:]:
        if view[0] - visit[-1][0] < VISIT:
            visit.append(view)
        else:
            yield visit
            visit = [view]
    yield visit
