"""A small project to break, and the real command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from streamsql.spark.artifacts import cache_folder

COMMAND = (sys.executable, "-m", "streamsql")

SETTINGS = 'name = "shop"\nlint.ignore = ["unused-macro", "unused-source"]\n'
PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      spark: {master: "local[1]", conf: {spark.sql.shuffle.partitions: 1}}
      checkpoints: target/checkpoints
      connections:
        kafka: {type: kafka, embedded: true}
"""
SOURCES = """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: shop.orders
        on_error: drop
        watermark: {column: ordered_at, delay: 10 minutes}
        columns:
          - {name: order_id, data_type: bigint}
          - {name: currency, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: ordered_at, data_type: timestamp}
models:
  - {name: stg_orders, description: One row an order.}
  - {name: large_orders, description: Orders that somebody should look at.}
"""
STG_ORDERS = """\
SELECT order_id, upper(currency) AS currency, amount, ordered_at
FROM {{ source('shop', 'orders') }}
"""
LARGE_ORDERS = """\
{{ config(materialized='topic', topic='shop.large_orders', key='currency') }}
SELECT order_id, currency, amount
FROM {{ ref('stg_orders') }}
WHERE amount > 100
"""
SHOP: Mapping[str, str] = {
    "streamsql.toml": SETTINGS,
    "profiles.yml": PROFILES,
    "models/shop.yml": SOURCES,
    "models/stg_orders.sql": STG_ORDERS,
    "models/large_orders.sql": LARGE_ORDERS,
    "macros/money.sql": "{% macro cents(amount) %}{{ amount }} * 100{% endmacro %}\n",
    "seeds/rates.csv": "currency,rate\nEUR,1.0\nUSD,0.91\n",
}


def write_project(root: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Write the sound project with files replaced, added, or left out (None)."""
    for path, text in {**SHOP, **(changes or {})}.items():
        if text is not None:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return root


def profiles(
    *, master: str = "local[1]", kafka: str = "{type: kafka, embedded: true}", extra: str = ""
) -> str:
    """The profile with another master, another connection, or more of Spark's settings."""
    return f"""\
shop:
  target: dev
  outputs:
    dev:
      spark:
        master: "{master}"
        conf: {{spark.sql.shuffle.partitions: 1{extra}}}
      checkpoints: target/checkpoints
      connections:
        kafka: {kafka}
"""


def servers(address: str) -> str:
    """A Kafka connection to a cluster that is not ours."""
    return f'{{type: kafka, bootstrap_servers: "{address}"}}'


def environment(root: Path, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This environment with another home, the jars that are there, and some changes."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("STREAMSQL_")}
    wanted = {"HOME": str(root), "STREAMSQL_CACHE": str(cache_folder(os.environ))}
    return {n: t for n, t in {**kept, **wanted, **(changes or {})}.items() if t is not None}


def streamsql(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        (*COMMAND, *arguments),
        cwd=cwd,
        env=environment(cwd, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def assert_said(done: subprocess.CompletedProcess[str], code: int, message: str, hint: str) -> None:
    """One line that says what is wrong and one that says what to do; nothing else, no traceback."""
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("error: "), done.stderr
    assert message in lines[0]
    assert lines[1].startswith("hint: ")
    assert hint in lines[1]
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr
    assert "crashed" not in done.stdout + done.stderr
