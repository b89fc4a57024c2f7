"""The examples of docs/sources-and-sinks.md are what the compiler takes, but for Avro's, which need
the files of their schemas."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

PAGE = Path(__file__).parents[2] / "docs/sources-and-sinks.md"
COLUMNS = {
    "order_id": "bigint",
    "customer_id": "bigint",
    "country": "string",
    "ordered_at": "timestamp",
    "ordered_on": "date",
    "is_cancelled": "boolean",
    "value": "string",
}
SOURCE = """\
sources:
  - name: fixture
    connection: kafka
    tables:
      - name: orders
        topic: fixture.orders
        columns:
"""


def blocks(language: str, containing: str) -> Iterator[str]:
    fences = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for found in fences.finditer(PAGE.read_text("utf-8")):
        if containing in found[1]:
            yield found[1]


def profiles() -> str:
    (connection,) = blocks("yaml", "type: jdbc")
    return (
        "fixture:\n  outputs:\n    dev:\n      connections:\n"
        "        kafka: {type: kafka, embedded: true}\n" + textwrap.indent(connection, " " * 8)
    )


def errors(files: dict[str, str]) -> list[str]:
    columns = "".join(f"          - {{name: {n}, data_type: {t}}}\n" for n, t in COLUMNS.items())
    texts = {
        "streamsql.toml": "name = 'fixture'\n",
        "models/fixture.yml": SOURCE + columns,
        **files,
    }
    env = {"STREAMSQL_ENV_SECRET_WAREHOUSE_PASSWORD": "not shown"}
    read = ProjectFiles(texts=texts, profiles=("profiles.yml", profiles()), env=env)
    return [f"{f.location} {f.message}" for f in compile_project(read).errors]


@pytest.mark.parametrize("config", tuple(b for b in blocks("sql", "config(") if "avro" not in b))
def test_models(config: str) -> None:
    select = f"SELECT {', '.join(COLUMNS)} FROM {{{{ source('fixture', 'orders') }}}}\n"
    body = config if "SELECT" in config else config + select
    assert errors({"models/example.sql": body}) == []


@pytest.mark.parametrize("sources", tuple(b for b in blocks("yaml", "sources:") if "avro" not in b))
def test_sources(sources: str) -> None:
    assert errors({"models/example.yml": sources}) == []
