"""Old and new writers in one topic, read and written on by a run: real broker, real registry."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pytest
from main_job.command import streamsql
from main_job.shop_project import header, rows, run_results, stored
from registry.registry_project import Shop, order

from streamsql.dev.broker import EmbeddedBroker
from streamsql.dev.registry import EmbeddedRegistry
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

OLD = order()
NEW = order({"name": "note", "type": ["null", "string"], "default": None}, amount="long")
PROFILES = """\
shop:
  outputs:
    dev:
      spark: {{master: "local[2]", version: 4.1.1, conf: {{spark.sql.shuffle.partitions: 1}}}}
      connections:
        kafka: {{type: kafka, bootstrap_servers: "{broker}"}}
        registry: {{type: schema_registry, url: "{registry}"}}
"""
MODELS = """\
sources:
  - name: shop
    tables:
      - name: orders
        topic: evolution.orders
        format: avro
        format_options: {subject: evolution.orders-value}
models:
  - name: totals
    config:
      materialized: topic
      topic: evolution.totals
      format: avro
      format_options: {subject: evolution.totals-value}
  - name: seen
    config: {materialized: topic, topic: evolution.seen}
"""


def framed(id_: int, schema: Any, **datum: Any) -> bytes:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(schema, named_schemas={}), datum)
    return b"\0" + id_.to_bytes(4, "big") + written.getvalue()


def test_old_and_new_writers_are_read_and_the_result_is_framed(
    shop: Shop, broker: EmbeddedBroker, registry: EmbeddedRegistry
) -> None:
    shop.prefix = "evolution"
    old, new = shop.register("orders", OLD, NEW)
    records = [
        framed(old, OLD, order_id=1, amount=7),
        framed(new, NEW, order_id=2, amount=2**40, note="both"),
        framed(old, OLD, order_id=3, amount=9),
        framed(4711, OLD, order_id=4, amount=1),
    ]
    create_topics(broker.connection, [TopicSpec("evolution.orders")])
    for value in records:
        produce(broker.connection, "evolution.orders", [Record(value)])
    servers = broker.bootstrap_servers
    shop.write("profiles.yml", PROFILES.format(broker=servers, registry=registry.url))
    shop.write("models/shop.yml", MODELS)
    shop.write("models/totals.sql", "SELECT order_id, amount FROM {{ source('shop', 'orders') }}")
    seen = "SELECT order_id, amount, note FROM {{ source('shop', 'orders') }}"
    shop.write("models/seen.sql", seen)
    assert shop("pull", shop.subject("orders")).exit_code == 0
    assert shop("generate", "totals").exit_code == 0
    assert shop("register", "totals").exit_code == 0

    streamsql("run", "--once", cwd=shop.root).succeeded()
    told = sorted(rows(stored(broker.connection, "evolution.seen")), key=lambda r: r["order_id"])
    assert told == [
        {"order_id": 1, "amount": 7, "note": None},
        {"order_id": 2, "amount": 2**40, "note": "both"},
        {"order_id": 3, "amount": 9, "note": None},
    ]
    (version,) = shop.file("totals")["versions"]
    written = [r.value or b"" for r in stored(broker.connection, "evolution.totals")]
    assert {value[:5] for value in written} == {b"\0" + version["id"].to_bytes(4, "big")}
    schema = fastavro.parse_schema(version["schema"], named_schemas={})
    found = [fastavro.schemaless_reader(io.BytesIO(v[5:]), schema, None) for v in written]
    assert sorted(json.dumps(f) for f in found) == [
        json.dumps({"order_id": n, "amount": a}) for n, a in ((1, 7), (2, 2**40), (3, 9))
    ]
    (dead,) = stored(broker.connection, "evolution.orders.dead_letter")
    assert dead.value == records[3]
    assert header(dead, "streamsql.error") == "unknown schema id: 4711"
    assert run_results(shop.root)["seen"]["adapter_response"]["rows_out"] == 3

    path = f"schemas/{shop.subject('totals')}.json"
    version["id"] += 1000
    shop.write(path, json.dumps({**shop.file("totals"), "versions": [version]}))
    refused = streamsql("run", "--once", "-s", "totals", cwd=shop.root)
    assert refused.code == 1
    assert "take its ids over: streamsql schema pull evolution.totals-value" in refused.err
