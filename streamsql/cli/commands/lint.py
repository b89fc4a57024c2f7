"""``streamsql lint``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from streamsql.cli.compiling import Compiled, compile_for
from streamsql.cli.options import (
    ProjectOptions,
    SelectionOptions,
    option,
    output_options,
    project_options,
    selection_options,
)
from streamsql.cli.remembering import linted, recalled
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.findings import Finding

_Seen = TypeVar("_Seen")


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
    type=click.Choice(["error", "warning", "info"]),
    show_default="the project's, else error",
    help="What makes the exit code 1.",
)
@option("--explain", metavar="RULE", help="Print the page of a rule, and lint nothing.")
@option("--rules", is_flag=True, help="List all rules, and lint nothing.")
@option(
    "--write-baseline",
    is_flag=True,
    help="Write what is found into the baseline, so that it is told no more.",
)
@option(
    "--no-cache",
    is_flag=True,
    help="Look at everything anew, and keep nothing of it for the next time.",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    selection: SelectionOptions,
    layout: str,
    fail_on: str | None,
    explain: str | None,
    rules: bool,
    write_baseline: bool,
    no_cache: bool,
) -> None:
    """Find what is wrong with the project, without Spark.

    Reports the findings of every stage, each with its file, line and column, why it matters and
    how to mend it. With a selection, only those that belong to the selected models.

    \b
    Examples:
      streamsql lint
      streamsql lint --explain unknown-column
      streamsql lint --format sarif > findings.sarif
      streamsql lint -s marts --fail-on warning

    \b
    Exit codes:
      0  no errors (with --fail-on warning: no warnings either; info: nothing at all)
      1  at least one
      2  the command was used wrongly
    """
    terminal = ctx.ensure_object(Terminal)
    if explain or rules:
        _tell_of_rules(explain, layout, project, terminal)
        return
    if not (selection or write_baseline or no_cache):
        told, seen = recalled(project, terminal)
        remembered, texts = told or _telling(
            ctx, layout, terminal, lambda: linted(project, terminal, seen)
        )
        _report(remembered.findings, remembered.models, texts, layout, terminal)
        ctx.exit(1 if _fails(remembered.findings, fail_on or remembered.fail_on) else 0)
    compiled = _telling(
        ctx, layout, terminal, lambda: compile_for(project, terminal, with_plan=False)
    )
    if write_baseline:
        _write_baseline(compiled, terminal)
        return
    findings = compiled.compilation.findings
    selected = compiled.selected(selection)
    if selection:
        chosen = {node.id for node in selected}
        findings = tuple(f for f in findings if f.model in chosen)
    models = sum(node.kind == "model" for node in selected)
    _report(findings, models, compiled.texts, layout, terminal)
    least = fail_on or compiled.compilation.project.settings.lint.fail_on
    ctx.exit(1 if _fails(findings, least) else 0)


def _telling(
    ctx: click.Context, layout: str, terminal: Terminal, look: Callable[[], _Seen]
) -> _Seen:
    """Look at the project; what makes that impossible is told as the other findings are."""
    from streamsql.cli.output import FORMATS
    from streamsql.errors import ProjectError

    try:
        return look()
    except ProjectError as error:
        if not error.findings:
            raise
        terminal.out(FORMATS[layout](error.findings, {}))
        ctx.exit(1)


def _report(
    findings: tuple[Finding, ...],
    models: int,
    texts: Mapping[str, str],
    layout: str,
    terminal: Terminal,
) -> None:
    from streamsql.cli.output import FORMATS, summary

    shown = FORMATS[layout](findings, texts)
    if shown:
        terminal.out(shown + ("\n" if layout == "text" else ""))
    if layout == "text":
        terminal.say(summary(findings, models))


def _fails(findings: tuple[Finding, ...], least: str) -> bool:
    from streamsql.findings import Severity

    failing = list(Severity)[: list(Severity).index(Severity(least)) + 1]
    return any(f.severity in failing for f in findings)


def _tell_of_rules(
    explain: str | None, layout: str, project: ProjectOptions, terminal: Terminal
) -> None:
    from streamsql.cli.explaining import explanation, known_findings, listing

    known = known_findings(project, terminal)
    terminal.out(explanation(explain, known, layout) if explain else listing(known, layout))


def _write_baseline(compiled: Compiled, terminal: Terminal) -> None:
    from streamsql.checks.baseline import baseline_text
    from streamsql.cli.output import plural
    from streamsql.errors import UsageError

    compilation = compiled.compilation
    name = compilation.project.settings.lint.baseline
    path = Path(compiled.root, name)
    if not path.resolve().is_relative_to(compiled.root):
        raise UsageError(
            f"the baseline '{name}' is outside of the project",
            hint="set lint.baseline to a path inside of it",
        )
    kept = compilation.adoptable
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(terminal.masked(baseline_text(kept)), encoding="utf-8")
    terminal.say(f"{name} holds {plural(len(kept), 'finding')}")
    if compilation.errors:
        count = plural(len(compilation.errors), "error")
        terminal.say(f"{count} cannot be part of it: Spark refuses them, or they do not compile")
