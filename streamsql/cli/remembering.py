"""Linting with a memory: what the last lint found is told again if nothing has changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from streamsql.cli.compiling import Compiled, compile_files, installed_spark, read_project
from streamsql.cli.options import ProjectOptions
from streamsql.cli.terminal import Terminal
from streamsql.lint_cache import Asked, NotedEnvironment, Read, Remembered, recall, remember

_PLUGINS = ("streamsql.rules", "streamsql.connectors", "streamsql.formats")


def recalled(
    project: ProjectOptions, terminal: Terminal
) -> tuple[Remembered, Mapping[str, str]] | None:
    """Return what the last lint found, with the texts it speaks of, if it still holds."""
    found = recall(_asked(project), os.environ)
    if found is None:
        return None
    remembered, read = found
    terminal.log_folder = Path(read.root) / project.target_path / "logs"
    return remembered, {**read.texts, **dict((read.profiles,) if read.profiles else ())}


def compiled_and_remembered(project: ProjectOptions, terminal: Terminal) -> Compiled:
    """Compile as lint does, and remember what was found.

    Raises:
        ProjectError: the project cannot be read at all.
    """
    files, _ = read_project(project, terminal)
    env = NotedEnvironment(files.env)
    compiled = compile_files(replace(files, env=env), project, terminal, with_plan=False)
    if not _may_be_kept(compiled):
        return compiled
    from streamsql.project.files import reading_of
    from streamsql.project.masking import mask_finding

    settings, compilation = compiled.compilation.project.settings, compiled.compilation
    secrets = compilation.project.secrets
    found = Remembered(
        tuple(mask_finding(f, secrets) for f in compilation.findings),
        sum(node.kind == "model" for node in compilation.graph.nodes.values()),
        str(settings.lint.fail_on),
    )
    read = Read(
        files.root,
        Path(settings.location.path).name,
        files.texts,
        files.unreadable,
        files.profiles,
    )
    remember(_asked(project), read, reading_of(settings), env, found)
    return compiled


def _asked(project: ProjectOptions) -> Asked:
    return Asked(
        project.project_dir,
        project.profiles_dir,
        project.target,
        project.vars,
        installed_spark(),
        project.target_path,
    )


def _may_be_kept(compiled: Compiled) -> bool:
    """Whether all that was looked at is known: the code of others may look anywhere.

    Lines of a text are shown with findings, so a text with a secret in it is not kept either:
    who tells the findings again does not know the secret.
    """
    from importlib.metadata import entry_points

    if any(entry_points(group=group) for group in _PLUGINS):
        return False
    secrets = [s for s in compiled.compilation.project.secrets if s]
    return not any(s in text for s in secrets for text in compiled.files.texts.values())
