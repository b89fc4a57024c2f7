"""A reference in a comment is no part of the query, and still says who runs first."""

from __future__ import annotations

from project_texts import files

from streamsql.pipeline import compile_project

SOURCES = """\
sources:
  - name: shop
    connection: kafka
    format: json
    tables:
      - {name: orders, topic: orders, columns: [{name: id, data_type: bigint}]}
      - {name: visits, topic: visits, columns: [{name: id, data_type: bigint}]}
"""
TOPIC = "{{ config(materialized='topic', topic='t') }}\n"
SINK = "{{ config(materialized='sink', connector='console') }}\n"


def test_spark_is_not_told_of_it() -> None:
    found = compile_project(
        files(
            {
                "models/sources.yml": SOURCES,
                "models/before.sql": f"{TOPIC}SELECT id FROM {{{{ source('shop', 'orders') }}}}\n",
                "models/after.sql": f"{SINK}-- depends_on: {{{{ ref('before') }}}}\n"
                "/* {{ source('shop', 'visits') }} */\n"
                "SELECT id FROM {{ source('shop', 'orders') }}\n",
            }
        )
    )
    assert found.plan is not None
    after = next(q for q in found.plan.queries if q.id == "after")
    assert [read.of for read in after.reads] == ["shop.orders"]
    assert "source__shop__visits AS (" not in after.sql
    assert after.upstream == ("before",)
    assert after.level == 1
