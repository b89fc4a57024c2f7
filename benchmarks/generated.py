"""Projects of any size: a tenth staging, six tenths intermediate, three tenths marts.

Sources have twelve columns, one source a staging model; intermediate models are six layers
deep; each model is 15 to 40 lines of SQL with a macro call here and there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

LAYERS = 6  # of intermediate models

_COLUMNS = (
    ("id", "bigint"),
    ("customer_id", "string"),
    ("happened_at", "timestamp"),
    ("amount", "decimal(12,2)"),
    ("discount", "decimal(12,2)"),
    ("quantity", "int"),
    ("currency", "string"),
    ("channel", "string"),
    ("status", "string"),
    ("address", "struct<city:string,country:string>"),
    ("tags", "array<string>"),
    ("note", "string"),
)
_SETTINGS = 'name = "generated"\nprofile = "generated"\n'
_PROFILES = """\
generated:
  target: dev
  outputs:
    dev:
      checkpoints: target/checkpoints
      connections:
        kafka: {type: kafka, bootstrap_servers: "127.0.0.1:9092"}
"""
_MACROS = """\
{% macro cleaned(column) %}nullif(trim({{ column }}), ''){% endmacro %}
{% macro net(amount, discount) %}({{ amount }} - coalesce({{ discount }}, 0)){% endmacro %}
"""
_STAGING = """\
{{{{ config(materialized='view', tags=['staging']) }}}}

WITH events AS (
  SELECT * FROM {{{{ source('shop', 'events_{n}') }}}}
),

cleaned AS (
  SELECT
    id,
    upper({{{{ cleaned('customer_id') }}}}) AS customer_id,
    happened_at,
    amount,
    coalesce(discount, 0) AS discount,
    quantity,
    upper({{{{ cleaned('currency') }}}}) AS currency,
    lower(channel) AS channel,
    status,
    address.city AS city,
    address.country AS country,
    size(tags) AS tag_count
  FROM events
  WHERE status <> 'test'
    AND quantity > {n}
)

SELECT * FROM cleaned
"""
_PICK = """\
{{{{ config(tags=['intermediate']) }}}}

SELECT
  e.id,
  e.customer_id,
  e.happened_at,
  e.amount,
  e.discount,
  e.quantity,
  CASE e.currency
    WHEN 'EURO' THEN 'EUR'
    WHEN 'DOLLAR' THEN 'USD'
    ELSE e.currency
  END AS currency,
  e.channel,
  e.status,
  concat_ws(', ', e.city, e.country) AS city,
  e.country,
  e.tag_count + {n} % 7 AS tag_count
FROM {{{{ ref('{first}') }}}} AS e
WHERE e.amount > {n}
  AND e.status IN ('paid', 'shipped', 'open')
"""
_UNITE = """\
{{{{ config(tags=['intermediate']) }}}}

WITH first AS (
  SELECT * FROM {{{{ ref('{first}') }}}}
),

second AS (
  SELECT * FROM {{{{ ref('{second}') }}}}
),

united AS (
  SELECT * FROM first
  UNION ALL
  SELECT * FROM second
),

priced AS (
  SELECT
    id,
    customer_id,
    happened_at,
    {{{{ net('amount', 'discount') }}}} AS amount,
    discount,
    quantity,
    currency,
    coalesce(channel, 'unknown') AS channel,
    status,
    city,
    country,
    tag_count
  FROM united
  WHERE quantity BETWEEN 1 AND {n} + 1000
)

SELECT * FROM priced
"""
_MART = """\
{{{{ config(materialized='topic', connection='kafka', topic='mart_{n}', key=['currency']) }}}}

WITH events AS (
  SELECT * FROM {{{{ ref('{first}') }}}}
),

per_minute AS (
  SELECT
    window(happened_at, '1 minute').start AS minute,
    currency,
    sum(amount) AS revenue,
    sum(quantity) AS pieces,
    count(*) AS events,
    max(discount) AS greatest_discount,
    count_if(status = 'paid') AS paid
  FROM events
  GROUP BY window(happened_at, '1 minute'), currency
)

SELECT
  minute,
  currency,
  revenue,
  pieces,
  events,
  round(revenue / events, 2) AS mean_revenue,
  greatest_discount,
  paid
FROM per_minute
"""


def write(folder: Path, models: int) -> None:
    """Write a project of that many models."""
    staging, marts = max(1, models // 10), models * 3 // 10
    files = {
        "streamsql.toml": _SETTINGS,
        "profiles.yml": _PROFILES,
        "macros/cleaning.sql": _MACROS,
        "models/staging/sources.yml": _sources(staging),
        **dict(_models(staging, models - staging - marts, marts)),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _sources(count: int) -> str:
    columns = "\n".join(f'          - {{name: {n}, data_type: "{t}"}}' for n, t in _COLUMNS)
    head = "version: 2\nsources:\n  - name: shop\n    connection: kafka\n    tables:\n"
    return head + "".join(
        f"      - name: events_{n}\n        topic: events_{n}\n"
        f"        watermark: {{column: happened_at, delay: 10 minutes}}\n"
        f"        columns:\n{columns}\n"
        for n in range(count)
    )


def _models(staging: int, between: int, marts: int) -> Iterator[tuple[str, str]]:
    before = [f"stg_{n}" for n in range(staging)]
    for n, name in enumerate(before):
        yield f"models/staging/{name}.sql", _STAGING.format(n=n)
    widths = [between // LAYERS + (layer < between % LAYERS) for layer in range(LAYERS)]
    made = 0
    for layer, width in enumerate(widths):
        names = [f"int_{layer}_{n}" for n in range(width)]
        for n, name in enumerate(names):
            first, second = before[n % len(before)], before[(n * 7 + 1) % len(before)]
            text = _UNITE if n % 3 == 0 and first != second else _PICK
            yield f"models/intermediate/{name}.sql", text.format(n=made, first=first, second=second)
            made += 1
        before = names or before
    for n in range(marts):
        yield f"models/marts/mart_{n}.sql", _MART.format(n=n, first=before[n % len(before)])
