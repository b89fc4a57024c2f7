"""Orders, some of them wrong in known ways, and a project whose data tests know all these ways."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamsql.spark.kafka import Record, StoredRecord, TopicSpec, create_topics, produce, read_last
from streamsql.spark.librdkafka import KafkaConnection

COUNT = 600
FILES: Mapping[str, str] = {
    "streamsql.toml": 'name = "tested"\nprofile = "tested"\n',
    "profiles.yml": """\
tested:
  target: dev
  outputs:
    dev:
      spark: {master: "local[2]", conf: {spark.sql.shuffle.partitions: 1}}
      checkpoints: target/checkpoints
      connections:
        kafka: {type: kafka, bootstrap_servers: "{{ env_var('BROKERS') }}"}
        other: {type: kafka, bootstrap_servers: "{{ env_var('BROKERS') }}"}
""",
    "seeds/countries.csv": "code\nDE\nFR\nCH\n",
    "macros/boxes.sql": """\
{% macro test_pieces_of(column_name, box) %}
  {{ column_name }} % {{ box }} = 0  -- full boxes
{% endmacro %}
""",
    "models/sources.yml": """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: tested.orders
        watermark: {column: ordered_at, delay: 1 hour}
        columns:
          - {name: order_id, data_type: bigint, data_tests: [not_null]}
          - {name: customer_id, data_type: string}
          - {name: country, data_type: string}
          - {name: currency, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: pieces, data_type: int}
          - {name: ordered_at, data_type: timestamp}
          - name: channel
            data_type: string
            data_tests:
              - accepted_values:
                  arguments: {values: [web, app]}
                  config: {on_failure: quarantine}
""",
    "models/stg.sql": """\
WITH orders AS (SELECT * FROM {{ source('shop', 'orders') }})
SELECT * FROM orders
""",
    "models/checked.sql": """\
{{ config(materialized='topic', topic='tested.checked', connection='kafka', key='customer_id',
          headers={'country': 'country'}) }}
SELECT order_id, customer_id, country, upper(currency) AS currency, amount, pieces, ordered_at
FROM {{ ref('stg') }}
""",
    "models/archive.sql": """\
{{ config(materialized='table', dead_letter={'connection': 'other', 'topic': 'tested.lost'}) }}
SELECT order_id, currency, amount FROM {{ ref('stg') }}
""",
    "models/elsewhere.sql": """\
{{ config(materialized='topic', topic='tested.elsewhere', connection='kafka',
          dead_letter={'connection': 'other'}) }}
SELECT order_id, amount FROM {{ ref('stg') }}
""",
    "models/by_country.sql": """\
{{ config(materialized='topic', topic='tested.by_country', connection='kafka',
          output_mode='update', key='country') }}
SELECT country, count(*) AS orders FROM {{ ref('stg') }} GROUP BY country
""",
    "models/once_each.sql": """\
{{ config(materialized='topic', topic='tested.once_each', connection='kafka') }}
SELECT customer_id, order_id, ordered_at FROM {{ ref('stg') }}
""",
    "models/priced_orders.sql": """\
{{ config(materialized='topic', topic='tested.priced_orders', connection='kafka') }}
SELECT order_id, country, upper(currency) AS currency, amount, pieces FROM {{ ref('stg') }}
""",
    "models/strict.sql": """\
{{ config(materialized='topic', topic='tested.strict', connection='kafka') }}
SELECT order_id, amount FROM {{ ref('stg') }}
""",
    "models/reader.sql": """\
{{ config(materialized='topic', topic='tested.reader', connection='kafka') }}
SELECT order_id FROM {{ ref('checked') }}
""",
    "models/models.yml": """\
