"""``streamsql lint``."""

from __future__ import annotations

import click

from streamsql.cli.compiling import compile_for
from streamsql.cli.options import (
    ProjectOptions,
    SelectionOptions,
    option,
    output_options,
    project_options,
    selection_options,
)
from streamsql.cli.terminal import Terminal


@click.command("lint")
@selection_options
@option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to print what was found.",
)
@option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="What makes the exit code 1.",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    selection: SelectionOptions,
    layout: str,
    fail_on: str,
) -> None:
    """Find what is wrong with the project, without Spark.

    Reports the findings of every stage, each with its file, line and column, why it matters and
    how to mend it. With a selection, only those that belong to the selected models.

    \b
    Examples:
      streamsql lint
      streamsql lint --format sarif > findings.sarif
      streamsql lint -s marts --fail-on warning

    \b
    Exit codes:
      0  no errors (with --fail-on warning: no warnings either)
      1  at least one
      2  the command was used wrongly
    """
    from streamsql.cli.output import FORMATS, summary
    from streamsql.errors import ProjectError
    from streamsql.findings import Severity

    terminal = ctx.ensure_object(Terminal)
    try:
        compiled = compile_for(project, terminal)
    except ProjectError as error:
        if not error.findings:
            raise
        terminal.out(FORMATS[layout](error.findings, {}))
        ctx.exit(1)
    findings = compiled.compilation.findings
    chosen = {node.id for node in compiled.selected(selection)}
    if selection:
        findings = tuple(f for f in findings if f.model in chosen)
    shown = FORMATS[layout](findings, compiled.texts)
    if shown:
        terminal.out(shown + ("\n" if layout == "text" else ""))
    models = sum(node.kind == "model" for node in compiled.selected(selection))
    if layout == "text":
        terminal.say(summary(findings, models))
    failing = {Severity.ERROR} | ({Severity.WARNING} if fail_on == "warning" else set())
    ctx.exit(1 if any(f.severity in failing for f in findings) else 0)
