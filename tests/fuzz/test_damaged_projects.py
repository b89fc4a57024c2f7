"""Damage of any kind ends in findings or a ProjectError, soon, and nothing else.

``STREAMSQL_FUZZ_SECONDS`` makes the run as long as one likes, and ``STREAMSQL_FUZZ_SEED`` lets it
begin elsewhere; the seed of a project that fails is in the message, and belongs into ``KEPT``.
"""

from __future__ import annotations

import os
import time

import pytest
from fuzzed_projects import SMALL, damaged_project

from streamsql.cli.output import as_github, as_json, as_sarif, as_text
from streamsql.errors import ProjectError
from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

SECONDS = float(os.environ.get("STREAMSQL_FUZZ_SECONDS", "2"))
FIRST = int(os.environ.get("STREAMSQL_FUZZ_SEED", "0"))
SLOWEST = 30.0  # seconds of CPU for one small project, on the slowest machine
KEPT = (553, 104057)


def outcome(seed: int) -> str:
    """Compile a damaged project; what went wrong with that is the test's failure."""
    files = damaged_project(seed)
    began = time.process_time()
    try:
        findings = compile_project(files).findings
    except ProjectError:
        return "stopped"
    finally:
        assert time.process_time() - began < SLOWEST, f"seed {seed} took too long"
    for told in (as_text, as_json, as_github, as_sarif):
        assert told(findings, files.texts) or not findings
    for finding in findings:
        assert finding.message.strip(), f"seed {seed}: a finding says nothing"
        assert finding.location.line >= 1, f"seed {seed}: {finding}"
        assert finding.location.column >= 1, f"seed {seed}: {finding}"
    return "errors" if any(f.is_error for f in findings) else "sound"


def test_the_undamaged_project_is_sound() -> None:
    texts = dict(SMALL)
    profiles = ("profiles.yml", texts.pop("profiles.yml"))
    compilation = compile_project(ProjectFiles(texts=texts, profiles=profiles, env={}))
    assert compilation.errors == ()
    assert compilation.plan is not None


@pytest.mark.parametrize("seed", KEPT)
def test_what_failed_once(seed: int) -> None:
    outcome(seed)


def test_damage_is_reported_and_nothing_else() -> None:
    outcomes = []
    began = time.monotonic()
    while time.monotonic() - began < SECONDS or len(outcomes) < 10:
        seed = FIRST + len(outcomes)
        try:
            outcomes.append(outcome(seed))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert "errors" in outcomes
