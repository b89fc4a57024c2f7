"""Payments of the sample shop, read once more without Spark: Avro behind the id of its schema."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import fastavro

FILE = Path(__file__).parents[2] / "schemas/shop.payments-value.json"


@cache
def schemas() -> dict[int, Any]:
    """The schemas by their ids, oldest first."""
    versions = json.loads(FILE.read_text(encoding="utf-8"))["versions"]
    return {v["id"]: fastavro.parse_schema(v["schema"], named_schemas={}) for v in versions}


def payment(value: bytes) -> dict[str, Any]:
    """What a payment says, by the newest schema; the time is a text. Raises if it is broken."""
    magic, id_ = value[0], int.from_bytes(value[1:5], "big")
    if magic != 0 or len(value) < 5:
        raise ValueError("not framed")
    rest = io.BytesIO(value[5:])
    *_, newest = schemas().values()
    found = fastavro.schemaless_reader(rest, schemas()[id_], newest)
    if rest.read():
        raise ValueError("bytes follow the payment")
    assert isinstance(found, dict)
    return {**found, "paid_at": found["paid_at"].isoformat()}
