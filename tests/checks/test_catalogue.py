"""Whatever a finding can be is documented, and what is documented can be found."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_rules import files_of, findings_of, findings_on_disk

import streamsql
from streamsql.checks.catalogue import RULES, STAGE_FINDINGS, TOPICS, catalogue, is_fixed
from streamsql.checks.stage_finding import StageFinding
from streamsql.errors import ProjectError
from streamsql.findings import Finding

PACKAGE = Path(streamsql.__file__).parent
# Formats report what the rules undecodable-source and unencodable-topic pass on as their own.
STAGES = [
    p for p in PACKAGE.rglob("*.py") if not {"formats", "cli"} & set(p.relative_to(PACKAGE).parts)
]
MAKERS = {"Finding", "TemplateFault", "Refused", "report", "finding", "_finding", "add"}
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+|cycle|raised|sandbox")
FOUND_ON_DISK = {"outside-project", "unknown-path"}
WITHOUT_EXAMPLES = {  # no texts could show them
    *("unreadable-file", "not-utf8", "file-too-large", "seed-too-large"),
    *("broken-rule", "cannot-write", "not-streaming"),
}
WITH_EXAMPLES = [f for f in STAGE_FINDINGS if f.documentation.bad]


def texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one), *texts(other))


def slugs(tree: ast.AST) -> Iterator[str]:
    """The names that findings are made with: as an argument, or as what is called ``rule``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [*node.args[:2], *(k.value for k in node.keywords if k.arg == "rule")]
            found = [t for arg in given for t in texts(arg) if name in MAKERS]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "rule":
            found = list(texts(node.value))
        else:
            continue
        yield from (text for text in found if SLUG.fullmatch(text))


def test_every_finding_is_documented_and_nothing_else() -> None:
    emitted = {s for p in STAGES for s in slugs(ast.parse(p.read_text(encoding="utf-8")))}
    documented = {finding.slug for finding in STAGE_FINDINGS}
    assert len(emitted) > 60
    rules = {rule.slug for rule in RULES}
    assert emitted - documented - rules == set(), "add it to streamsql/checks/*_findings.py"
    assert documented - emitted == set()


def test_no_two_have_one_name() -> None:
    assert len(catalogue()) == len(RULES) + len(STAGE_FINDINGS)


@pytest.mark.parametrize("finding", STAGE_FINDINGS, ids=lambda f: f.slug)
def test_finding_is_explained(finding: StageFinding) -> None:
    about = finding.documentation
    assert finding.topic in TOPICS
    assert re.fullmatch(r"\S[^\n]{10,95}\.", about.summary)
    assert len(about.explanation) > 40
    assert bool(about.bad) == bool(about.good)


@pytest.mark.parametrize("finding", WITH_EXAMPLES, ids=lambda f: f.slug)
def test_bad_example_has_the_finding_and_the_good_one_has_not(
    finding: StageFinding, tmp_path: Path
) -> None:
    def told(example: str, folder: str) -> tuple[Finding, ...]:
        files = files_of(example)
        try:
            if finding.slug in FOUND_ON_DISK:
                return findings_on_disk(files, tmp_path / folder)
            return findings_of(files)
        except ProjectError as error:  # nothing of the project can be read
            return error.findings

    found = [f for f in told(finding.documentation.bad, "bad") if f.rule == finding.slug]
    assert found
    assert {f.severity for f in found} == {finding.severity}
    mended = told(finding.documentation.good, "good")
    assert [f for f in mended if f.rule == finding.slug or f.is_error] == []


def test_what_can_be_shown_is_shown() -> None:
    assert {f.slug for f in STAGE_FINDINGS} - {f.slug for f in WITH_EXAMPLES} == WITHOUT_EXAMPLES


def test_only_what_is_always_an_error_is_fixed() -> None:
    fixed = {slug for slug, documented in catalogue().items() if is_fixed(documented)}
    assert {"unknown-column", "no-streaming-source", "sql-syntax"} <= fixed
    assert not {"type-mismatch", "missing-description", "unknown-option"} & fixed
