"""Golden files of resolving: a project's files, a line ``== expect``, and what is found.

Each file of a case begins with ``== <path>``. Sources and a seed are the same for all.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from streamsql.pipeline import Compilation, compile_project
from streamsql.project.nodes import ProjectFiles
from streamsql.resolve import ResolvedModel

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
      connections: {kafka: {type: kafka, embedded: true}}
"""

FILES = {
    "streamsql.toml": 'name = "shop"\nprofile = "shop"\n',
    "models/sources.yml": """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: orders
        format: json
        watermark: {column: ordered_at, delay: 10 minutes}
        columns:
          - {name: order_id, data_type: bigint}
          - {name: customer_id, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: currency, data_type: string}
          - {name: ordered_at, data_type: timestamp}
          - {name: items, data_type: "array<struct<sku:string,price:decimal(8,2),count:int>>"}
          - {name: address, data_type: "struct<city:string,zip:string>"}
      - name: payments
        topic: payments
        format: json
        watermark: {column: paid_at, delay: 5 minutes}
        columns:
          - {name: payment_id, data_type: string}
          - {name: order_id, data_type: bigint}
          - {name: paid, data_type: "decimal(12,4)"}
          - {name: paid_at, data_type: timestamp}
      - name: clicks
        topic: clicks
        format: json
        columns:
          - {name: customer_id, data_type: string}
          - {name: at, data_type: timestamp}
          - {name: page, data_type: string}
          - {name: extra}
      - {name: lines, topic: lines, format: text}
      - {name: blobs, topic: blobs, format: raw}
""",
    "seeds/rates.csv": "currency,rate\nEUR,1.0\nUSD,0.92\n",
    "seeds/rates.yml": """\
seeds:
  - name: rates
    columns:
      - {name: currency, data_type: string}
      - {name: rate, data_type: "decimal(10,6)"}
""",
}


def split(case: Path) -> tuple[dict[str, str], str]:
    """Return a case's files and what is expected of them."""
    text, _, expected = case.read_text().partition(MARK)
    parts = re.split(r"^== (\S+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)), expected


def compiled(files: dict[str, str]) -> Compilation:
    """Compile a project of these files beside the common ones."""
    return compile_project(ProjectFiles({**FILES, **files}, ("profiles.yml", PROFILES)))


def describe(files: dict[str, str]) -> str:
    """Say what resolving makes of a project."""
    compilation = compiled(files)
    resolution = compilation.resolution
    lines: list[str] = []
    for model in resolution.models:
        lines += _model(model)
    lines += [
        f"{f.severity} {f.rule} {f.location}: {f.message} [{f.hint}]"
        for f in compilation.findings
        if f.rule not in _OTHERS
    ]
    return "\n".join(lines) + "\n"


_OTHERS = (
    "missing-description",
    "undeclared-column",
    "unused-source",
    "missing-column-type",
    "unused-model",
    "unused-macro",
    "star-into-topic",
)


def _model(model: ResolvedModel) -> list[str]:
    lines = [f"{model.name}: {', '.join(f'{c.name} {c.data_type}' for c in model.columns)}"]
    facts = model.facts
    if not facts.streaming:
        lines.append("  static")
    if model.output_mode:
        lines.append(f"  runs in {model.output_mode}")
    lines.extend(f"  watermark {mark.column} {mark.delay}" for mark in facts.watermarks)
    for operator in facts.stateful:
        kind = f" {operator.join_type}" if operator.join_type else ""
        marked = " with a watermark" if operator.watermarked else ""
        lines.append(f"  {operator.kind}{kind}{marked} in {operator.model} {operator.location}")
    for relation, fields in model.hidden_used.items():
        lines.append(f"  hidden {relation}: {', '.join(fields)}")
    if "EXCEPT" in model.sql.upper():
        lines.append(f"  sql {' '.join(model.sql.split())}")
    return lines


def update(case: Path) -> None:
    """Write what is found as what is expected."""
    files, _ = split(case)
    text = case.read_text().partition(MARK)[0]
    case.write_text(text + MARK + describe(files))
