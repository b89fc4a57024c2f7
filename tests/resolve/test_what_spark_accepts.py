"""Nothing is said of queries that Spark accepts, near as they come to what it refuses."""

from __future__ import annotations

import pytest
from resolve_cases import FILES, PROFILES

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

ORDERS, RATES = "{{ source('shop', 'orders') }}", "{{ ref('rates') }}"
HOUR = "window(ordered_at, '1 hour')"


def errors(sql: str, version: str = "4.1.1") -> list[str]:
    config = "{{ config(materialized='sink', connector='console', output_mode='update') }}\n"
    profiles = ("profiles.yml", PROFILES.replace("version: 4.1.1", f"version: {version}"))
    files = ProjectFiles({**FILES, "models/m.sql": config + sql}, profiles)
    return [f"{f.rule}: {f.message}" for f in compile_project(files).findings if f.is_error]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT upper(currency) AS c, count(*) AS n FROM {ORDERS} GROUP BY currency",
        f"SELECT amount + 1 AS a, 1 + amount AS b, count(*) AS n FROM {ORDERS} GROUP BY amount + 1",
        f"SELECT address.city, count(*) AS n FROM {ORDERS} AS o GROUP BY o.address.city",
        f"SELECT upper(currency) AS c, count(*) AS n FROM {ORDERS} GROUP BY c",
        f"SELECT currency, count(*) AS n FROM {ORDERS} GROUP BY (currency)",
        f"SELECT {HOUR}.start AS s, sum(amount) AS a FROM {ORDERS} GROUP BY {HOUR}",
        f"SELECT window.end AS e, sum(amount) AS a FROM {ORDERS} GROUP BY {HOUR}",
        f"SELECT currency, sum(amount) FILTER (WHERE order_id > 1) AS a FROM {ORDERS}"
        " GROUP BY currency",
        f"SELECT currency, transform(collect_list(amount), x -> x + 1) AS a FROM {ORDERS}"
        " GROUP BY currency",
        f"SELECT currency, count(*) AS n, n + 1 AS m FROM {ORDERS} GROUP BY currency",
        f"SELECT currency, count(*) AS n FROM {ORDERS} GROUP BY currency HAVING n > 1",
        f"SELECT currency, grouping(currency) AS g, count(*) AS n FROM {ORDERS}"
        " GROUP BY ROLLUP (currency)",
        f"SELECT customer_id, count(*) AS n FROM {ORDERS} WHERE '5' > order_id GROUP BY 1",
        f"SELECT ordered_at - INTERVAL 1 HOUR AS t, ordered_at - ordered_at AS d FROM {ORDERS}",
        f"SELECT date(ordered_at) + 1 AS d, '1' + order_id AS s FROM {ORDERS}",
        f"SELECT order_id FROM {ORDERS} WHERE date(ordered_at) < ordered_at",
        f"SELECT order_id, NULL AS n FROM {ORDERS} UNION ALL SELECT order_id, 'x' FROM {ORDERS}",
        f"SELECT order_id FROM {ORDERS} LATERAL VIEW explode(items) t AS item WHERE item.price > 1",
        f"SELECT o.order_id FROM {ORDERS} o JOIN (SELECT currency, max(rate) AS r FROM {RATES}"
        " GROUP BY currency ORDER BY r LIMIT 3) r ON r.currency = o.currency",
    ],
)
def test_nothing_is_said(sql: str) -> None:
    assert errors(sql) == []


def test_a_later_spark_has_more_functions() -> None:
    sql = f"SELECT currency, brand_new(amount) AS a FROM {ORDERS} GROUP BY currency"
    assert errors(sql, "4.3.0") == []
    assert [e.partition(":")[0] for e in errors(sql)] == ["unknown-function"]
    misspelt = f"SELECT uper(currency) AS c FROM {ORDERS}"
    assert [e.partition(":")[0] for e in errors(misspelt, "4.3.0")] == ["unknown-function"]
