"""The group of all commands: loads only the one that is called, and ends every error well."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from errno import (
    EACCES,
    EDQUOT,
    EEXIST,
    EISDIR,
    ENAMETOOLONG,
    ENOSPC,
    ENOTDIR,
    EPERM,
    EROFS,
)
from pathlib import Path
from typing import Any, NoReturn

import click

from streamsql import __version__
from streamsql.cli.terminal import Terminal
from streamsql.errors import EnvironmentFault, ProjectError, StreamsqlError, UsageError

# The first lines of their help, here so that `streamsql --help` loads none of them.
COMMANDS: Mapping[str, str] = {
    "init": "Write a small project that runs as it stands.",
    "debug": "Check that this machine and the connections have what a run needs.",
    "compile": "Compile the project into target/, without Spark.",
    "lint": "Find what is wrong with the project, without Spark.",
    "ls": "List the models, seeds and sources of the project.",
    "explain": "Say what a model does as a stream, without Spark.",
    "lineage": "Show where columns come from, up to the fields of topics.",
    "schema": "Keep schema files and the schema registry in step.",
    "run": "Run the project's streaming queries.",
    "show": "Show the first rows of a model, from live input.",
    "dead-letters": "List, show and replay the records that could not be read.",
    "seed": "Check the project's seeds and show what is in them.",
    "dev": "Run the project on this machine, with sample events, restarting on save.",
    "clean": "Remove what streamsql wrote into target/.",
}

_EPILOG = """\
\b
Begin with:
  streamsql init shop && cd shop && streamsql dev

\b
Exit codes:
  0  all is well
  1  the project has errors, or something failed while running
  2  the command was used wrongly, or streamsql itself crashed

Every option can also be given as STREAMSQL_<OPTION>, such as STREAMSQL_TARGET.
'streamsql COMMAND --help' explains a command.
"""


class LazyGroup(click.Group):
    """Commands by name, each imported when it is called and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a user's day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"streamsql.cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it raises ends in a message and an exit code."""
        terminal = ctx.obj = Terminal()
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except StreamsqlError as error:
            terminal.fail(error)
            ctx.exit(exit_code(error))
        except (ImportError, OSError) as error:
            told = _told_well(error)
            if told is None:
                _crash(ctx, terminal, error)
            else:
                terminal.fail(told)
                ctx.exit(exit_code(told))
        except Exception as error:  # noqa: BLE001 - the last boundary: no traceback for a user
            _crash(ctx, terminal, error)


@click.group(
    cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="streamsql")
def cli() -> None:
    """Streaming SQL projects on Spark: compiled and checked here, run as streaming queries."""


def exit_code(error: StreamsqlError) -> int:
    """Return 1 for what is wrong with a project or a run, 2 for what was asked wrongly."""
    misused = isinstance(error, UsageError) or (
        isinstance(error, ProjectError) and not error.findings
    )
    return 2 if misused else 1


_OF_THE_DISK = frozenset(
    (EACCES, EPERM, EROFS, ENOSPC, EDQUOT, ENOTDIR, EISDIR, EEXIST, ENAMETOOLONG)
)


def _told_well(error: ImportError | OSError) -> StreamsqlError | None:
    """Return what this machine lacks, None if the error is streamsql's own fault."""
    if isinstance(error, OSError):
        if error.errno not in _OF_THE_DISK or error.filename is None:
            return None
        hint = "check that path, the rights on it, and the space that is left"
        return EnvironmentFault(f"{error.filename}: {error.strerror}", hint=hint)
    if (error.name or "").partition(".")[0] not in ("pyspark", "py4j"):
        return None
    from streamsql.spark.artifacts import connector_coordinates, pyspark_version

    try:
        connector_coordinates(pyspark_version())
    except EnvironmentFault as fault:
        return fault
    return None


def _crash(ctx: click.Context, terminal: Terminal, error: Exception) -> NoReturn:
    log = _write_crash(terminal, error)
    terminal.complain(f"Sorry, streamsql crashed: {type(error).__name__}. {_where(log)}")
    ctx.exit(2)


def _write_crash(terminal: Terminal, error: Exception) -> Path | None:
    import tempfile
    import traceback

    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}.log"
    text = terminal.masked("".join(traceback.format_exception(error)))
    for folder in (terminal.log_folder, Path(tempfile.gettempdir()) / "streamsql"):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return folder / name
    return None


def _where(log: Path | None) -> str:
    if log is None:
        return "No place could be found to write down what happened."
    return f"What happened is written down in {log}"
