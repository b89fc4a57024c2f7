"""``streamsql debug``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from streamsql.cli.compiling import compile_for
from streamsql.cli.options import ProjectOptions, output_options, project_options
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.cli.diagnosis import Outcome


@click.command("debug")
@project_options
@output_options
@click.pass_context
def command(ctx: click.Context, project: ProjectOptions) -> None:
    """Check that this machine and the connections have what a run needs.

    Looks at Java, pyspark, the connectors' jars (fetching what is missing), the profile, the
    Spark master, the folders for checkpoints and tables, every Kafka connection with the
    topics of sources and models, schema registries and databases, where it logs in. What is
    embedded is started for a moment.

    \b
    Examples:
      streamsql debug
      streamsql debug --target prod

    \b
    Exit codes:
      0  all is there
      1  something is missing; each line that begins with ✗ says how to mend it
      2  the command was used wrongly
    """
    terminal = ctx.ensure_object(Terminal)
    outcomes = []
    for outcome in _outcomes(project, terminal):
        _print(outcome, terminal)
        outcomes.append(outcome)
    failed = sum(outcome.ok is False for outcome in outcomes)
    terminal.say(f"{failed} of {len(outcomes)} checks failed" if failed else "all is there")
    ctx.exit(1 if failed else 0)


def _outcomes(options: ProjectOptions, terminal: Terminal) -> Iterator[Outcome]:
    from streamsql.cli.diagnosis import (
        Outcome,
        diagnose_machine,
        diagnose_profiles,
        diagnose_target,
    )
    from streamsql.cli.output import summary
    from streamsql.errors import ProjectError

    yield from diagnose_machine(terminal.say)
    try:
        compiled = compile_for(options, terminal)
    except ProjectError as error:
        yield Outcome(False, error.message, error.hint)
        return
    project, errors = compiled.compilation.project, compiled.compilation.errors
    target = project.target
    yield Outcome(True, f"profile '{target.profile}', target '{target.name}'")
    described = f"project '{project.settings.name}' at {compiled.root}"
    if errors:
        yield Outcome(False, f"{described}: {summary(errors)}", "'streamsql lint' shows them")
    else:
        yield Outcome(True, described)
    if compiled.files.profiles is not None:
        yield from diagnose_profiles(*compiled.files.profiles)
    plan = compiled.compilation.plan
    yield from diagnose_target(project, plan, compiled.root, terminal.say)


def _print(outcome: Outcome, terminal: Terminal) -> None:
    if terminal.log_format == "json":
        terminal.event({"ok": outcome.ok, "check": outcome.text, "hint": outcome.hint})
        return
    mark, colour = {True: ("✓", "green"), False: ("✗", "red"), None: ("-", None)}[outcome.ok]
    terminal.out(f"{click.style(mark, fg=colour)} {outcome.text}")
    if outcome.hint:
        terminal.out(f"    {outcome.hint}")
