"""``streamsql schema``: a group of commands, each imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

_COMMANDS: Mapping[str, str] = {
    "pull": "Write the registry's schemas into the project's schema files.",
    "check": "Say whom the schemas that topics are written with would break.",
    "generate": "Write the schema of a model's columns into its schema file.",
    "register": "Add the schemas that topics are written with to the registry.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"streamsql.cli.schema_commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group("schema", cls=_Commands)
def command() -> None:
    """Keep schema files and the schema registry in step.

    Schemas are files of the project, in schemas/: compile and lint read them alone. These
    commands are what talks to the registry, the connection of the type schema_registry.

    \b
    Examples:
      streamsql schema pull
      streamsql schema check

    \b
    Exit codes:
      0  files and registry agree, and nobody is broken
      1  they do not, or the registry cannot be reached
      2  the command was used wrongly
    """
