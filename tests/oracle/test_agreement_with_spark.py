"""Lint and Spark agree: an error if and only if Spark refused the query in this mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from recorded_runs import (
    FOLDER,
    RECORDINGS,
    Run,
    errors_by_model,
    profile,
    project_texts,
    runs,
)

from streamsql.cli import cli


@cache
def _recorded(recording: Path) -> tuple[Run, ...]:
    return tuple(runs(recording))


def _disagreements(recording: Path, errors: dict[str | None, list[str]]) -> Iterator[str]:
    for run in _recorded(recording):
        found = errors.get(run.model, [])
        if run.refused != bool(found):
            yield f"{run.id} in {run.mode}: Spark {run.verdict[:80]!r}, lint {found}: {run.sql}"


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_an_error_if_and_only_if_spark_refused(recording: Path) -> None:
    recorded = _recorded(recording)
    errors = errors_by_model(recorded, recorded[0].spark_version)
    assert None not in errors, "the project itself is sound"
    assert list(_disagreements(recording, errors)) == []


def test_the_recordings_are_wide() -> None:
    versions = {r.spark_version for path in RECORDINGS for r in _recorded(path)}
    assert versions == {"4.1.1", "4.2.0", "4.3.0"}
    every = [r for path in RECORDINGS for r in _recorded(path)]
    assert len(every) >= 1700
    assert 0.3 < sum(r.refused for r in every) / len(every) < 0.8


def test_the_command_says_the_same(tmp_path: Path) -> None:
    """As a user runs it: files on disk, ``streamsql lint --format json``."""
    recording = FOLDER / "refusals-extra-4.3.0.jsonl"
    recorded = _recorded(recording)
    texts = {**project_texts(recorded), "profiles.yml": profile("4.3.0")}
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    result = CliRunner().invoke(cli, ["lint", "--format", "json", "--project-dir", str(tmp_path)])
    errors: dict[str | None, list[str]] = {}
    for finding in json.loads(result.stdout):
        if finding["severity"] == "error":
            errors.setdefault(finding["model"], []).append(finding["rule"])
    assert list(_disagreements(recording, errors)) == []
    assert result.exit_code == 1
