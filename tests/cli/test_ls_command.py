from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Shop = Callable[..., Path]
Invoke = Callable[..., Result]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["source:shop.orders", "rates", "stg_orders", "revenue"]),
        (("--resource-type", "model"), ["stg_orders", "revenue"]),
        (("-s", "+revenue", "--exclude", "resource_type:source"), ["stg_orders", "revenue"]),
        (("-s", "tag:money", "-s", "rates"), ["rates", "revenue"]),
        (
            ("--output", "path", "--resource-type", "model"),
            ["models/staging/stg_orders.sql", "models/marts/revenue.sql"],
        ),
    ],
)
def test_listing(
    arguments: tuple[str, ...], expected: list[str], shop: Shop, invoke: Invoke
) -> None:
    result = invoke("ls", *arguments, "--project-dir", shop())
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == expected


def test_names_can_be_selected_again(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    names = invoke("ls", "--project-dir", root).stdout.split()
    again = invoke("ls", "-s", " ".join(names), "--project-dir", root)
    assert again.stdout.split() == names


def test_table_and_objects(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    table = invoke("ls", "--output", "text", "--project-dir", root).stdout.splitlines()
    assert table[0].split() == ["name", "kind", "path", "tags"]
    assert table[-1].split() == ["revenue", "topic", "models/marts/revenue.sql", "money"]
    lines = invoke("ls", "--output", "json", "--project-dir", root).stdout.splitlines()
    assert json.loads(lines[-1]) == {
        "name": "revenue",
        "resource_type": "model",
        "materialized": "topic",
        "path": "models/marts/revenue.sql",
        "fqn": ["marts", "revenue"],
        "tags": ["money"],
        "dead_letter": "shop.revenue.dead_letter",
    }


def test_broken_project_is_listed_as_far_as_it_can_be(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/broken.sql": "SELECT FROM {{ ref('nothing') }}\n"})
    result = invoke("ls", "--project-dir", root)
    assert result.exit_code == 1
    assert "broken" in result.stdout.splitlines()
    assert "'streamsql lint' shows" in result.stderr


def test_selector_without_a_match(shop: Shop, invoke: Invoke) -> None:
    result = invoke("ls", "-s", "revenu", "--project-dir", shop())
    assert result.exit_code == 2
    assert "the selector 'revenu' matches nothing" in result.stderr
    assert "hint: did you mean 'revenue'?" in result.stderr
