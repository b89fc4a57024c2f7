"""``streamsql init``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from streamsql.cli.options import output_options
from streamsql.cli.terminal import Terminal

_PLACEHOLDER = "__project__"
# A file of its true name would be heeded by git in the package's own folder.
_TRUE_NAMES = {"gitignore": ".gitignore"}


@click.command("init")
@click.argument("name")
@output_options
@click.pass_context
def command(ctx: click.Context, name: str) -> None:
    """Write a small project that runs as it stands.

    Makes the folder NAME with a source, two models, a macro, sample events and a profile for
    this machine. Nothing that exists is overwritten.

    \b
    Example:
      streamsql init web && cd web && streamsql dev

    \b
    Exit codes:
      0  the project was written
      2  NAME cannot be used, or there is something already
    """
    from streamsql.errors import UsageError

    terminal = ctx.ensure_object(Terminal)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise UsageError(
            f"'{name}' cannot be the name of a project",
            hint="use letters, digits and underscores, beginning with a letter",
        )
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"'{folder}' exists already", hint="choose another name or place")
    for relative, template in _templates(files("streamsql.cli") / "init_project"):
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.replace(_PLACEHOLDER, name), encoding="utf-8")
    terminal.out(
        f"wrote the project '{name}' into {folder}/. Next:\n\n"
        f"  cd {folder}\n"
        "  streamsql lint     # check it\n"
        "  streamsql dev      # run it on this machine, with sample events\n"
    )


def _templates(folder: Traversable, below: Path = Path()) -> Iterator[tuple[Path, str]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _templates(entry, below / entry.name)
        else:
            name = _TRUE_NAMES.get(entry.name, entry.name)
            yield below / name, entry.read_text(encoding="utf-8")
