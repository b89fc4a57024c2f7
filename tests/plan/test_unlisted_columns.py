"""A sink writes whatever columns its model has, also those that only Spark will know."""

from __future__ import annotations

from project_texts import files

from streamsql.pipeline import compile_project

SOURCE = """\
sources:
  - name: shop
    tables:
      - {name: orders, topic: orders, columns: [{name: currency, data_type: string},
         {name: amount, data_type: int}]}
"""
PIVOT = """\
{{ config(materialized='sink', connector='console', output_mode='update') }}
SELECT * FROM (SELECT currency, amount FROM {{ source('shop', 'orders') }})
PIVOT (max(currency) FOR amount IN (1 + 1))
"""
PLAIN = """\
{{ config(materialized='sink', connector='console') }}
SELECT * FROM {{ source('shop', 'orders') }}
"""


def test_a_sink_of_unknown_columns() -> None:
    models = {"models/shop.yml": SOURCE, "models/pivot.sql": PIVOT, "models/plain.sql": PLAIN}
    plan = compile_project(files(models)).plan
    assert plan is not None
    assert plan.query("pivot").sql.endswith("SELECT\n  *\nFROM ref__pivot;\n")
    assert plan.query("plain").sql.endswith("SELECT\n  currency,\n  amount\nFROM ref__plain;\n")