models:
  - name: stg
    columns:
      - name: order_id
        data_tests:
          - range: {arguments: {min: 1}, config: {on_failure: drop}}
          - range: {name: sane_id, arguments: {max: 1000000}, config: {severity: error}}
  - name: checked
    data_tests:
      - expression: {arguments: {expression: "checked.amount < pieces * 100"}}
    columns:
      - name: currency
        data_tests:
          - not_null
          - accepted_values:
              arguments: {values: [EUR, CHF]}
              config: {on_failure: quarantine}
      - name: customer_id
        data_tests:
          - matches: {arguments: {regex: "^C[0-9]+$"}, config: {on_failure: quarantine}}
      - name: amount
        data_tests:
          - range:
              arguments: {min: 0, max: 1000, max_inclusive: false}
              config: {on_failure: drop}
      - name: pieces
        data_tests:
          - pieces_of: {arguments: {box: 2}, config: {where: "country = 'DE'"}}
      - name: country
        data_tests:
          - relationships:
              name: known_country
              arguments: {to: ref('countries'), field: code}
              config: {severity: warn}
  - name: archive
    columns:
      - name: amount
        data_tests:
          - range: {arguments: {min: 0}, config: {on_failure: quarantine}}
          - not_null: {config: {on_failure: drop}}
  - name: elsewhere
    columns:
      - name: amount
        data_tests: [{range: {arguments: {min: 0}, config: {on_failure: quarantine}}}]
  - name: by_country
    columns:
      - name: country
        data_tests: [{not_null: {config: {on_failure: quarantine}}}]
  - name: once_each
    columns:
      - name: customer_id
        data_tests: [{unique: {config: {on_failure: drop}}}]
  - name: strict
    columns:
      - name: amount
        data_tests: [{range: {arguments: {max: 5000}, config: {severity: error}}}]
""",
}


DOCUMENT = Path(__file__).parents[2] / "docs" / "data-tests.md"
EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```\n<!-- /example -->", re.DOTALL)


def examples() -> dict[str, str]:
    """The files that the document on data tests shows, by path."""
    return dict(EXAMPLE.findall(DOCUMENT.read_text(encoding="utf-8")))


def order(n: int) -> dict[str, Any]:
    """The n-th order: of each 10 or so one is wrong in a way of its own, some in several."""
    value: dict[str, Any] = {
        "order_id": n + 1,
        "customer_id": f"C{n}",
        "country": ("DE", "FR", "CH")[n % 3],
        "currency": ("eur", "chf")[n % 2],
        "amount": n % 100,
        "pieces": 2 + 2 * (n % 3),
        "ordered_at": f"2026-03-01T00:{n // 60:02d}:{n % 60:02d}Z",
        "channel": ("web", "app")[n % 2],
    }
    faults = {
        7: {"currency": "usd"},
        11: {"customer_id": "robot"},
        13: {"amount": -5},
        17: {"amount": None},
        19: {"currency": None, "country": None},
        23: {"country": "XX", "pieces": 1},
        29: {"amount": 999.5, "pieces": 1},
        31: {"order_id": 0},
        37: {"channel": "fax"},
    }
    for step, fault in faults.items():
        if n % step == step - 1:
            value |= fault
    if n == COUNT - 1:
        value |= {"amount": 9999, "currency": "chf", "customer_id": "C1", "channel": "web"}
    return value


def write_project(root: Path, prefix: str = "tested") -> Path:
    for path, text in {**FILES, **examples()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text.replace("tested.", f"{prefix}."), encoding="utf-8")
    return root


def send_orders(connection: KafkaConnection, prefix: str = "tested") -> list[dict[str, Any]]:
    orders = [order(n) for n in range(COUNT)]
    create_topics(connection, [TopicSpec(f"{prefix}.orders", 2)])
    records = (
        Record(json.dumps(o).encode(), str(n).encode(), partition=n % 2)
        for n, o in enumerate(orders)
    )
    produce(connection, f"{prefix}.orders", records, timeout=60)
    return orders


def stored(connection: KafkaConnection, topic: str) -> tuple[StoredRecord, ...]:
    return read_last(connection, topic, 1_000_000, timeout=60)


def headers(record: StoredRecord) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in record.headers}
