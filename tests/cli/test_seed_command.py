from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Shop = Callable[..., Path]
Invoke = Callable[..., Result]

READER = (
    "SELECT o.order_id, r.rate FROM {{ ref('stg_orders') }} AS o\n"
    "JOIN {{ ref('rates') }} AS r ON o.currency = r.currency\n"
)


def test_columns_rows_and_readers(shop: Shop, invoke: Invoke) -> None:
    result = invoke("seed", "--project-dir", shop({"models/rated.sql": READER}))
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "rates (seeds/rates.csv): 2 rows, read by rated\n  currency string, rate decimal(3,2)\n"
    )


def test_show_prints_the_rows(shop: Shop, invoke: Invoke) -> None:
    root = shop({"seeds/rates.csv": "currency,rate\nEUR,1.0\nUSD,\n"})
    result = invoke("seed", "--show", "-s", "rates", "--project-dir", root)
    rows = [line.split() for line in result.stdout.splitlines()[2:]]
    assert rows == [["currency", "rate"], ["EUR", "1.0"], ["USD", "NULL"]]
    assert "read by no model" in result.stdout


def test_broken_seed(shop: Shop, invoke: Invoke) -> None:
    root = shop({"seeds/rates.csv": "currency,rate\nEUR,1.0,2\n"})
    result = invoke("seed", "--project-dir", root)
    assert result.exit_code == 1
    assert "seeds/rates.csv:2:" in result.stderr


def test_no_seeds(shop: Shop, invoke: Invoke) -> None:
    result = invoke("seed", "--project-dir", shop({"seeds/rates.csv": None}))
    assert result.exit_code == 0
    assert "no seeds" in result.stderr
