"""Models of a project that are written into a database, as far as the compiler sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from streamsql.errors import ProjectError
from streamsql.pipeline import Compilation, compile_project
from streamsql.plan.nodes import as_json
from streamsql.project.nodes import ProjectFiles

SECRET = "a-planted-password"
FILES = {
    "streamsql.toml": "name = 'shop'\n",
    "models/sources.yml": """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: orders
        columns:
          - {name: order_id, data_type: bigint}
          - {name: lines, data_type: "array<struct<sku:string,at:timestamp>>"}
          - {name: gone, data_type: boolean}
""",
}
WAREHOUSE = """
        warehouse:
          type: jdbc
          url: jdbc:postgresql://db/shop?sslmode=require&sslpassword=hidden-too
          user: streams
          password: "{{ env_var('PG_PASSWORD') }}"
"""


def compiled(sql: str, more: str = WAREHOUSE) -> Compilation:
    profiles = (
        "shop:\n  outputs:\n    dev:\n      connections:\n"
        f"        kafka: {{type: kafka, embedded: true}}{more or chr(10)}"
    )
    return compile_project(
        ProjectFiles(
            texts={**FILES, "models/orders_out.sql": sql},
            profiles=("profiles.yml", profiles),
            env={"PG_PASSWORD": SECRET},
        )
    )


def sink(config: str) -> str:
    return (
        f"{{{{ config(materialized='sink', connector='jdbc'{config}) }}}}\n"
        "SELECT order_id, lines, gone FROM {{ source('shop', 'orders') }}"
    )


def test_a_model_becomes_a_write() -> None:
    made = compiled(sink(", table='sales.orders', unique_key='order_id', delete_when='gone'"))
    assert made.errors == ()
    assert made.plan is not None
    query = made.plan.query("orders_out")
    (write,) = query.writes
    assert (write.kind, write.connection, write.table) == ("jdbc", "warehouse", "sales.orders")
    assert (write.unique_key, write.delete_when) == (("order_id",), "gone")
    assert "to_json(lines, map('timestampFormat'" in query.sql
    assert "writes table sales.orders of connection warehouse, merged by order_id" in query.sql


def test_secrets_stay_in_the_connection() -> None:
    made = compiled(sink(""))
    assert {SECRET, "hidden-too"} <= set(made.project.secrets)
    planned = json.dumps(as_json(made.plan))
    assert SECRET not in planned + repr(made.project.target.connections)
    assert "hidden-too" not in planned


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (", location='s3a://x'", "the connector 'jdbc' does not take 'location'"),
        (", order_by='order_id'", "'order_by' needs 'unique_key'"),
        (", delete_when='gone'", "'delete_when' needs 'unique_key'"),
        (", connection='kafka'", "the connection 'kafka' is of the type kafka, not jdbc"),
        (
            ", unique_key='id'",
            "'unique_key' names the column 'id', which the model does not produce",
        ),
        (
            ", unique_key='order_id', delete_when='order_id'",
            "'delete_when' names the column 'order_id', which is bigint and no boolean",
        ),
        (", options={'url': 'jdbc:x'}", "the option 'url' cannot be set for Spark's JDBC writer"),
        (", on_schema_change='sync'", "'sync' is not known here"),
    ],
)  # fmt: skip
def test_what_a_model_may_say(config: str, expected: str) -> None:
    assert [f.message for f in compiled(sink(config)).errors] == [expected]


def test_another_sink_has_no_table() -> None:
    made = compiled(
        "{{ config(materialized='sink', connector='console', table='t') }}\n"
        "SELECT order_id FROM {{ source('shop', 'orders') }}"
    )
    assert [f.message for f in made.errors] == ["the connector 'console' does not take 'table'"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("materialized='sink', connector='csv'", "a sink of the format 'csv' needs 'location'"),
        (
            "materialized='sink', connector='json', location='x', output_mode='update'",
            "json cannot be written in update mode",
        ),
        (
            "materialized='table', output_mode='update'",
            "delta cannot be written in update mode",
        ),
        ("materialized='table', unique_key='g', order_by='n', output_mode='update'", None),
        ("materialized='sink', connector='console', output_mode='complete'", None),
        ("materialized='sink', connector='noop', output_mode='update'", None),
    ],
)
def test_what_files_take(config: str, expected: str | None) -> None:
    made = compiled(
        f"{{{{ config({config}) }}}}\nSELECT gone AS g, count(*) AS n "
        "FROM {{ source('shop', 'orders') }} GROUP BY gone"
    )
    told = [f.message for f in made.errors if f.rule in ("missing-config", "config-not-allowed")]
    assert told == ([expected] if expected else [])


def test_a_table_needs_a_connection() -> None:
    (finding,) = compiled(sink(""), more="").errors
    assert finding.message == (
        "it is not clear which connection the table is on: give 'connection'"
    )


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ({"type": "jdbc"}, "needs 'url'"),
        ({"type": "jdbc", "url": "jdbc:mysql://db/shop"}, "no database that streamsql writes"),
    ],
)
def test_connections_that_cannot_be(connection: Mapping[str, str], expected: str) -> None:
    try:
        found = " ".join(
            f.message
            for f in compiled(sink(""), f"\n        warehouse: {json.dumps(connection)}\n").errors
        )
    except ProjectError as error:
        found = error.message
    assert expected in found
