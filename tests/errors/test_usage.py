"""Commands used wrongly: a line, a way out, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from error_project import assert_said, streamsql, write_project

from streamsql.cli.options import DurationType


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("90s", 90), ("5m", 300), ("1h", 3600), ("2.5", 2.5), ("10 minutes", 600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert DurationType().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["0", "-3", "soon", "5 x", ""])
def test_no_durations(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no duration: write 30"):
        DurationType().convert(text, None, None)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("show", "-s", "stg_order"), "there is no model 'stg_order'", "did you mean 'stg_orders'"),
        (("show", "-s", "nothing"), "there is no model 'nothing'", "'streamsql ls' lists them"),
        (("run", "-s", "stg_order"), "'stg_order' matches nothing", "did you mean 'stg_orders'"),
        (("lint", "--profiles-dir", "/nowhere"), "there is no profiles.yml", "--profiles-dir"),
        (("lint", "--project-dir", "/nowhere"), "there is no folder", "--project-dir"),
    ],
    ids=lambda a: " ".join(a) if isinstance(a, tuple) else "",
)
def test_names_that_are_not_there(
    arguments: tuple[str, ...], message: str, hint: str, tmp_path: Path
) -> None:
    assert_said(streamsql(*arguments, cwd=write_project(tmp_path)), 2, message, hint)
