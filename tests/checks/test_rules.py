"""Every rule is tried on the examples of its own documentation, and on its case file."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from streamsql.checks.catalogue import RULES, TOPICS
from streamsql.checks.rule import Rule
from streamsql.findings import Finding
from streamsql.lint_memory import Memory
from streamsql.pipeline import compile_project
from streamsql.project import read_files
from streamsql.project.nodes import ProjectFiles
from streamsql.relint import relint

CASES = Path(__file__).parent / "cases"

BESIDE: Mapping[str, str] = {
    "streamsql.toml": 'name = "shop"\nprofile = "shop"\n',
    "models/shop.yml": """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: shop.orders
        format: json
        watermark: {column: ordered_at, delay: 10 minutes}
        columns:
          - {name: order_id, data_type: bigint}
          - {name: currency, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: ordered_at, data_type: timestamp}
""",
}
PROFILES = (
    "profiles.yml",
    """\
shop:
  target: dev
  outputs:
    dev:
      spark: {version: 4.1.1}
      connections:
        kafka: {type: kafka, embedded: true}
        warehouse: {type: jdbc, url: "jdbc:postgresql://127.0.0.1/shop", user: shop}
""",
)
_PATH = re.compile(r"^(?:--|#) (\S+\.(?:sql|yml|toml|md|csv|json|avsc))\n", re.MULTILINE)


def findings_of(files: Mapping[str, str]) -> tuple[Finding, ...]:
    """What a compile finds; lint finds the same, with and without a memory of the models."""
    texts = {**BESIDE, **files}
    profiles = texts.pop("profiles.yml", PROFILES[1])
    given = ProjectFiles(texts, (PROFILES[0], profiles))
    found = compile_project(given).findings
    first = relint(given, Memory())
    assert first is None or first.findings == found
    again = relint(given, Memory(lines=first.lines)) if first and first.lines else first
    assert again is None or again.findings == found
    return found


def findings_on_disk(files: Mapping[str, str], folder: Path) -> tuple[Finding, ...]:
    """The same of files that are read from disk, where some faults are found."""
    for name, text in {**BESIDE, "profiles.yml": PROFILES[1], **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return compile_project(read_files(folder, env={})).findings


def files_of(example: str) -> Mapping[str, str]:
    """Split an example at the lines that name files."""
    _, *rest = _PATH.split(example)
    return dict(zip(rest[::2], rest[1::2], strict=True))


def cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_documented_where_its_name_says(rule: Rule[Any]) -> None:
    module = inspect.getmodule(rule.faults)
    assert module is not None
    assert module.__name__.rpartition(".")[2] == rule.id
    assert rule.slug == rule.id.replace("_", "-")
    assert rule.topic in TOPICS
    assert re.fullmatch(r"\S[^\n]{10,95}\.", rule.summary)
    assert len(rule.explanation) > 80
    assert (CASES / f"{rule.id}.yml").is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_example_is_found(rule: Rule[Any]) -> None:
    found = [f for f in findings_of(files_of(rule.bad)) if f.rule == rule.slug]
    assert found, "the rule does not find its own bad example"
    assert all(f.severity is rule.severity for f in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_example_is_good(rule: Rule[Any]) -> None:
    found = findings_of(files_of(rule.good))
    assert [f for f in found if f.rule == rule.slug or f.is_error] == []


def test_every_rule_is_listed_and_has_no_file_without_a_rule() -> None:
    import streamsql.checks

    folder = Path(streamsql.checks.__file__).parent
    files = {path.stem for path in folder.glob("*/*.py") if path.stem != "__init__"}
    assert files == {rule.id for rule in RULES}
    assert {path.stem for path in CASES.glob("*.yml")} == files


@pytest.mark.parametrize(("rule", "case"), tuple(cases()))
def test_case(rule: str, case: Mapping[str, Any]) -> None:
    slug = rule.replace("_", "-")
    found = findings_of(case["files"])
    told = [
        f"{f.location.path}:{f.location.line}:{f.location.column} {f.message}"
        + (f" [{f.hint}]" if f.hint else "")
        for f in found
        if f.rule == slug
    ]
    assert told == case.get("findings", [])
    others = [f.rule for f in found if f.is_error and f.rule != slug]
    assert others == case.get("others", [])
