"""An online shop's day, as it reaches Kafka: orders, payments and page views, faults included.

``events(seed, start)`` plays it from the clock of the shop: no waiting, no end, and the same
events in the same order for the same arguments. Customers visit, look at pages, and some of
them order; most orders are paid within minutes. Then life happens to the records: some
arrive late, some twice, some broken, and now and then a tombstone. Orders and page views are
JSON; payments are Avro behind the id of their schema, and one of the provider's machines still
writes the version before the last. Every record carries a header
``sample`` that says which of these it is, so that whoever reads it back can account for it.
"""

from __future__ import annotations

import heapq
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import fastavro

ORDERS, PAYMENTS, PAGE_VIEWS = "shop.orders", "shop.payments", "shop.page_views"


class Event(NamedTuple):
    """A record on its way to a topic.

    ``time`` is when it reaches the broker, by the clock of the shop; it never goes back. The
    event time stands in the value and is earlier: by a moment, or by minutes where it is late.
    """

    source: str
    key: bytes | None
    value: bytes | None
    time: datetime
    headers: list[tuple[str, bytes]]


class Mix(NamedTuple):
    """What share of the records meets which fate; what remains arrives at once and is good.

    ``late`` records come within ``LATEST`` of their event time, so before the watermark
    passes them; ``very_late`` ones after it. ``duplicate`` is the share of orders sent twice.
    """

    late: float = 0.03
    very_late: float = 0.002
    duplicate: float = 0.01
    malformed: float = 0.01
    tombstone: float = 0.001


LATEST = {ORDERS: 480.0, PAYMENTS: 480.0, PAGE_VIEWS: 240.0}
"""The most seconds that a late record of a source is behind; less than its watermark's delay."""

SCHEMAS = Path(__file__).parents[1] / "schemas" / "shop.payments-value.json"
_OLD, _NEW = json.loads(SCHEMAS.read_text(encoding="utf-8"))["versions"]
_EVENT_TIME = {ORDERS: "ordered_at", PAYMENTS: "paid_at", PAGE_VIEWS: "viewed_at"}
_ID = {ORDERS: "order_id", PAYMENTS: "payment_id", PAGE_VIEWS: "view_id"}
_EVENTS_PER_VISIT = 5.3  # measured over hours of the shop, with the shares below
_CUSTOMERS = 500  # for each record a second: a customer comes back in three quarters of an hour
_ORDERING = 0.45  # share of visits that end with an order
_PAID, _DECLINED, _PAID_TOO_LATE = 0.85, 0.05, 0.01  # shares of orders; nobody pays the rest

_PRICES = {  # in cents of the euro
    f"{name}-{size}": cents
    for name, cents in {
        "mug": 1290,
        "teapot": 4990,
        "kettle": 7950,
        "tea-assam": 899,
        "tea-sencha": 1249,
        "tray": 3400,
        "honey": 749,
        "napkin": 195,
    }.items()
    for size in ("s", "m", "l")
}
_CURRENCIES = {  # share of orders, and what a price in cents of the euro is multiplied by
    "EUR": (0.52, 1.0),
    "USD": (0.2, 1.1),
    "GBP": (0.13, 0.9),
    "SEK": (0.08, 11.0),
    "CHF": (0.06, 1.0),
    "ISK": (0.01, 150.0),  # the finance team has no rate for it yet
}
_ADDRESSES = (
    ("Torstraße 12", "Berlin", "10119", "DE"),
    ("Leopoldstraße 7", "München", "80802", "DE"),
    ("Rue Oberkampf 101", "Paris", "75011", "FR"),
    ("Carrer de Verdi 32", "Barcelona", "08012", "ES"),
    ("Götgatan 48", "Stockholm", "118 26", "SE"),
    ("Langstrasse 90", "Zürich", "8004", "CH"),
    ("Brick Lane 25", "London", "E1 6PU", "GB"),
    ("Fremont Ave 3500", "Seattle", "98103", "US"),
    ("Laugavegur 20", "Reykjavík", "101", "IS"),
)
_PAGES = ("/", "/search?q=tea", "/sale", "/cart", "/help", *(f"/product/{sku}" for sku in _PRICES))
_CAMPAIGNS = ("spring-tea", "newsletter", "mugs")
_DEVICES = (
    ("phone", "iOS", 390, 844),
    ("phone", "Android", 412, 915),
    ("tablet", "iPadOS", 820, 1180),
    ("desktop", "Windows", 1920, 1080),
    ("desktop", "macOS", 1512, 982),
)


