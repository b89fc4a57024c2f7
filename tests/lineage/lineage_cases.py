"""Golden files of column lineage: models over the common sources, and where columns come from.

A case is one or more models, each begun by ``== <name>``, then ``== expect``. Lines are
``column <- relation.field how``; ``~`` begins what decides over rows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from streamsql.pipeline import Compilation, compile_project
from streamsql.project.nodes import ProjectFiles
from streamsql.resolve import Field, Origins, ResolvedModel

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
MARK = "== expect\n"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))

PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      spark: {master: "local[1]", version: 4.1.1}
      checkpoints: target/checkpoints
      connections: {kafka: {type: kafka, bootstrap_servers: "broker-1:9092,broker-2:9092"}}
"""

FILES = {
    "streamsql.toml": 'name = "shop"\nprofile = "shop"\n',
    "models/sources.yml": """\
sources:
  - name: s
    connection: kafka
    tables:
      - name: orders
        topic: shop.orders
        watermark: {column: ordered_at, delay: 10 minutes}
        columns:
          - {name: order_id, data_type: bigint}
          - {name: Currency, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: ordered_at, data_type: timestamp}
          - {name: items, data_type: "array<struct<sku:string,price:decimal(8,2)>>"}
          - name: customer
            data_type: "struct<id:string,Address:struct<city:string,zip:string>>"
          - {name: labels, data_type: "map<string,string>"}
      - name: payments
        topic: shop.payments
        watermark: {column: paid_at, delay: 5 minutes}
        columns:
          - {name: order_id, data_type: bigint}
          - {name: paid, data_type: "decimal(10,2)"}
          - {name: paid_at, data_type: timestamp}
      - {name: open, topic: shop.open, format: json}
""",
    "seeds/rates.csv": "currency,rate\nEUR,1.0\nUSD,0.92\n",
}


def split(case: Path) -> tuple[dict[str, str], str]:
    """Return a case's models and what is expected of them."""
    text, _, expected = case.read_text().partition(MARK)
    parts = re.split(r"^== (\S+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)), expected


def compiled(models: dict[str, str]) -> Compilation:
    """Compile a project of these models over the common sources."""
    files = {f"models/{name}.sql": text for name, text in models.items()}
    return compile_project(ProjectFiles({**FILES, **files}, ("profiles.yml", PROFILES)))


def describe(models: dict[str, str]) -> str:
    """Say where the columns of every model come from."""
    compilation = compiled(models)
    lines = [
        line
        for model in sorted(compilation.resolution.models, key=lambda m: list(models).index(m.name))
        for line in _model(model)
    ]
    lines += [f"! {f.rule} {f.message}" for f in compilation.findings if f.model and f.is_error]
    return "\n".join(lines) + "\n"


def _model(model: ResolvedModel) -> Iterator[str]:
    yield f"{model.name}"
    for name, origins in model.lineage.columns.items():
        yield from _column(name, origins)
    around = model.lineage.influences
    kinds = (("filtered", around.filtered), ("joined", around.joined), ("grouped", around.grouped))
    yield from (f"  ~ {kind} by {_fields(fields)}" for kind, fields in kinds if fields)


def _column(name: str, origins: Origins) -> Iterator[str]:
    uses = [f"{_field(u.field)}{_HOW[u.how]}" for u in sorted(origins.uses)]
    yield f"  {name} <- {', '.join(uses) or 'nothing'}"
    for member, inner in origins.members.items():
        yield from _column(f"{name}.{member}", inner)


_HOW = ("", " transformed", " aggregated")


def _fields(fields: frozenset[Field]) -> str:
    return ", ".join(map(_field, sorted(fields)))


def _field(field: Field) -> str:
    relation = field.relation.removeprefix("source__s__").removeprefix("ref__")
    return f"{relation}.{field.path}"


def update(case: Path) -> None:
    """Write what is found as what is expected."""
    models, _ = split(case)
    text = case.read_text().partition(MARK)[0]
    case.write_text(text + MARK + describe(models))
