"""``streamsql schema check``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from streamsql.cli.options import ProjectOptions, option, output_options, project_options
from streamsql.cli.schema_commands.work import Work, chosen_outputs, schema_work
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.registry.checking import Output, Verdict


@click.command("check")
@click.argument("models", nargs=-1, metavar="[MODEL]…")
@option("--offline", is_flag=True, help="Ask the pulled files instead of the registry.")
@option(
    "--output",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or one JSON object a schema.",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    models: tuple[str, ...],
    offline: bool,
    layout: str,
) -> None:
    """Say whom the schemas that topics are written with would break.

    The schemas of each topic's values and keys, of Avro and of JSON Schema (the version that
    its file proposes, else the one that is compiled in, else one derived from its columns), are
    held against what the registry has of their subjects, under each subject's compatibility
    level: with which version which field clashes, and whether readers of the old or of the
    new schema are broken.

    \b
    Examples:
      streamsql schema check
      streamsql schema check revenue_per_minute
      streamsql schema check --offline --output json

    \b
    Exit codes:
      0  nobody is broken
      1  somebody is, or it cannot be told
      2  the command was used wrongly
    """
    terminal = ctx.ensure_object(Terminal)
    with schema_work(project, terminal, offline=offline) as work:
        found = [_verdict(work, o, offline=offline) for o in chosen_outputs(work, models)]
    for verdict in found:
        if layout == "json":
            terminal.event(_object(verdict))
        else:
            terminal.out(as_text(verdict))
    if not found:
        terminal.say("no topic of the project is written with a schema")
    ctx.exit(0 if all(verdict.ok for verdict in found) else 1)


def _verdict(work: Work, output: Output, *, offline: bool) -> Verdict:
    from streamsql.registry.checking import check, registry_refuses
    from streamsql.registry.pulling import pulled

    if offline:
        return check(output, work.file(output.subject)[1])
    registry = work.registry(output.connection)
    verdict = check(output, pulled(registry, output.subject, None))
    if registry_refuses(verdict, registry):
        told = f"'{registry.name}' says that it is not compatible"
        return replace(verdict, status="incompatible", problem=told)
    return verdict


def as_text(verdict: Verdict) -> str:
    """Return the lines that tell a verdict."""
    output = verdict.output
    level = f", {verdict.level}" if verdict.level else ""
    lines = [f"{output.model}: {output.subject}{level}: {_status(verdict)}"]
    lines += [f"  {breach}" for breach in verdict.breaches]
    if verdict.problem:
        lines.append(f"  {verdict.problem}")
    return "\n".join(lines)


def _status(verdict: Verdict) -> str:
    return {
        "registered": f"registered as version {verdict.version}",
        "new": f"a new subject ({verdict.output.origin})",
        "compatible": f"compatible ({verdict.output.origin})",
        "incompatible": f"not compatible ({verdict.output.origin})",
        "unknown": "it cannot be told",
    }[verdict.status]


def _object(verdict: Verdict) -> Mapping[str, Any]:
    return {
        "model": verdict.output.model,
        "part": verdict.output.part,
        "subject": verdict.output.subject,
        "level": verdict.level,
        "status": verdict.status,
        "version": verdict.version,
        "breaches": [
            {
                "field": b.clash.field,
                "version": b.version,
                "broken": "readers of the new schema"
                if b.reads == "old"
                else f"readers of version {b.version}",
                "why": b.clash.why,
            }
            for b in verdict.breaches
        ],
        "problem": verdict.problem,
    }