def events(
    seed: int, start: datetime, rate: float = 40.0, mix: Mix | None = None
) -> Iterator[Event]:
    """Yield the records of the shop from ``start`` on, in the order in which they arrive.

    ``rate`` is how many records a second of the shop's clock brings, all topics together. The
    caller decides how fast that clock runs. ``start`` must know its time zone.
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    shop = _Shop(rng, start, max(1, round(rate * _CUSTOMERS)), mix or Mix())
    opened = 0.0
    while True:
        opened += shop.random.expovariate(rate / _EVENTS_PER_VISIT)
        yield from shop.arrivals(until=opened)
        shop.visit(opened)


class _Shop:
    """The shop between two visits: its numbers, and the records that are still under way."""

    def __init__(self, rng: random.Random, start: datetime, customers: int, mix: Mix) -> None:
        self.random = rng
        self._start = start
        self._customers = customers
        self._mix = mix
        self._under_way: list[tuple[float, int, Event]] = []
        self._sent = 0
        self._last_order = 100_000
        self._last_payment = 0
        self._last_view = 0

    def arrivals(self, until: float) -> Iterator[Event]:
        """Yield what reaches the broker before ``until`` (seconds since the start)."""
        while self._under_way and self._under_way[0][0] < until:
            yield heapq.heappop(self._under_way)[2]

    def visit(self, opened: float) -> None:
        """Let a customer look at some pages and perhaps order."""
        customer = f"C{self.random.randrange(self._customers):05d}"
        device = self.random.choice(_DEVICES)
        ordering = self.random.random() < _ORDERING
        url, at = self._landing_page(), opened
        referrer = None
        for _ in range(min(20, 1 + int(self.random.expovariate(1 / 3.5)))):
            self._page_view(customer, device, url, referrer, at)
            referrer, url = url, self.random.choice(_PAGES)
            at += min(150.0, 2 + self.random.expovariate(1 / 20))
        if ordering:
            self._page_view(customer, device, "/checkout", referrer, at)
            self._order(customer, device, at + 5 + self.random.expovariate(1 / 20))

    def _landing_page(self) -> str:
        page = self.random.choice(_PAGES)
        if self.random.random() > 0.2:
            return page
        return f"{page}{'&' if '?' in page else '?'}campaign={self.random.choice(_CAMPAIGNS)}"

    def _page_view(
        self,
        customer: str,
        device: tuple[str, str, int, int],
        url: str,
        referrer: str | None,
        at: float,
    ) -> None:
        self._last_view += 1
        kind, system, width, height = device
        view = {
            "view_id": f"V{self._last_view:09d}",
            "customer_id": customer,
            "viewed_at": self._iso(at),
            "url": url,
            "referrer": referrer,
            "device": {
                "type": kind,
                "os": system,
                "screen": {"width": width, "height": height},
            },
        }
        self._send(PAGE_VIEWS, customer, view, at)

    def _order(self, customer: str, device: tuple[str, str, int, int], at: float) -> None:
        self._last_order += 1
        currency = self._currency()
        items = self._items(_CURRENCIES[currency][1])
        cents = sum(round(item["unit_price"] * 100) * item["quantity"] for item in items)
        street, city, postal_code, country = self.random.choice(_ADDRESSES)
        order: dict[str, Any] = {
            "order_id": self._last_order,
            "customer_id": customer,
            "ordered_at": self._iso(at),
            "channel": "app" if device[0] == "phone" else "web",
            "currency": self._as_typed(currency),
            "amount": cents / 100,
            "shipping_address": {
                "street": street,
                "city": city,
                "postal_code": postal_code,
                "country": country,
            },
            "items": items,
        }
        if self.random.random() < 0.1:
            order["channel"] = "Partner"
            del order["amount"]
        if self.random.random() < 0.02:
            order["gift_note"] = "Alles Gute! 🎁"  # a field that nobody declared
        self._send(ORDERS, customer, order, at)
        self._pay(self._last_order, cents, currency, at)

    def _currency(self) -> str:
        names = list(_CURRENCIES)
        return self.random.choices(names, [_CURRENCIES[name][0] for name in names])[0]

    def _as_typed(self, currency: str) -> str:
        typed = (currency.lower(), currency + " ")
        return self.random.choice(typed) if self.random.random() < 0.05 else currency

    def _items(self, factor: float) -> list[dict[str, Any]]:
        many = 12 if self.random.random() < 0.03 else 1  # a café stocks up
        lines = self.random.sample(list(_PRICES), self.random.randint(1, 4))
        return [
            {
                "sku": sku,
                "quantity": many * self.random.randint(1, 3),
                "unit_price": round(_PRICES[sku] * factor) / 100,
            }
            for sku in lines
        ]

    def _pay(self, order_id: int, cents: int, currency: str, at: float) -> None:
        fate = self.random.random()
        minutes = min(540.0, 3 + self.random.expovariate(1 / 75))
        if fate < _PAID:
            self._payment(order_id, cents, currency, at + minutes, "captured")
        elif fate < _PAID + _DECLINED:
            self._payment(order_id, cents, currency, at + minutes, "declined")
        elif fate < _PAID + _DECLINED + _PAID_TOO_LATE:
            self._payment(order_id, cents, currency, at + 660 + minutes, "captured")

    def _payment(self, order_id: int, cents: int, currency: str, at: float, status: str) -> None:
        self._last_payment += 1
        kind = self.random.choice(("card", "card", "wallet", "transfer"))
        payment = {
            "payment_id": f"P{self._last_payment:08d}",
            "order_id": order_id,
            "paid_at": self._iso(at),
            "status": status,
            "amount_cents": cents,
            "currency": currency,
            "method": {"type": kind, "issuer": self.random.choice(("north-bank", "paywell"))},
            "attempt": 1,
        }
        self._send(PAYMENTS, str(order_id), payment, at)

    def _send(self, source: str, key: str, record: dict[str, Any], at: float) -> None:
        """Hand a record to the broker, and let happen to it, or beside it, what may happen."""
        rng, mix = self.random, self._mix
        late = rng.random() < mix.late
        arrival = at + (rng.uniform(30, LATEST[source]) if late else rng.uniform(0.01, 0.4))
        self._put(source, key, _written(source, record), arrival, b"late" if late else b"good")
        if source == ORDERS and rng.random() < mix.duplicate:
            again = arrival + rng.uniform(1, 45)
            self._put(source, key, _written(source, record), again, b"duplicate")
        if rng.random() < mix.malformed:
            kinds = MALFORMED_AVRO if source == PAYMENTS else MALFORMED
            kind = rng.choice(list(kinds))
            broken = kinds[kind](source, self._stranger(source, record))
            self._put(source, key, broken, arrival, b"malformed:" + kind.encode())
        if rng.random() < mix.very_late:
            old = self._stranger(source, record)
            old[_EVENT_TIME[source]] = self._iso(at - rng.uniform(3600, 7200))
            self._put(source, key, _written(source, old), arrival, b"very_late")
        if rng.random() < mix.tombstone:
            self._put(source, key, None, arrival, b"tombstone")

    def _stranger(self, source: str, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record like this one with an id that no other has."""
        if source == ORDERS:
            self._last_order += 1
            return {**record, "order_id": self._last_order}
        if source == PAYMENTS:
            self._last_payment += 1
            # Of an order that nobody placed, or it would be paid twice.
            return {**record, "payment_id": f"P{self._last_payment:08d}", "order_id": 0}
        self._last_view += 1
        return {**record, "view_id": f"V{self._last_view:09d}"}

    def _put(self, source: str, key: str, value: bytes | None, at: float, sample: bytes) -> None:
        self._sent += 1
        headers = [("event_id", f"{self._sent:010d}".encode()), ("sample", sample)]
        event = Event(source, key.encode(), value, self._moment(at), headers)
        heapq.heappush(self._under_way, (at, self._sent, event))

    def _moment(self, seconds: float) -> datetime:
        return self._start + timedelta(seconds=seconds)

    def _iso(self, seconds: float) -> str:
        return self._moment(seconds).isoformat(timespec="microseconds")


