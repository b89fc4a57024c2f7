from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_is_written_compiles_without_a_word(invoke: Invoke) -> None:
    result = invoke("init", "web")
    assert result.exit_code == 0, result.output
    assert "cd web\n  streamsql lint" in result.stdout
    linted = invoke("lint", "--project-dir", "web", "--fail-on", "warning")
    assert linted.output == "nothing to complain about in 2 models\n"
    assert invoke("compile", "--project-dir", "web").exit_code == 0
    assert Path("web/target/compiled/web/queries/clicks_per_minute.sql").is_file()
    assert "target/" in Path("web/.gitignore").read_text(encoding="utf-8")
    written = [p for p in Path("web").rglob("*") if p.is_file() and "target" not in p.parts]
    assert [p for p in written if "__project__" in p.read_text(encoding="utf-8")] == []


def test_sample_events_fit_the_source(invoke: Invoke) -> None:
    import itertools
    import json
    import runpy
    from datetime import UTC, datetime

    invoke("init", "web")
    events = runpy.run_path("web/events/clicks.py")["events"]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = list(itertools.islice(events(7, start), 50))
    assert made == list(itertools.islice(events(7, start), 50))
    for source, key, value, _, _ in made:
        click = json.loads(value)
        assert source == "web.clicks"
        assert key.decode() == click["visitor"]
        assert set(click) == {"click_id", "visitor", "url", "clicked_at"}
    assert len({json.loads(value)["click_id"] for _, _, value, _, _ in made}) == 50


def test_nothing_is_overwritten(invoke: Invoke) -> None:
    Path("web").mkdir()
    Path("web/mine.txt").write_text("mine")
    result = invoke("init", "web")
    assert result.exit_code == 2
    assert "'web' exists already" in result.stderr
    assert [p.name for p in Path("web").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["1st", "a b", "../up", "a-b", ""])
def test_names_that_cannot_be(name: str, invoke: Invoke) -> None:
    result = invoke("init", name)
    assert result.exit_code == 2
    assert "cannot be the name of a project" in result.stderr
