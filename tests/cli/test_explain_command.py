"""``streamsql explain``: the sample project's models, in words and as data."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streamsql.cli import cli

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "explain_golden.txt"
MODELS = (
    "stg_orders",
    "orders_deduplicated",
    "orders_in_eur",
    "paid_orders",
    "unpaid_orders",
    "revenue_per_minute",
    "page_view_sessions",
    "customer_latest_order",
)


def explain(*arguments: str, root: Path = ROOT) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments, "--project-dir", str(root)])


def data(model: str, root: Path = ROOT) -> dict[str, object]:
    result = explain(model, "--output", "json", root=root)
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_the_sample_project_in_words() -> None:
    told = "\n".join(explain(model).stdout for model in MODELS)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(told)
    assert told == GOLDEN.read_text()


def test_data_says_the_same_as_the_words() -> None:
    found = data("unpaid_orders")
    assert [r["name"] for r in found["reads"]] == ["shop.orders", "shop.payments"]  # type: ignore[attr-defined]
    join = found["operators"][-1]  # type: ignore[index]
    assert (join["kind"], join["join_type"], join["bounded"]) == ("join", "left_outer", True)
    assert [s["state"]["span"] for s in join["sides"]] == ["10 minutes", "0 seconds"]
    modes = {m["name"]: m["legal"] for m in found["output_modes"]}  # type: ignore[attr-defined]
    assert modes == {"append": True, "update": False, "complete": False}


def project(folder: Path, **models: str) -> Path:
    texts = {
        "streamsql.toml": 'name = "shop"\nprofile = "shop"\n',
        "profiles.yml": "shop: {target: dev, outputs: {dev: {spark: {version: 4.1.1},"
        " connections: {kafka: {type: kafka, embedded: true}}}}}\n",
        "models/sources.yml": "sources: [{name: s, connection: kafka, tables: [{name: t,"
        " topic: t, format: json, watermark: {column: ts, delay: 5 minutes}, columns: ["
        "{name: id, data_type: bigint}, {name: ts, data_type: timestamp}]}]}]\n",
        **{f"models/{name}.sql": sql for name, sql in models.items()},
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


T = "{{ source('s', 't') }}"


@pytest.mark.parametrize(
    ("mode", "sql", "told"),
    [
        ("update", f"SELECT id, count(*) AS n FROM {T} GROUP BY id", "one row per (id); never"),
        ("complete", f"SELECT ts, count(*) AS n FROM {T} GROUP BY ts", "complete mode keeps all"),
        ("append", f"SELECT ts, count(*) AS n FROM {T} GROUP BY ts", "dropped 5 minutes after its"),
        ("append", f"SELECT id FROM {T} LIMIT 3", "one counter; never grows"),
        ("append", f"SELECT a.id FROM {T} a JOIN {T} b ON a.id = b.id", "never dropped: the cond"),
        ("append", f"SELECT a.id FROM {T} a JOIN {T} b ON a.id = b.id", "s.t, 2 times"),
        ("append", f"SELECT id FROM {T}", "state: none"),
        ("append", "SELECT 1 AS one", "static: nothing that it reads is a stream"),
    ],
)
def test_state_is_told(tmp_path: Path, mode: str, sql: str, told: str) -> None:
    config = f"{{{{ config(materialized='sink', connector='console', output_mode='{mode}') }}}}\n"
    root = project(tmp_path, m=config + sql)
    assert told in explain("m", root=root).stdout


def test_what_cannot_be_explained(tmp_path: Path) -> None:
    root = project(tmp_path, broken="SELECT nothing FROM", revenue=f"SELECT id FROM {T}")
    assert explain("broken", root=root).exit_code == 1
    missing = explain("revenu", root=root)
    assert missing.exit_code == 2
    assert "did you mean 'revenue'?" in missing.output
