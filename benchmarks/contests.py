"""What is drained beside PySpark by hand: topics, the jobs on them, and what is aimed at."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from benchmarks.figures import HERE
from streamsql.spark.kafka import Record

OFFSETS = 100_000  # a batch; as the project's sources have it
PARTITIONS = 4
BY_HAND, OURS, KEPT = "by hand", "streamsql", "with dead letters"
TESTED = "with six data tests"
FRAMED_SCHEMA = HERE / "orders" / "schemas" / "framed-value.json"
WIDE_FIELDS = 40
EPOCH = 1_767_225_600  # seconds; when the first order was made
# What the jobs by hand decode orders with.
SCHEMA = (
    "order_id string, customer struct<id:bigint,name:string,city:string>, "
    "items array<struct<sku:string,quantity:int,price:decimal(10,2)>>, "
    "amount decimal(12,2), currency string, status string, ordered_at timestamp, note string"
)


@dataclass(frozen=True, slots=True)
class Contest:
    """A topic that is drained by each of its jobs, on each side in turn.

    ``record`` makes the record of a number; ``schema`` is what the job by hand decodes it with.
    ``jobs`` are the models of the project in ``orders/`` and the topics they write, with a word
    for people. The first of the ``sides`` is what the others are compared with.
    """

    name: str
    topic: str
    record: Callable[[int], Record]
    schema: str
    jobs: Mapping[str, str]
    sides: Sequence[str]
    aim: str


def order(n: int) -> Record:
    """Return an order as JSON of about 300 bytes."""
    return Record(_json(_order(n)), partition=_partition(n))


def _order(n: int) -> dict[str, Any]:
    return {
        "order_id": f"O-{n:08d}",
        "customer": {
            "id": n % 5000,
            "name": f"Customer {n % 5000}",
            "city": ("Berlin", "Zürich", "Paris", "Oslo")[n % 4],
        },
        "items": [
            {"sku": f"SKU-{n % 977}", "quantity": n % 5 + 1, "price": n % 9000 / 100},
            {"sku": f"SKU-{n % 613}", "quantity": 2, "price": 9.95},
        ],
        "amount": n % 100_000 / 100,
        "currency": ("EUR", "USD", "CHF")[n % 3],
        "status": ("paid", "open", "cancelled", "shipped")[n % 4],
        "ordered_at": _moment(n),
        "note": "gift wrap, ring twice",
    }


def _moment(n: int) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(EPOCH + n // 500))
    return f"{moment}.{n % 1000:03d}Z"


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _partition(n: int) -> int:
    return n // 100 % PARTITIONS


def wide(n: int) -> Record:
    """Return an order of forty fields as JSON, of about a kilobyte."""
    value = {**_order(n), **{name: kind.make(n) for name, kind in WIDE.items()}}
    return Record(_json(value), partition=_partition(n))


@dataclass(frozen=True, slots=True)
class _Kind:
    type: str
    make: Callable[[int], Any]


def _wide() -> dict[str, _Kind]:
    kinds = (
        _Kind("string", lambda n: f"some text {n % 977}"),
        _Kind("bigint", lambda n: n * 7919),
        _Kind("decimal(12,2)", lambda n: n % 9973 / 100),
        _Kind("timestamp", _moment),
        _Kind("boolean", lambda n: n % 3 == 0),
        _Kind("struct<a:string,b:int>", lambda n: {"a": f"part {n % 31}", "b": n % 17}),
        _Kind("array<string>", lambda n: [f"tag{n % 11}", f"tag{n % 13}"]),
        _Kind("double", lambda n: n % 1009 / 7),
    )
    names = [f"field_{i:02d}" for i in range(WIDE_FIELDS - len(_order(0)))]
    return {name: kinds[i % len(kinds)] for i, name in enumerate(names)}


WIDE = _wide()


def framed(n: int) -> Record:
    """Return an order as Avro behind the id of its schema."""
    from fastavro import schemaless_writer

    start, schema = _framing()
    out = io.BytesIO()
    out.write(start)
    schemaless_writer(out, schema, _as_avro(_order(n), n))
    return Record(out.getvalue(), partition=_partition(n))


def _as_avro(order: dict[str, Any], n: int) -> dict[str, Any]:
    items = [{**i, "price": Decimal(f"{i['price']:.2f}")} for i in order["items"]]
    amount = Decimal(f"{order['amount']:.2f}")
    return {**order, "items": items, "amount": amount, "ordered_at": EPOCH * 1_000_000 + n * 2000}


@cache
def _framing() -> tuple[bytes, Any]:
    """Return what a value begins with, and the schema that is behind it."""
    from fastavro import parse_schema

    version = _framed_version()
    return b"\0" + int(version["id"]).to_bytes(4, "big"), parse_schema(version["schema"])


def _framed_version() -> Mapping[str, Any]:
    (version,) = json.loads(FRAMED_SCHEMA.read_text(encoding="utf-8"))["versions"]
    found: Mapping[str, Any] = version
    return found


DRAIN = Contest(
    name="drain",
    topic="orders",
    record=order,
    schema=SCHEMA,
    jobs={"priced": "stateless", "revenue": "windowed aggregate"},
    sides=(BY_HAND, OURS, KEPT),
    aim="a ratio of 1.05 at most",
)
AVRO = Contest(
    name="avro",
    topic="framed",
    record=framed,
    schema=json.dumps(_framed_version()["schema"]),
    jobs={"priced_framed": "stateless, framed Avro"},
    sides=(BY_HAND, OURS),
    aim="a ratio of 1.05 at most, which is 0.95 of the speed",
)
NARROW = Contest(
    name="narrow",
    topic="wide",
    record=wide,
    schema=", ".join((SCHEMA, *(f"{name} {kind.type}" for name, kind in WIDE.items()))),
    jobs={"narrow": f"five fields of {WIDE_FIELDS}"},
    sides=(BY_HAND, OURS),
    aim="a ratio of 0.87 at most, which is 1.15 times as fast",
)
EXPECTATIONS = Contest(
    name="expectations",
    topic="orders",
    record=order,
    schema=SCHEMA,
    jobs={"priced": "stateless"},
    sides=(OURS, TESTED),
    aim="a ratio of 1.10 at most",
)
