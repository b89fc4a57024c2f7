"""The sample project: sound, described, and of the types that Spark itself finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamsql.datatypes import ddl, parse_type
from streamsql.pipeline import Compilation, compile_project
from streamsql.project import read_files
from streamsql.project.nodes import Column, Seed, Source
from streamsql.resolve import ResolvedModel

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
KAFKA_FIELDS = {
    "_key": "binary",
    "_topic": "string",
    "_partition": "int",
    "_offset": "bigint",
    "_timestamp": "timestamp",
    "_headers": "array<struct<key:string,value:binary>>",
}


@pytest.fixture(scope="module")
def shop() -> Compilation:
    return compile_project(read_files(ROOT, env={}))


def models(shop: Compilation) -> list[ResolvedModel]:
    return list(shop.resolution.models)


def name_of(model: ResolvedModel) -> str:
    return model.parsed.rendered.model.name


def test_nothing_is_wrong_with_it(shop: Compilation) -> None:
    assert [str(f.location) + " " + f.message for f in shop.findings] == []


@pytest.mark.parametrize("target", ["dev", "cluster"])
def test_targets_need_no_environment(target: str) -> None:
    assert compile_project(read_files(ROOT, env={}), target).plan is not None


def test_production_says_which_variables_it_needs() -> None:
    env = {
        "KAFKA_BROKERS": "kafka-1:9093",
        "STREAMSQL_ENV_SECRET_KAFKA_USER": "shop-streams",
        "STREAMSQL_ENV_SECRET_KAFKA_PASSWORD": "correct horse",
    }
    project = compile_project(read_files(ROOT, env=env), "prod").project
    assert project.target.connections["kafka"].bootstrap_servers == "kafka-1:9093"
    assert {"shop-streams", "correct horse"} <= set(project.secrets)


def test_a_warehouse_gets_the_latest_orders() -> None:
    """The demo does without: the model is there where the target has a database."""
    env = {"STREAMSQL_ENV_SECRET_WAREHOUSE_PASSWORD": "battery staple"}
    shop = compile_project(read_files(ROOT, env=env), "warehouse")
    assert [f.message for f in shop.findings] == []
    assert shop.plan is not None
    (write,) = shop.plan.query("latest_orders_in_warehouse").writes
    assert (write.connection, write.unique_key) == ("warehouse", ("customer_id",))
    assert "battery staple" in shop.project.secrets


def test_every_model_is_described_and_tagged(shop: Compilation) -> None:
    for resolved in models(shop):
        rendered = resolved.parsed.rendered
        assert rendered.model.description, rendered.model.name
        assert {"staging", "marts"} & set(rendered.config.tags), rendered.model.name
        assert all(c.description and c.data_type for c in rendered.model.columns)


def test_every_column_is_declared_and_inferred_alike(shop: Compilation) -> None:
    for resolved in models(shop):
        declared = [(c.name, c.data_type) for c in resolved.parsed.rendered.model.columns]
        assert [(c.name, c.data_type) for c in resolved.columns] == declared, name_of(resolved)


def test_each_kind_of_query_is_there(shop: Compilation) -> None:
    operators = {name_of(m): [o.kind for o in m.facts.stateful] for m in models(shop)}
    assert operators["large_order_alerts"] == []
    assert operators["orders_in_eur"] == ["dedup"]
    assert operators["revenue_per_minute"] == ["dedup", "aggregate"]
    assert operators["paid_orders"] == ["dedup", "join"]
    assert operators["unpaid_orders"] == ["dedup", "join"]
    assert operators["page_view_sessions"] == ["session_window"]
    assert shop.plan is not None
    assert shop.plan.query("customer_latest_order").writes[0].merges
    assert shop.plan.query("orders_archive").level == 1
    assert all(query.output_mode == "append" for query in shop.plan.queries)


@pytest.mark.spark
def test_types_are_what_spark_says(shop: Compilation, spark: SparkSession) -> None:
    session = spark.newSession()
    for source in shop.project.sources:
        register_source(session, source)
    for seed in shop.project.seeds:
        register_seed(session, seed)
    for resolved in models(shop):
        rows = session.sql(resolved.parsed.sql)
        found = [(f.name, ddl(parse_type(f.dataType.simpleString()))) for f in rows.schema]
        assert found == [(c.name, c.data_type) for c in resolved.columns], name_of(resolved)
        assert rows.isStreaming
        rows.createOrReplaceTempView(resolved.parsed.rendered.model.relation)


def register_source(session: SparkSession, source: Source) -> None:
    columns = {c.name: c.data_type or "string" for c in source.columns} | KAFKA_FIELDS
    stream = session.readStream.format("rate").load()
    rows = stream.selectExpr(*(f"CAST(NULL AS {t}) AS `{n}`" for n, t in columns.items()))
    assert source.watermark is not None
    rows = rows.withWatermark(source.watermark.column, source.watermark.delay)
    rows.createOrReplaceTempView(source.relation)


def register_seed(session: SparkSession, seed: Seed) -> None:
    typed = ", ".join(null_of(column) for column in seed.columns)
    session.sql(f"SELECT {typed}").createOrReplaceTempView(seed.relation)


def null_of(column: Column) -> str:
    return f"CAST(NULL AS {column.data_type}) AS `{column.name}`"
