"""Fields that a query cannot read are not parsed, where bad records are dropped."""

from __future__ import annotations

import re

import pytest
from project_texts import files

from streamsql.pipeline import Compilation, compile_project

COLUMNS = {
    "id": "string",
    "customer": "struct<id:bigint,name:string,address:struct<city:string,zip:string>>",
    "items": "array<struct<sku:string,price:int>>",
    "amount": "decimal(12,2)",
    "note": "string",
    "at": "timestamp",
}
ALL = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())


def compiled(sql: str, on_error: str = "drop", columns: dict[str, str] = COLUMNS) -> Compilation:
    listed = "\n".join(
        f"          - {{name: {name}, data_type: '{kind}'"
        + (", data_tests: [not_null]}" if name == "id" else "}")
        for name, kind in columns.items()
    )
    source = f"""\
sources:
  - name: shop
    connection: kafka
    format: json
    on_error: {on_error}
    tables:
      - name: orders
        topic: orders
        watermark: {{column: at, delay: 10 minutes}}
        columns:
{listed}
"""
    config = "{{ config(materialized='sink', connector='console') }}\n"
    model = config + sql.replace("orders", "{{ source('shop', 'orders') }}", 1)
    found = compile_project(files({"models/sources.yml": source, "models/m.sql": model}))
    assert not found.errors, found.errors
    return found


def parsed(found: Compilation) -> str:
    assert found.plan is not None
    (query,) = (q for q in found.plan.queries if q.id == "m")
    (schema,) = re.findall(r"'(.*), __end__ bigint, _corrupt_record string'", query.sql)
    return str(schema)


CASES = {
    "SELECT amount FROM orders": "id string, amount decimal(12,2), at timestamp",
    "SELECT AMOUNT AS a FROM orders AS o WHERE o.`Note` IS NULL": (
        "id string, amount decimal(12,2), note string, at timestamp"
    ),
    "SELECT customer.id FROM orders": "id string, customer struct<id:bigint>, at timestamp",
    "SELECT o.customer.address.city FROM orders AS o": (
        "id string, customer struct<address:struct<city:string>>, at timestamp"
    ),
    "SELECT customer['name'] AS n FROM orders": (
        "id string, customer struct<name:string>, at timestamp"
    ),
    "SELECT customer FROM orders": f"id string, customer {COLUMNS['customer']}, at timestamp",
    "SELECT customer.address FROM orders": (
        "id string, customer struct<address:struct<city:string,zip:string>>, at timestamp"
    ),
    "SELECT customer.*, 1 AS one FROM orders": ALL,
    "SELECT transform(items, i -> i.sku) AS skus FROM orders": (
        f"id string, items {COLUMNS['items']}, at timestamp"
    ),
    "SELECT i.sku FROM orders LATERAL VIEW explode(items) AS i": (
        f"id string, items {COLUMNS['items']}, at timestamp"
    ),
    "SELECT window(at, '1 minute') AS w, count(*) AS n FROM orders GROUP BY 1": (
        "id string, at timestamp"
    ),
    "SELECT * FROM orders": ALL,
    "SELECT o.* FROM orders AS o": ALL,
    "SELECT to_json(struct(*)) AS j FROM orders": ALL,
    "FROM orders |> WHERE amount > 1": ALL,
    "WITH o AS (SELECT id, note FROM orders) SELECT id FROM o": (
        "id string, note string, at timestamp"
    ),
}


@pytest.mark.parametrize("sql", CASES)
def test_only_what_is_named_is_parsed(sql: str) -> None:
    # `id` is required, `at` carries the watermark.
    assert parsed(compiled(sql)) == CASES[sql]


@pytest.mark.parametrize("sql", CASES)
def test_what_is_left_out_is_not_missed(sql: str) -> None:
    kept = dict(part.split(" ", 1) for part in re.split(r", (?=\w+ )", CASES[sql]))
    assert compiled(sql, columns=kept).plan is not None


@pytest.mark.parametrize("on_error", ["dead_letter", "fail"])
def test_all_readers_agree_on_bad_records(on_error: str) -> None:
    assert parsed(compiled("SELECT amount FROM orders", on_error)) == ALL


def test_each_query_parses_what_it_reads_itself() -> None:
    source = """\
sources:
  - name: shop
    connection: kafka
    format: json
    on_error: drop
    tables:
      - name: orders
        topic: orders
        columns: [{name: a, data_type: int}, {name: b, data_type: int}]
"""
    texts = {
        "models/sources.yml": source,
        "models/v.sql": "SELECT a FROM {{ source('shop', 'orders') }}",
        "models/m.sql": "{{ config(materialized='sink', format='console') }}\n"
        "SELECT v.a FROM {{ ref('v') }} AS v",
        "models/n.sql": "{{ config(materialized='sink', format='console') }}\n"
        "SELECT b FROM {{ source('shop', 'orders') }}",
    }
    found = compile_project(files(texts))
    assert found.plan is not None
    schemas = {q.id: re.findall(r"'(\w+ int), __end__", q.sql) for q in found.plan.queries}
    assert schemas == {"m": ["a int"], "n": ["b int"]}
