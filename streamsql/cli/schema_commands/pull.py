"""``streamsql schema pull``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from streamsql.cli.options import ProjectOptions, option, output_options, project_options
from streamsql.cli.schema_commands.work import Work, schema_work
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.registry.subjects import Use


@click.command("pull")
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]…")
@option("--check", is_flag=True, help="Write nothing: exit with 1 if a file is out of date.")
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context, project: ProjectOptions, subjects: tuple[str, ...], check: bool
) -> None:
    """Write the registry's schemas into the project's schema files.

    Without a SUBJECT, those that sources and topics of the project name. Each becomes a file
    with all its versions, their ids and the compatibility level; what it refers to is written
    into it. A file that says the same already is left as it is, and so is a version in it that
    is not registered yet.

    \b
    Examples:
      streamsql schema pull
      streamsql schema pull shop.payments-value
      streamsql schema pull --check

    \b
    Exit codes:
      0  the files say what the registry says
      1  a file is out of date (with --check), or a subject is not in the registry
      2  the command was used wrongly
    """
    terminal = ctx.ensure_object(Terminal)
    with schema_work(project, terminal) as work:
        uses = _chosen(work, subjects)
        if not uses:
            terminal.say("the project names no subject of a registry")
        wrong = [use for use in uses if not _pull(work, use, terminal, check=check)]
    ctx.exit(1 if wrong else 0)


def _chosen(work: Work, subjects: Sequence[str]) -> tuple[Use, ...]:
    from streamsql.registry.subjects import Use, named_subjects

    named = named_subjects(work.compilation)
    if not subjects:
        return named
    known = {use.subject: use for use in named}
    return tuple(known.get(subject, Use(subject, None)) for subject in subjects)


def _pull(work: Work, use: Use, terminal: Terminal, *, check: bool) -> bool:
    """Bring one file up to date; return whether all is well."""
    from streamsql.formats.subject_files import subject_text
    from streamsql.registry.pulling import changes, pulled

    registry = work.registry(use.connection)
    path, old = work.file(use.subject)
    new = pulled(registry, use.subject, old)
    if new is None:
        written = use.subject in set(_written(work))
        told = f"{use.subject}: '{registry.name}' has no such subject"
        if written:
            terminal.out(f"{told} yet: 'streamsql schema register' adds it")
        else:
            terminal.complain(told)
        return written
    if new == old:
        terminal.say(f"{path}: up to date")
        return True
    what = "; ".join(changes(old, new))
    if check:
        terminal.complain(f"{path} is out of date: {what}")
        return False
    work.write(path, subject_text(new))
    terminal.out(f"{path}: {what}")
    return True


def _written(work: Work) -> Iterator[str]:
    from streamsql.registry.checking import outputs

    return (output.subject for output in outputs(work.compilation))
