"""``streamsql clean``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamsql.cli.compiling import installed_spark, read_project
from streamsql.cli.options import (
    ProjectOptions,
    assume_yes,
    option,
    output_options,
    project_options,
)
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.project.nodes import ProjectFiles


@click.command("clean")
@option(
    "--all",
    "everything",
    is_flag=True,
    help="Also checkpoints, tables and the embedded broker's records, all together.",
)
@assume_yes
@project_options
@output_options
@click.pass_context
def command(ctx: click.Context, project: ProjectOptions, everything: bool, yes: bool) -> None:
    """Remove what streamsql wrote into target/.

    Removes compiled SQL, manifest, plan, results, logs and what lint remembers: all of it can be
    made again. With --all also what the target keeps on this machine: the checkpoints, the tables
    of its warehouse and the records of the embedded broker. These go together, because a
    checkpoint counts the records of its broker, and a table holds what its checkpoint says was
    written.
    A table with a location of its own stays; `run --full-refresh` empties it.

    \b
    Examples:
      streamsql clean
      streamsql clean --all --yes

    \b
    Exit codes:
      0  removed, or there was nothing
      1  a run is using what should be removed
      2  the command was used wrongly, or the target keeps its checkpoints elsewhere
    """
    from streamsql.cli.target import ARTEFACTS

    terminal = ctx.ensure_object(Terminal)
    files, target_path = read_project(project, terminal)
    doomed = [target_path / name for name in ("compiled", "logs", "cache", *ARTEFACTS)]
    if everything:
        doomed += _state(files, project, terminal)
    doomed = [path for path in doomed if path.exists()]
    if everything and doomed and not yes:
        listed = "\n".join(f"  {path}" for path in doomed)
        click.confirm(terminal.masked(f"This removes for good:\n{listed}\nGo on?"), abort=True)
    for path in doomed:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        terminal.say(f"removed {path}")
    if not doomed:
        terminal.say("there was nothing to remove")


def _state(files: ProjectFiles, options: ProjectOptions, terminal: Terminal) -> list[Path]:
    """What a target keeps on this machine: all of it or nothing."""
    from streamsql.cli.folders import broker_folder, registry_folder
    from streamsql.project import load_project

    project = load_project(files, options.target, installed_spark=installed_spark())
    terminal.keep_secret(project.secrets)
    target, root = project.target, Path(files.root).resolve()
    checkpoints, warehouse = _local(target.checkpoints, root), _local(target.warehouse, root)
    broker, registry = broker_folder(target, root), registry_folder(target, root)
    name = project.settings.name
    _refuse_if_read(checkpoints / name)
    _refuse_if_served(broker / "broker.lock", "embedded broker")
    _refuse_if_served(registry / "registry.lock", "embedded schema registry")
    return [checkpoints / name, warehouse / name, broker, registry]


def _local(location: str, root: Path) -> Path:
    from streamsql.cli.folders import local_path
    from streamsql.errors import UsageError

    path = local_path(location, root)
    if path is None:
        raise UsageError(
            f"'{location}' is not on this machine, so --all leaves everything as it is",
            hint="remove it with the tools of that storage, then run clean without --all",
        )
    return path


def _refuse_if_read(checkpoints: Path) -> None:
    from streamsql.errors import CheckpointFault
    from streamsql.spark.locks import lock_holder

    for folder in sorted(checkpoints.iterdir()) if checkpoints.is_dir() else ():
        pid = lock_holder(folder)
        if pid is not None:
            raise CheckpointFault(
                f"the checkpoint of '{folder.name}' is in use by process {pid}",
                hint="stop that run first",
            )


def _refuse_if_served(lock: Path, server: str) -> None:
    from streamsql.dev.folder_lock import is_locked
    from streamsql.errors import EnvironmentFault

    if is_locked(lock):
        raise EnvironmentFault(
            f"the {server} of {lock.parent} is running", hint="stop what started it first"
        )
