"""A small project whose connections are those of the page on security."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parents[2] / "docs/security.md"
EXAMPLE = re.compile(r"<!-- connection: (\w+) -->\n```yaml\n(.*?)```", re.DOTALL)

Connection = dict[str, Any]


def documented() -> Mapping[str, Connection]:
    """The connections of the page, by name."""
    text = PAGE.read_text(encoding="utf-8")
    return {
        name: yaml.safe_load(block)["connections"][name] for name, block in EXAMPLE.findall(text)
    }


def placed(connection: Connection, address: str, files: Mapping[str, Path]) -> Connection:
    """A connection of the page as it is here: its broker and its files are elsewhere."""
    options = {
        key: str(files[Path(value).name]) if key.endswith(".location") else value
        for key, value in connection["options"].items()
    }
    return {**connection, "bootstrap_servers": address, "options": options}


def write_project(root: Path, connections: Mapping[str, Connection], prefix: str) -> Path:
    """Write a project with a source and a topic model on each connection."""
    target = {
        "spark": {"master": "local[2]", "conf": {"spark.sql.shuffle.partitions": 1}},
        "connections": dict(connections),
    }
    profiles = {"shop": {"outputs": {"dev": target}}}
    files = {
        "streamsql.toml": 'name = "shop"\n',
        "profiles.yml": yaml.safe_dump(profiles, width=1000),
        "models/sources.yml": yaml.safe_dump({"sources": list(_sources(connections, prefix))}),
    }
    for name in connections:
        config = f"materialized='topic', connection='{name}', topic='{prefix}.{name}.out'"
        select = f"SELECT order_id FROM {{{{ source('{name}', 'orders') }}}}"
        files[f"models/out_{name}.sql"] = f"{{{{ config({config}) }}}}\n{select}\n"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def _sources(names: Iterable[str], prefix: str) -> Iterable[Mapping[str, Any]]:
    for name in names:
        columns = [{"name": "order_id", "data_type": "bigint"}]
        table = {"name": "orders", "topic": f"{prefix}.{name}.orders", "columns": columns}
        yield {"name": name, "connection": name, "on_error": "drop", "tables": [table]}
