"""Projects of any size: a tenth staging, six tenths intermediate, three tenths marts.

Sources have twelve columns, one source a staging model; intermediate models are six layers
deep; each model is 15 to 40 lines of SQL with two refs and a macro call here and there. The
same models can be written for dbt and for SQLMesh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
  coalesce(r.country, e.country) AS country,
  e.tag_count + {n} % 7 AS tag_count
FROM {{{{ ref('{first}') }}}} AS e
LEFT JOIN {{{{ ref('rates') }}}} AS r
  ON r.currency = e.currency
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
{{{{ config({config}) }}}}

WITH events AS (
  SELECT
    e.happened_at,
    e.currency,
    e.amount * r.rate AS amount,
    e.quantity,
    e.discount,
    e.status
  FROM {{{{ ref('{first}') }}}} AS e
  INNER JOIN {{{{ ref('rates') }}}} AS r
    ON r.currency = e.currency
),

per_minute AS (
  SELECT
    {minute} AS minute,
    currency,
    sum(amount) AS revenue,
    sum(quantity) AS pieces,
    count(*) AS events,
    max(discount) AS greatest_discount,
    count_if(status = 'paid') AS paid
  FROM events
  GROUP BY {by_minute}, currency
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


_RATES = "currency,country,rate\nEUR,DE,1.0\nUSD,US,0.92\nGBP,GB,1.15\n"
_TOPIC = "materialized='topic', connection='kafka', topic='mart_{n}', key=['currency']"
_WINDOW = {
    "minute": "window(happened_at, '1 minute').start",
    "by_minute": "window(happened_at, '1 minute')",
}
_PLAIN = dict.fromkeys(_WINDOW, "date_trunc('minute', happened_at)")

_DBT_PROJECT = """\
name: generated
version: "1.0"
profile: generated
model-paths: [models]
macro-paths: [macros]
seed-paths: [seeds]
"""
_DBT_PROFILES = "generated: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n"
_SQLMESH_CONFIG = """\
gateways: {local: {connection: {type: duckdb}}}
default_gateway: local
model_defaults: {dialect: spark, start: 2024-01-01}
linter: {enabled: true, rules: [ambiguousorinvalidcolumn, invalidselectstarexpansion]}
"""


def write(folder: Path, models: int) -> None:
    """Write a project of that many models."""
    staging, marts = _shares(models)
    _put(
        folder,
        {
            "streamsql.toml": _SETTINGS,
            "profiles.yml": _PROFILES,
            "macros/cleaning.sql": _MACROS,
            "seeds/rates.csv": _RATES,
            "models/staging/sources.yml": _sources(staging),
            **dict(_models(staging, models - staging - marts, marts, _TOPIC, _WINDOW)),
        },
    )


def write_for_dbt(folder: Path, models: int) -> None:
    """Write the same models as a dbt project; it does not look at their SQL."""
    staging, marts = _shares(models)
    _put(
        folder,
        {
            "dbt_project.yml": _DBT_PROJECT,
            "profiles.yml": _DBT_PROFILES,
            "macros/cleaning.sql": _MACROS,
            "seeds/rates.csv": _RATES,
            "models/staging/sources.yml": _dbt_sources(staging),
            **dict(
                _models(staging, models - staging - marts, marts, "materialized='table'", _WINDOW)
            ),
        },
    )


def write_for_sqlmesh(folder: Path, models: int) -> None:
    """Write the same models as a SQLMesh project, its macros already put in."""
    staging, marts = _shares(models)
    written = _models(staging, models - staging - marts, marts, "", _PLAIN)
    files = {name: _for_sqlmesh(Path(name).stem, text) for name, text in written}
    columns = "\n".join(f"    {n}: {t}" for n, t in _COLUMNS)
    tables = (f"- name: shop.events_{n}\n  columns:\n{columns}\n" for n in range(staging))
    seed = (
        "MODEL (name g.rates, kind SEED (path '../seeds/rates.csv'), "
        "columns (currency string, country string, rate double));\n"
    )
    _put(
        folder,
        {
            "config.yaml": _SQLMESH_CONFIG,
            "external_models.yaml": "".join(tables),
            "seeds/rates.csv": _RATES,
            "models/rates.sql": seed,
            **files,
        },
    )


def _for_sqlmesh(name: str, text: str) -> str:
    kind = "FULL" if name.startswith("mart") else "VIEW"
    sql = text.partition("}}\n")[2]
    sql = re.sub(r"{{ ref\('(\w+)'\) }}", r"g.\1", sql)
    sql = re.sub(r"{{ source\('shop', '(\w+)'\) }}", r"shop.\1", sql)
    sql = re.sub(r"{{ cleaned\('(\w+)'\) }}", r"nullif(trim(\1), '')", sql)
    sql = re.sub(r"{{ net\('(\w+)', '(\w+)'\) }}", r"(\1 - coalesce(\2, 0))", sql)
    return f"MODEL (name g.{name}, kind {kind});\n{sql}"


def _shares(models: int) -> tuple[int, int]:
    return max(1, models // 10), models * 3 // 10


def _put(folder: Path, files: Mapping[str, str]) -> None:
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


def _dbt_sources(count: int) -> str:
    columns = "\n".join(f'          - {{name: {n}, data_type: "{t}"}}' for n, t in _COLUMNS)
    head = "version: 2\nsources:\n  - name: shop\n    tables:\n"
    return head + "".join(
        f"      - name: events_{n}\n        columns:\n{columns}\n" for n in range(count)
    )


def _models(
    staging: int, between: int, marts: int, config: str, minute: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
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
        first, settings = before[n % len(before)], config.format(n=n)
        text = _MART.format(n=n, first=first, config=settings, **minute)
        yield f"models/marts/mart_{n}.sql", text
