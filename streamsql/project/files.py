"""Reading a project whole: from a folder to the files that a compile begins with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamsql.disk import (
    Reading,
    Texts,
    find_project,
    read_profiles,
    read_settings_text,
    read_texts,
)
from streamsql.project.faults import Faults
from streamsql.project.linting import RULES_FOLDER
from streamsql.project.nodes import ProjectFiles, Settings
from streamsql.project.settings import read_settings


def read_files(
    project_dir: Path,
    *,
    profiles_dir: Path | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002 - the name users know
    env: Mapping[str, str] | None = None,
    seen: Texts | None = None,
) -> ProjectFiles:
    """Read the project that a folder belongs to, and the profiles for it.

    The project is the nearest folder, upwards, with a streamsql.toml or a pyproject.toml that
    has ``[tool.streamsql]``. ``env`` defaults to the process's environment. profiles.yml is
    looked for in ``profiles_dir`` or, without one, in the project and then in ``~/.streamsql``.
    What was ``seen`` of this project a moment ago is not read again, if it is what is asked for.

    Raises:
        ProjectError: there is no project, its settings are unreadable, or ``profiles_dir``
            has no profiles.yml.
    """
    root, settings_path = find_project(project_dir)
    text = read_settings_text(settings_path)
    settings, _ = read_settings(text, settings_path.name, Faults())
    reading = reading_of(settings)
    if seen is not None and seen.reading == reading and seen.texts.get(settings_path.name) == text:
        read = seen
    else:
        read = read_texts(root, settings_path, text, reading)
    return ProjectFiles(
        texts=read.texts,
        profiles=read_profiles(root, profiles_dir),
        env=dict(os.environ if env is None else env),
        vars=dict(vars or {}),
        root=str(root),
        unreadable=read.unreadable,
    )


def reading_of(settings: Settings) -> Reading:
    """Return what the settings say is to be read: folders of each kind, what lint needs."""
    rules = RULES_FOLDER if settings.lint.project_rules else None
    baseline = (settings.lint.baseline,)
    return Reading(_folders(settings), baseline, rules, settings.schema_paths)


def _folders(settings: Settings) -> tuple[str, ...]:
    tests = (_before_pattern(path) for path in settings.model_tests)
    folders = (*settings.model_paths, *settings.macro_paths, *settings.seed_paths, *tests)
    return tuple(dict.fromkeys(folders))


def _before_pattern(path: str) -> str:
    """Return the folder of a pattern (``tests/models/*.yml``), or the path if it is none."""
    parts = path.split("/")
    plain = [part for part in parts if not any(c in part for c in "*?[")]
    return "/".join(parts[: len(plain)]) if len(plain) < len(parts) else path
