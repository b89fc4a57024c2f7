"""Projects that use the suite's registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from streamsql.cli import cli
from streamsql.registry import Registry

PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      spark: {{master: "local[1]", version: 4.1.1}}
      connections:
        kafka: {{type: kafka, bootstrap_servers: "127.0.0.1:1"}}
        registry: {{type: schema_registry, url: "{url}"}}
"""
SOURCES = """\
sources:
  - name: shop
    tables:
      - name: orders
        topic: {prefix}.orders
        format: avro
        format_options: {{subject: {prefix}.orders-value}}
models:
  - name: totals
    config:
      materialized: topic
      topic: {prefix}.totals
      format: avro
"""
TOTALS = "SELECT order_id, amount FROM {{ source('shop', 'orders') }}\n"


def order(*more: Mapping[str, Any], amount: str = "int") -> dict[str, Any]:
    fields = [{"name": "order_id", "type": "long"}, {"name": "amount", "type": amount}]
    return {"type": "record", "name": "Order", "namespace": "shop", "fields": [*fields, *more]}


class Shop:
    """A project in a folder, and the registry as its subjects' owner sees it."""

    def __init__(self, root: Path, prefix: str, registry: Registry) -> None:
        self.root = root
        self.prefix = prefix
        self.registry = registry

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(
            cli, ["schema", *arguments, "--project-dir", str(self.root)], env=dict(env or {})
        )

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def subject(self, name: str) -> str:
        return f"{self.prefix}.{name}-value"

    def file(self, name: str) -> Any:
        return self.subject_file(self.subject(name))

    def subject_file(self, subject: str) -> Any:
        return json.loads((self.root / f"schemas/{subject}.json").read_text("utf-8"))

    def register(self, name: str, *schemas: Any) -> list[int]:
        return [self.registry.register(self.subject(name), json.dumps(s)) for s in schemas]


Level = Callable[[str, str], None]
