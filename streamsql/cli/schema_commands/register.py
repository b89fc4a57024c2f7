"""``streamsql schema register``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamsql.cli.options import ProjectOptions, output_options, project_options
from streamsql.cli.schema_commands.work import Work, chosen_outputs, schema_work
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.registry.checking import Output


@click.command("register")
@click.argument("models", nargs=-1, metavar="[MODEL]…")
@project_options
@output_options
@click.pass_context
def command(ctx: click.Context, project: ProjectOptions, models: tuple[str, ...]) -> None:
    """Add the schemas that topics are written with to the registry.

    What 'streamsql schema check' looks at is registered, unless it would break somebody, and
    the files are pulled anew: the ids that the registry gave are in them then.

    \b
    Examples:
      streamsql schema register
      streamsql schema register revenue_per_minute --target prod

    \b
    Exit codes:
      0  the registry has them all
      1  one would break somebody, or the registry refuses it
      2  the command was used wrongly
    """
    terminal = ctx.ensure_object(Terminal)
    with schema_work(project, terminal) as work:
        found = chosen_outputs(work, models)
        wrong = [o for o in found if not _register(work, o, terminal)]
    if not found:
        terminal.say("no topic of the project is written with a schema")
    ctx.exit(1 if wrong else 0)


def _register(work: Work, output: Output, terminal: Terminal) -> bool:
    from streamsql.cli.schema_commands.check import as_text
    from streamsql.formats.subject_files import subject_text
    from streamsql.registry.checking import check
    from streamsql.registry.pulling import pulled

    registry = work.registry(output.connection)
    verdict = check(output, pulled(registry, output.subject, None))
    if not verdict.ok or output.text is None:
        terminal.complain(as_text(verdict))
        return False
    path, old = work.file(output.subject)
    if verdict.status != "registered":
        id_ = registry.register(output.subject, output.text, output.type)
        terminal.out(f"{output.subject}: registered at '{registry.name}' with the id {id_}")
    new = pulled(registry, output.subject, old)
    if new is not None and new != old:
        work.write(path, subject_text(new))
        terminal.out(f"{path}: written")
    return True
