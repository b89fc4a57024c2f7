from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streamsql.cli import cli

SETTINGS = """\
name = "shop"
profile = "shop"
lint.ignore = ["unused-macro", "unused-model", "unused-source"]
"""

PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      spark: {master: "local[1]", version: 4.1.1, conf: {spark.sql.shuffle.partitions: 1}}
      checkpoints: target/checkpoints
      connections:
        kafka: {type: kafka, embedded: true}
    prod:
      spark: {master: "local[1]", version: 4.1.1}
      checkpoints: s3a://bucket/checkpoints
      connections:
        kafka:
          type: kafka
          bootstrap_servers: 127.0.0.1:1
          options:
            kafka.security.protocol: SASL_SSL
            kafka.sasl.mechanism: PLAIN
            kafka.sasl.jaas.config: >-
              org.apache.kafka.common.security.plain.PlainLoginModule required
              username="app"
              password="{{ env_var('STREAMSQL_ENV_SECRET_BROKER', 'unset') }}";
"""

SOURCES = """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        description: Orders as the shop sends them.
        topic: shop.orders
        format: json
        watermark: {column: ordered_at, delay: 10 minutes}
        columns:
          - {name: order_id, data_type: bigint, data_tests: [not_null]}
          - {name: currency, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: ordered_at, data_type: timestamp}
models:
  - {name: stg_orders, description: One row an order.}
  - name: revenue
    description: One row a minute and currency.
    columns:
      - {name: minute, data_type: timestamp, description: Its start.}
      - {name: currency, data_type: string, description: Upper case.}
      - {name: revenue, description: In that currency.}
"""

STG_ORDERS = """\
SELECT order_id, upper(currency) AS currency, amount, ordered_at
FROM {{ source('shop', 'orders') }}
"""

REVENUE = """\
{{ config(materialized='topic', connection='kafka', topic='shop.revenue', key='currency',
          tags=['money']) }}
SELECT window(ordered_at, '1 minute').start AS minute, currency, sum(amount) AS revenue
FROM {{ ref('stg_orders') }}
GROUP BY window(ordered_at, '1 minute'), currency
"""

SHOP: Mapping[str, str] = {
    "streamsql.toml": SETTINGS,
    "profiles.yml": PROFILES,
    "models/shop.yml": SOURCES,
    "models/staging/stg_orders.sql": STG_ORDERS,
    "models/marts/revenue.sql": REVENUE,
    "seeds/rates.csv": "currency,rate\nEUR,1.0\nUSD,0.91\n",
    "macros/money.sql": "{% macro cents(c) %}{{ c }} / 100{% endmacro %}\n",
}

Edit = Callable[[str], str]
Shop = Callable[..., Path]
Invoke = Callable[..., Result]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Write a small sound project, with files added, edited (by a function) or left out (None)."""

    def write(changes: Mapping[str, str | Edit | None] | None = None) -> Path:
        for path, change in {**SHOP, **(changes or {})}.items():
            text = change(SHOP[path]) if callable(change) else change
            if text is not None:
                file = tmp_path / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def invoke() -> Invoke:
    """Call the command line in this process; stdout and stderr are kept apart."""

    def call(*arguments: object, env: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(cli, [str(a) for a in arguments], env=env)

    return call
