"""Ten thousand records, one in twenty broken: each is a row, a dead letter or a tombstone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from main_job.command import streamsql
from main_job.shop_project import (
    ORDERS,
    copy_shop,
    create_sources,
    header,
    on_broker,
    play,
    records,
    rows,
    run_results,
    send,
    shop_events,
    stored,
)
from main_job.shop_truth import good, sample

from streamsql.dev.broker import EmbeddedBroker

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PREFIX = "malformed"
GOOD, BAD, TOMBSTONES = 10_000, 550, 40
MODEL = """\
{{ config(materialized='topic', topic='malformed.every_order') }}
SELECT order_id, _offset AS source_offset FROM {{ source('shop', 'orders') }}
"""
TOLD = {  # what the dead letter of each kind says
    "cut_off": "not valid JSON",
    "garbage_after": "not one JSON object: something follows it",
    "wrong_type": "wrong type: ordered_at is not timestamp",
    "missing_id": "required column order_id is missing",
    "json_null": "JSON null, not an object",
    "array": "a JSON array, not an object",
    "empty": "empty value",
    "invalid_utf8": "invalid UTF-8",
    "too_big": "wrong type: amount is not decimal(12,2)",
    "year_9999": "event time too far ahead: ordered_at is 9999-12-31 23:59:59",
}


def test_every_record_is_accounted_for(tmp_path: Path, broker: EmbeddedBroker) -> None:
    root = copy_shop(tmp_path / "shop", PREFIX)
    (root / "models/every_order.sql").write_text(MODEL, encoding="utf-8")
    events = mixed()
    create_sources(broker.connection, PREFIX)
    send(broker.connection, events, PREFIX)
    env = on_broker(broker.connection)
    streamsql("run", "--once", "-t", "cluster", "-s", "every_order", cwd=root, env=env).succeeded()

    sent = stored(broker.connection, f"{PREFIX}.orders")
    written = stored(broker.connection, f"{PREFIX}.every_order")
    dead = stored(broker.connection, f"{PREFIX}.orders.dead_letter")
    tombstones = [record for record in sent if record.value is None]
    assert len(sent) == GOOD + BAD + TOMBSTONES
    assert len(sent) == len(written) + len(dead) + len(tombstones)

    kinds = {r.offset: header(r, "sample") for r in sent}
    assert {r["source_offset"] for r in rows(written)} == {
        offset for offset, kind in kinds.items() if kind in ("good", "late", "duplicate")
    }
    assert any("gift_note" in value for _, value in good(events, ORDERS)), "no unknown field"
    originals = {record.offset: record for record in sent}
    for letter in dead:
        original = originals[int(header(letter, "streamsql.offset"))]
        assert (letter.key, letter.value) == (original.key, original.value)
        assert letter.headers[: len(original.headers)] == original.headers
        assert header(letter, "streamsql.topic") == f"{PREFIX}.orders"
        assert header(letter, "streamsql.partition") == "0"
        moment = datetime.fromisoformat(header(letter, "streamsql.timestamp"))
        assert moment.timestamp() * 1000 == original.timestamp
    reasons = Counter((header(r, "sample"), header(r, "streamsql.error")) for r in dead)
    assert reasons == {(f"malformed:{k}", why): BAD // len(TOLD) for k, why in TOLD.items()}

    results = run_results(root)
    for query, count in (("every_order", GOOD), ("dead_letter.shop.orders", BAD)):
        told = results[query]["adapter_response"]
        assert (told["rows_in"], told["rows_out"]) == (len(sent), count)


def mixed() -> list[Any]:
    """Good orders, with as many broken ones of each kind and some tombstones between them."""
    shop = shop_events()
    played = play(21, timedelta(hours=1), 40, (ORDERS,), malformed=0.0, tombstone=0.0)
    orders = list(played[:GOOD])
    assert len(orders) == GOOD
    assert set(TOLD) == set(shop.MALFORMED)
    every = GOOD // (BAD + TOMBSTONES)
    kinds = cycle(shop.MALFORMED)
    events = []
    broken = [*(next(kinds) for _ in range(BAD)), *(None for _ in range(TOMBSTONES))]
    for number, event in enumerate(orders):
        events.append(event)
        if number % every == 0 and broken:
            events.append(_broken(event, broken.pop(0)))
    assert not broken
    assert all(sample(e) for e in events)
    assert len(list(records(events))) == GOOD + BAD + TOMBSTONES
    return events


def _broken(event: Any, kind: str | None) -> Any:
    (_, value), *_ = good([event], ORDERS)
    plain = {k: float(v) if k == "amount" else v for k, v in value.items() if k != "items"}
    made = shop_events().MALFORMED[kind](ORDERS, plain) if kind else None
    name = f"malformed:{kind}" if kind else "tombstone"
    headers = [*(h for h in event.headers if h[0] != "sample"), ("sample", name.encode())]
    return event._replace(value=made, headers=headers)