def _json(record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _written(source: str, record: dict[str, Any]) -> bytes:
    return _avro(record) if source == PAYMENTS else _json(record)


def _avro(record: Mapping[str, Any], schema: Any = None) -> bytes:
    """Return a payment behind its schema's id; ``schema`` is another one than the id says."""
    version = _OLD if int(record["payment_id"][1:]) % 5 == 0 else _NEW
    datum = {**record, "paid_at": datetime.fromisoformat(record["paid_at"])}
    written = io.BytesIO()
    fastavro.schemaless_writer(written, _parsed(schema or version["schema"]), datum)
    return b"\0" + version["id"].to_bytes(4, "big") + written.getvalue()


def _parsed(schema: Any) -> Any:
    return fastavro.parse_schema(schema, named_schemas={})


def _avro_of_another(record: dict[str, Any], **types: Any) -> bytes:
    """Return a payment whose bytes are those of other types than its schema's id says."""
    version = _OLD if int(record["payment_id"][1:]) % 5 == 0 else _NEW
    fields = [{**f, "type": types.get(f["name"], f["type"])} for f in version["schema"]["fields"]]
    return _avro(record, {**version["schema"], "fields": fields})


def _unknown_symbol(_: str, record: dict[str, Any]) -> bytes:
    symbols = ["captured", "declined", "refunded"]
    status = {"type": "enum", "name": "Status", "symbols": symbols}
    return _avro_of_another({**record, "status": "refunded"}, status=status)


def _latin_1(_: str, record: dict[str, Any]) -> bytes:
    issuer = record["method"]["issuer"]
    return _avro(record).replace(issuer.encode(), issuer.encode()[:-1] + b"\xe9")


def _without_id(source: str, record: dict[str, Any]) -> bytes:
    return _json({name: value for name, value in record.items() if name != _ID[source]})


def _wrong_type(source: str, record: dict[str, Any]) -> bytes:
    return _json({**record, _EVENT_TIME[source]: {"day": "yesterday"}})


def _too_big(source: str, record: dict[str, Any]) -> bytes:
    too_big: dict[str, dict[str, Any]] = {
        ORDERS: {"amount": 10**17},
        PAYMENTS: {"amount_cents": 10**20},
        PAGE_VIEWS: {"device": {"type": "wall", "screen": {"width": 10**12, "height": 1}}},
    }
    return _json({**record, **too_big[source]})


def _far_future(source: str, record: dict[str, Any]) -> bytes:
    return _json({**record, _EVENT_TIME[source]: "9999-12-31T23:59:59.000000+00:00"})


def _invalid_utf8(_: str, record: dict[str, Any]) -> bytes:
    customer = b'"note":"caf\xe9",'  # Latin-1, from a till that nobody updated
    return b"{" + customer + _json(record)[1:]


MALFORMED: dict[str, Callable[[str, dict[str, Any]], bytes]] = {
    "cut_off": lambda _, record: _json(record)[: len(_json(record)) // 2],
    "garbage_after": lambda _, record: _json(record) + b" }retry=1",
    "wrong_type": _wrong_type,
    "missing_id": _without_id,
    "json_null": lambda _, __: b"null",
    "array": lambda _, record: _json([record]),
    "empty": lambda _, __: b"",
    "invalid_utf8": _invalid_utf8,
    "too_big": _too_big,
    "year_9999": _far_future,
}
"""The ways in which a record of JSON may be broken: none decodes to a row of its source."""

MALFORMED_AVRO: dict[str, Callable[[str, dict[str, Any]], bytes]] = {
    "cut_off": lambda _, record: _avro(record)[:-9],
    "no_schema_id": lambda _, record: _avro(record)[:3],
    "garbage_after": lambda _, record: _avro(record) + b" }retry=1",
    "unknown_magic_byte": lambda _, record: b"\x01" + _avro(record)[1:],
    "unknown_schema": lambda _, record: b"\0\0\0\x12\x67" + _avro(record)[5:],
    "json": lambda _, record: _json(record),
    "empty": lambda _, __: b"",
    "missing_id": lambda _, record: _avro({**record, "order_id": None}),
    "unknown_symbol": _unknown_symbol,
    "invalid_utf8": _latin_1,
    "year_9999": lambda source, record: _avro(
        {**record, _EVENT_TIME[source]: "9999-12-31T23:59:59.000000+00:00"}
    ),
}
"""The ways in which a payment may be broken."""
