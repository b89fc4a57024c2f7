from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def test_a_model_is_a_tree_of_its_columns(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lineage", "revenue", "--project-dir", shop())
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "revenue",
        "├── minute",
        "│   └── transformed from stg_orders.ordered_at",
        "├── currency",
        "│   └── stg_orders.currency",
        "└── revenue",
        "    └── aggregated from stg_orders.amount",
        "rows are grouped by: stg_orders.currency, stg_orders.ordered_at",
    ]


def test_a_column_goes_all_the_way_up(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lineage", "revenue.currency", "--project-dir", shop())
    assert result.stdout.splitlines()[:3] == [
        "revenue.currency",
        "└── stg_orders.currency",
        "    └── transformed from shop.orders.currency",
    ]
    short = invoke("lineage", "revenue.currency", "--depth", "1", "--project-dir", shop())
    assert "shop.orders" not in short.stdout


def test_downstream_of_a_topic_field(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lineage", "shop.orders.amount", "--downstream", "--project-dir", shop())
    assert result.stdout.splitlines() == [
        "shop.orders.amount",
        "└── stg_orders.amount",
        "    └── aggregated into revenue.revenue",
    ]
    rows = invoke("lineage", "stg_orders.currency", "--downstream", "--project-dir", shop())
    assert "rows of these are grouped by it: revenue" in rows.stdout


def test_json_and_mermaid(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    found = json.loads(
        invoke("lineage", "revenue.revenue", "--output", "json", "--project-dir", root).stdout
    )
    assert found["columns"] == [
        {
            "column": "revenue",
            "from": [{"node": "stg_orders", "column": "amount", "how": "aggregation"}],
            "origins": [{"node": "shop.orders", "column": "amount", "how": "aggregation"}],
        }
    ]
    assert found["row_origins"]["grouped_by"] == [
        {"node": "shop.orders", "column": "currency"},
        {"node": "shop.orders", "column": "ordered_at"},
    ]
    chart = invoke("lineage", "revenue", "--output", "mermaid", "--project-dir", root).stdout
    assert chart.startswith("flowchart LR\n")
    assert "==>" in chart


def test_openlineage_is_one_event_a_line(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lineage", "--output", "openlineage", "--project-dir", shop())
    (line,) = result.stdout.splitlines()
    event = json.loads(line)
    assert event["job"]["name"] == "revenue"
    assert event["outputs"][0]["name"] == "shop.revenue"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("revenu",), "did you mean 'revenue'?"),
        (("revenue.curency",), "did you mean 'currency'?"),
        (("shop.orders",), "--downstream shows what is made of it"),
        (("shop.orders.amont", "--downstream"), "did you mean 'amount'?"),
        (("stg_orders", "--output", "openlineage"), "has no query of its own"),
        ((), "lineage of which model?"),
    ],
)
def test_what_cannot_be_shown(
    arguments: tuple[str, ...], message: str, shop: Shop, invoke: Invoke
) -> None:
    result = invoke("lineage", *arguments, "--project-dir", shop())
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_broken_model_has_no_lineage_and_says_why(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/broken.sql": "SELECT FROM {{ ref('stg_orders') }}\n"})
    result = invoke("lineage", "broken", "--project-dir", root)
    assert result.exit_code == 2
    assert "'streamsql lint' shows what is wrong with it" in result.stderr
    assert invoke("lineage", "revenue", "--project-dir", root).exit_code == 0


def test_the_manifest_has_it(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    assert invoke("compile", "--project-dir", root).exit_code == 0
    node = json.loads((root / "target/manifest.json").read_text())["nodes"]["model.shop.revenue"]
    assert node["column_lineage"]["revenue"] == [
        {"node": "model.shop.stg_orders", "column": "amount", "how": "aggregation"}
    ]
    assert node["row_lineage"][0] == {
        "node": "model.shop.stg_orders",
        "column": "currency",
        "how": "grouped",
    }
