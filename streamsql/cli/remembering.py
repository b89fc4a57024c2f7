"""Linting with a memory: what the last lint found is told again where nothing has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamsql.cli.compiling import compile_files, installed_spark, new_context, read_project
from streamsql.cli.options import ProjectOptions
from streamsql.cli.terminal import Terminal
from streamsql.disk import Texts
from streamsql.lint_cache import (
    Asked,
    NotedEnvironment,
    Read,
    Remembered,
    cache_path,
    digest,
    is_fickle,
    recall,
    remember,
)

if TYPE_CHECKING:
    from streamsql.findings import Finding
    from streamsql.project.nodes import Project, ProjectFiles, Settings

Told = tuple[Remembered, Mapping[str, str]]
"""What there is to tell, and the texts that it speaks of."""

_PLUGINS = frozenset({"streamsql.rules", "streamsql.connectors", "streamsql.formats"})
_OF_MODELS = (".sql", ".yml", ".yaml", ".csv")  # what of them matters is in the keys of models


def recalled(project: ProjectOptions, terminal: Terminal) -> tuple[Told | None, Texts | None]:
    """Return what the last lint found, with the texts it speaks of, if it still holds.

    The second is what was read of the project to see that, if anything was.
    """
    remembered, read = recall(_asked(project), os.environ)
    if read is None:
        return None, None
    seen = Texts(read.reading, dict(read.texts), read.unreadable)
    if remembered is None:
        return None, seen
    terminal.log_folder = Path(read.root) / project.target_path / "logs"
    texts = {**read.texts, **dict((read.profiles,) if read.profiles else ())}
    return (remembered, texts), seen


def linted(project: ProjectOptions, terminal: Terminal, seen: Texts | None = None) -> Told:
    """Lint by what is known of each model, and remember what was found.

    What was ``seen`` of the project just now is not read again.

    Raises:
        ProjectError: the project cannot be read at all.
    """
    files, _ = read_project(project, terminal, seen)
    env = NotedEnvironment(files.env)
    noting = replace(files, env=env)
    others = _has_plugins()
    found = None if others else _relinted(noting, env, project, terminal)
    if found is None:
        compilation = compile_files(noting, project, terminal, with_plan=False).compilation
        models = sum(node.kind == "model" for node in compilation.graph.nodes.values())
        found = _told(compilation.project, compilation.findings, models)
        settings = compilation.project.settings
        if not (others or env.listed or _shows_secrets(compilation.project, files)):
            remember(_asked(project), _read(files, settings), env.asked, found)
    return found, {**files.texts, **dict((files.profiles,) if files.profiles else ())}


def _relinted(
    files: ProjectFiles, env: NotedEnvironment, options: ProjectOptions, terminal: Terminal
) -> Remembered | None:
    """Lint the models that have changed, and keep what is known of all."""
    from streamsql.lint_memory import Memory, load_memory, save_memory
    from streamsql.project import load_settings
    from streamsql.relint import relint

    asked = _asked(options)
    settings = load_settings(files.texts)
    if settings is None:
        return None
    read = _read(files, settings)
    shared = read._replace(texts=_shared(read.texts))
    path = cache_path(Path(files.root), asked).with_name("models.json")
    memory = load_memory(path)
    known = {name: files.env.get(name) for name in memory.env}
    if digest(asked, shared, known) != memory.world:
        memory, known = Memory(), {}
    found = relint(
        files,
        memory,
        options.target,
        context=new_context(),
        installed_spark=asked.spark,
    )
    if found is None:
        return None
    terminal.keep_secret(found.project.secrets)
    told = _told(found.project, found.findings, found.models)
    if env.listed or _shows_secrets(found.project, files):
        return told
    known |= env.asked
    remember(asked, read, known, told)
    if found.lines is not None and not any(
        map(is_fickle, (*shared.texts.values(), _profile(read)))
    ):
        world = digest(asked, shared, known)
        save_memory(path, Memory(world, tuple(sorted(known)), found.lines))
    return told


def _shared(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that all models depend on."""
    return {path: text for path, text in texts.items() if not path.endswith(_OF_MODELS)}


def _profile(read: Read) -> str:
    return read.profiles[1] if read.profiles else ""


def _told(project: Project, findings: Iterable[Finding], models: int) -> Remembered:
    from streamsql.project.masking import mask_finding

    masked = tuple(mask_finding(f, project.secrets) for f in findings)
    return Remembered(masked, models, str(project.settings.lint.fail_on))


def _read(files: ProjectFiles, settings: Settings) -> Read:
    from streamsql.project.files import reading_of

    name, reading = Path(settings.location.path).name, reading_of(settings)
    return Read(files.root, name, reading, files.texts, files.unreadable, files.profiles)


def _asked(project: ProjectOptions) -> Asked:
    return Asked(
        project.project_dir,
        project.profiles_dir,
        project.target,
        project.vars,
        installed_spark(),
        project.target_path,
    )


def _has_plugins() -> bool:
    """Whether the code of others is in use: it may look anywhere."""
    from importlib.metadata import entry_points

    return not _PLUGINS.isdisjoint(entry_points().groups)


def _shows_secrets(project: Project, files: ProjectFiles) -> bool:
    """Whether a secret stands in a text: lines of it are shown with findings, and who tells
    them again does not know the secret."""
    secrets = [s for s in project.secrets if s]
    return any(s in text for s in secrets for text in files.texts.values())
