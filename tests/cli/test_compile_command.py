from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_artefacts(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    result = invoke("compile", "--project-dir", root)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("compiled 2 models into 2 queries in 0.")
    compiled = root / "target" / "compiled" / "shop"
    staged = (compiled / "models/staging/stg_orders.sql").read_text(encoding="utf-8")
    assert staged == (
        "SELECT order_id, upper(currency) AS currency, amount, ordered_at\n"
        "FROM source__shop__orders AS orders\n"
    )
    query = (compiled / "queries/revenue.sql").read_text(encoding="utf-8")
    assert "sum(amount) AS revenue" in query
    assert "upper(currency) AS currency" in query
    plan = read(root / "target" / "plan.json")
    assert plan["project"] == "shop"
    assert "revenue" in {q["id"] for q in plan["queries"]}


def test_manifest_follows_dbt(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    invoke("compile", "--project-dir", root)
    manifest = read(root / "target" / "manifest.json")
    assert manifest["metadata"]["dbt_schema_version"].endswith("manifest/v12.json")
    assert set(manifest["nodes"]) == {
        "model.shop.stg_orders",
        "model.shop.revenue",
        "seed.shop.rates",
    }
    revenue = manifest["nodes"]["model.shop.revenue"]
    assert revenue["depends_on"]["nodes"] == ["model.shop.stg_orders"]
    assert revenue["refs"] == [{"name": "stg_orders", "package": None, "version": None}]
    assert revenue["config"]["materialized"] == "topic"
    assert revenue["tags"] == ["money"]
    assert revenue["fqn"] == ["shop", "marts", "revenue"]
    assert revenue["path"] == "marts/revenue.sql"
    assert revenue["original_file_path"] == "models/marts/revenue.sql"
    assert "{{ ref('stg_orders') }}" in revenue["raw_code"]
    assert "{{" not in revenue["compiled_code"]
    assert len(revenue["checksum"]["checksum"]) == 64
    columns = revenue["columns"]
    assert list(columns) == ["minute", "currency", "revenue"]
    assert columns["currency"]["description"] == "Upper case."
    assert columns["revenue"]["data_type"] == "decimal(20,2)"
    staged = manifest["nodes"]["model.shop.stg_orders"]
    assert staged["sources"] == [["shop", "orders"]]
    source = manifest["sources"]["source.shop.shop.orders"]
    assert source["identifier"] == "shop.orders"
    assert source["columns"]["order_id"]["constraints"] == [{"type": "not_null"}]
    assert manifest["macros"]["macro.shop.cents"]["macro_sql"].startswith("{% macro cents")
    assert manifest["parent_map"]["model.shop.stg_orders"] == ["source.shop.shop.orders"]
    assert manifest["child_map"]["source.shop.shop.orders"] == ["model.shop.stg_orders"]
    assert set(manifest["parent_map"]) == set(manifest["nodes"]) | set(manifest["sources"])


def test_no_secret_is_written_or_printed(shop: Shop, invoke: Invoke) -> None:
    secret = "hunter2-and-more"
    leaky = {"models/leak.sql": f"SELECT '{secret}' AS leaked FROM {{{{ ref('stg_orders') }}}}\n"}
    root = shop(leaky)
    result = invoke(
        "compile", "-t", "prod", "--project-dir", root, env={"STREAMSQL_ENV_SECRET_BROKER": secret}
    )
    assert result.exit_code == 0, result.output
    assert secret not in result.output
    written = [p for p in (root / "target").rglob("*") if p.is_file()]
    assert len(written) > 4
    assert [p for p in written if secret in p.read_text(encoding="utf-8")] == []


def test_files_of_models_that_are_gone_go_too(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/old/extra.sql": "SELECT order_id FROM {{ ref('stg_orders') }}\n"})
    invoke("compile", "--project-dir", root)
    compiled = root / "target" / "compiled" / "shop"
    assert (compiled / "models/old/extra.sql").exists()
    (root / "models/old/extra.sql").unlink()
    assert invoke("compile", "--project-dir", root).exit_code == 0
    assert not (compiled / "models/old").exists()
    assert (compiled / "models/marts/revenue.sql").exists()


def test_selection_writes_the_selected_only(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    result = invoke("compile", "-s", "stg_orders", "--project-dir", root)
    assert result.exit_code == 0
    assert "compiled 1 model into 0 queries" in result.stderr
    written = {p.name for p in (root / "target" / "compiled").rglob("*.sql")}
    assert written == {"stg_orders.sql"}


def test_errors_leave_no_plan_behind_and_what_is_sound_is_written(
    shop: Shop, invoke: Invoke
) -> None:
    root = shop()
    assert invoke("compile", "--project-dir", root).exit_code == 0
    path = root / "models/marts/revenue.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("sum(amount)", "sum(amuont)"))
    result = invoke("compile", "--project-dir", root)
    assert result.exit_code == 1
    assert "[unknown-column]" in result.stderr
    assert not (root / "target" / "plan.json").exists()
    assert (root / "target/compiled/shop/models/staging/stg_orders.sql").exists()
    assert not (root / "target/compiled/shop/queries/revenue.sql").exists()


def test_target_path_and_variables(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/v.sql": "SELECT {{ var('n') }} AS n FROM {{ ref('stg_orders') }}\n"})
    arguments = ("compile", "--project-dir", root, "--target-path", "out")
    assert invoke(*arguments).exit_code == 1
    result = invoke(*arguments, "--vars", "{n: 41}")
    assert result.exit_code == 0, result.output
    assert "SELECT 41 AS n" in (root / "out/compiled/shop/models/v.sql").read_text()
    from_env = invoke(*arguments, env={"STREAMSQL_VARS": '{"n": 42}'})
    assert from_env.exit_code == 0
    assert "SELECT 42 AS n" in (root / "out/compiled/shop/models/v.sql").read_text()
