"""OpenLineage events: their shape is the specification's, and no secret is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from lineage_cases import FILES
from test_project_lineage import MODELS

from streamsql.lineage import project_lineage
from streamsql.lineage.datasets import _place, _table, kafka_namespace
from streamsql.lineage.openlineage import job_events
from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

PROFILES = """\
shop:
  target: prod
  outputs:
    prod:
      spark: {master: "local[1]", version: 4.1.1}
      checkpoints: s3a://bucket/checkpoints
      warehouse: s3a://bucket/tables
      connections:
        kafka:
          type: kafka
          bootstrap_servers: "SASL_SSL://broker-1:9093,broker-2:9093"
          options:
            sasl.jaas.config: 'ScramLoginModule required username="app" password="hunter22";'
"""

TABLE = """
{{ config(materialized='table', format='parquet') }}
SELECT order_id, currency FROM {{ ref('stored') }}
"""


def events() -> list[dict[str, Any]]:
    texts = {f"models/{name}.sql": text for name, text in {**MODELS, "kept": TABLE}.items()}
    compilation = compile_project(ProjectFiles({**FILES, **texts}, ("profiles.yml", PROFILES)))
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return list(job_events(compilation, project_lineage(compilation), at=at))


def test_there_is_one_event_for_each_query_and_it_has_what_the_specification_requires() -> None:
    found = events()
    assert sorted(e["job"]["name"] for e in found) == ["counted", "joined", "kept", "stored"]
    for event in found:
        assert event["eventTime"] == "2026-01-02T03:04:05.000000Z"
        assert set(event) == {"eventTime", "producer", "schemaURL", "job", "inputs", "outputs"}
        assert event["schemaURL"].endswith("/2-0-2/OpenLineage.json#/$defs/JobEvent")
        assert event["job"]["namespace"] == "shop.prod"
        for dataset in (*event["inputs"], *event["outputs"]):
            assert set(dataset) <= {"namespace", "name", "facets"}
        facets = [*event["job"]["facets"].items()]
        facets += [f for d in event["outputs"] for f in d["facets"].items()]
        assert facets
        for name, facet in facets:
            assert facet["_producer"] == event["producer"]
            kind = facet["_schemaURL"].rpartition("/")[2]
            assert kind.lower().startswith(name.lower())


def test_fields_come_from_topics() -> None:
    by_name = {e["job"]["name"]: e for e in events()}
    stored = by_name["stored"]
    assert [(d["namespace"], d["name"]) for d in stored["inputs"]] == [
        ("kafka://broker-1:9093", "shop.orders")
    ]
    (output,) = stored["outputs"]
    assert (output["namespace"], output["name"]) == ("kafka://broker-1:9093", "stored")
    facet = output["facets"]["columnLineage"]
    assert facet["fields"]["doubled"]["inputFields"] == [
        {
            "namespace": "kafka://broker-1:9093",
            "name": "shop.orders",
            "field": "amount",
            "transformations": [
                {
                    "type": "DIRECT",
                    "subtype": "TRANSFORMATION",
                    "description": "",
                    "masking": False,
                }
            ],
        }
    ]
    (filtered,) = facet["dataset"]
    assert (filtered["field"], filtered["transformations"][0]["subtype"]) == ("amount", "FILTER")
    address = next(f for f in output["facets"]["schema"]["fields"] if f["name"] == "customer")
    assert [f["name"] for f in address["fields"]] == ["id", "Address"]


def test_a_table_is_named_by_its_place() -> None:
    (kept,) = (e for e in events() if e["job"]["name"] == "kept")
    (output,) = kept["outputs"]
    assert (output["namespace"], output["name"]) == ("s3://bucket", "tables/shop/kept")
    assert kept["inputs"][0]["name"] == "stored"


def test_no_secret_is_in_them() -> None:
    assert "hunter22" not in json.dumps(events())


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("s3a://bucket/a/b", ("s3://bucket", "a/b")),
        ("hdfs://user:pw@node:8020/a", ("hdfs://node:8020", "a")),
        ("abfss://box@account.dfs.core.windows.net/a", None),
        ("file:///tmp/a", ("file", "tmp/a")),
        ("/tmp/a", ("file", "/tmp/a")),
        ("target/warehouse/x", ("file", "target/warehouse/x")),
    ],
)
def test_places(location: str, expected: tuple[str, str] | None) -> None:
    assert _place(location) == (expected or ("abfss://box@account.dfs.core.windows.net", "a"))


@pytest.mark.parametrize(
    ("url", "table", "expected"),
    [
        (
            "jdbc:postgresql://me:pw@db/shop?password=x",
            "orders",
            ("postgres://db:5432", "shop.public.orders"),
        ),
        (
            "jdbc:postgresql://db:5433,standby:5433/shop",
            "sales.orders",
            ("postgres://db:5433", "shop.sales.orders"),
        ),
        ("jdbc:h2:mem:x", "t", None),
    ],
)
def test_tables_of_databases(url: str, table: str, expected: tuple[str, str] | None) -> None:
    assert _table(url, table) == expected


def test_an_embedded_broker_has_no_address() -> None:
    assert kafka_namespace(None) == "kafka://embedded"
