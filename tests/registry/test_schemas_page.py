"""The examples of docs/schemas.md: what it shows is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import indent

from click.testing import CliRunner

from streamsql.cli import cli
from streamsql.registry.subjects import subject_of

PAGE = (Path(__file__).parents[2] / "docs/schemas.md").read_text(encoding="utf-8")
SOURCE = """\
sources:
  - name: shop
    tables:
      - {name: payments, topic: shop.payments, format: avro,
         format_options: {subject: shop.payments-value}}
models:
  - name: revenue
    config: {materialized: topic, topic: shop.revenue, format: avro}
"""
REVENUE = "SELECT payment_id, method FROM {{ source('shop', 'payments') }}\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def shop(root: Path) -> None:
    (connections,) = blocks("yaml")
    profile = "shop:\n  outputs:\n    dev:\n" + indent(connections, "      ")
    (payments,) = blocks("json")
    revenue = {
        "subject": "shop.revenue-value",
        "type": "AVRO",
        "compatibility": "FULL",
        "versions": [
            {"version": 1, "id": 3, "schema": record(orders="long")},
            {"version": 2, "schema": record(orders="string", region="string")},
        ],
    }
    files = {
        "streamsql.toml": 'name = "shop"\n',
        "profiles.yml": profile,
        "models/shop.yml": SOURCE,
        "models/revenue.sql": REVENUE,
        "schemas/shop.payments-value.json": payments,
        "schemas/shop.revenue-value.json": json.dumps(revenue),
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def record(**types: str) -> object:
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    return {"type": "record", "name": "revenue", "fields": fields}


def test_the_profile_and_the_file_compile(tmp_path: Path) -> None:
    shop(tmp_path)
    env = {"KAFKA_BROKERS": "127.0.0.1:1", "STREAMSQL_ENV_SECRET_REGISTRY": "ann:hunter22"}
    arguments = ["lint", "--project-dir", str(tmp_path), "--format", "json"]
    told = CliRunner().invoke(cli, arguments, env=env)
    errors = [f for f in json.loads(told.stdout) if f["severity"] == "error"]
    assert errors == []
    assert "hunter22" not in told.output
    (payments,) = blocks("json")
    assert subject_of(payments) is not None


def test_the_check_says_what_the_page_quotes(tmp_path: Path) -> None:
    shop(tmp_path)
    env = {"KAFKA_BROKERS": "127.0.0.1:1", "STREAMSQL_ENV_SECRET_REGISTRY": "ann:hunter22"}
    arguments = ["schema", "check", "--offline", "--project-dir", str(tmp_path)]
    told = CliRunner().invoke(cli, arguments, env=env)
    assert told.exit_code == 1, told.output
    assert told.stdout in blocks("text")
