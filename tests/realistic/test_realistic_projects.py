"""Projects as an expert writes them: nothing is said of them but what an expert would sign."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from streamsql.findings import Finding
from streamsql.pipeline import Compilation, compile_project
from streamsql.project import read_files

HERE = Path(__file__).parent
PROJECTS = sorted(p.parent.name for p in HERE.glob("*/streamsql.toml"))
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
# They say so in a comment.
BOUNDLESS: Mapping[str, set[str]] = {"games": {"leaderboard"}, "retail": {"stock_levels"}}


def told(finding: Finding) -> str:
    hint = f" [{finding.hint}]" if finding.hint else ""
    return f"{finding.severity} {finding.rule} {finding.location}: {finding.message}{hint}\n"


@cache
def compiled(project: str) -> Compilation:
    return compile_project(read_files(HERE / project, env={}))


def test_there_are_forty_models_of_six_domains() -> None:
    assert PROJECTS == ["ads", "games", "iot", "logistics", "payments", "retail"]
    assert sum(len(compiled(p).resolution.models) for p in PROJECTS) == 42


@pytest.mark.parametrize("project", PROJECTS)
def test_lint_says_what_an_expert_would_sign(project: str) -> None:
    compilation = compiled(project)
    findings = "".join(told(f) for f in compilation.findings)
    golden = HERE / project / "lint.txt"
    if UPDATE:
        golden.write_text(findings, encoding="utf-8")
    assert findings == golden.read_text(encoding="utf-8")
    assert compilation.errors == ()
    assert compilation.plan is not None


@pytest.mark.parametrize("project", PROJECTS)
def test_every_type_is_known(project: str) -> None:
    for model in compiled(project).resolution.models:
        unknown = [c.name for c in model.columns if c.data_type is None]
        assert (model.name, unknown) == (model.name, [])


@pytest.mark.parametrize("project", PROJECTS)
def test_state_is_bounded_where_it_is_meant_to_be(project: str) -> None:
    boundless = {
        model.name
        for model in compiled(project).resolution.models
        if model.output_mode is not None and not all(o.bounded for o in model.facts.stateful)
    }
    assert boundless == BOUNDLESS.get(project, set())
