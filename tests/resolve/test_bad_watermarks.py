"""A watermark that cannot be read is told once; the models that rely on it are not blamed."""

from __future__ import annotations

import pytest
from resolve_cases import FILES, compiled

WINDOWED = """\
{{ config(materialized='topic', key='currency') }}
SELECT window(ordered_at, '1 hour').start AS hour, currency, count(*) AS n
FROM {{ source('shop', 'orders') }} GROUP BY window(ordered_at, '1 hour'), currency
"""
DECLARED = "{column: ordered_at, delay: 10 minutes}"


@pytest.mark.parametrize(
    ("watermark", "rules"),
    [
        ("{column: orderd_at, delay: 10 minutes}", {"unknown-column"}),
        ("{column: amount, delay: 10 minutes}", {"watermark-not-timestamp"}),
        ("{column: ordered_at, delay: 10 foos}", {"bad-interval"}),
        ("{column: ordered_at, delay: 1 month}", {"bad-interval"}),
        ("{column: ordered_at, dely: 10 minutes}", {"unknown-key", "missing-key"}),
        ("{colum: ordered_at, delay: 10 minutes}", {"unknown-key", "missing-key"}),
        ("ordered_at", {"wrong-type"}),
        (DECLARED, set()),
    ],
)
def test_only_the_watermark_is_blamed(watermark: str, rules: set[str]) -> None:
    sources = FILES["models/sources.yml"].replace(DECLARED, watermark)
    compilation = compiled({"models/sources.yml": sources, "models/out.sql": WINDOWED})
    assert {f.rule for f in compilation.errors} == rules


def test_a_watermark_that_is_missing_is_missed() -> None:
    sources = FILES["models/sources.yml"].replace(f"        watermark: {DECLARED}\n", "")
    compilation = compiled({"models/sources.yml": sources, "models/out.sql": WINDOWED})
    assert {f.rule for f in compilation.errors} == {"no-append-mode"}
