"""``streamsql explain``."""

from __future__ import annotations

import json

import click

from streamsql.cli.compiling import compile_for
from streamsql.cli.options import ProjectOptions, option, output_options, project_options
from streamsql.cli.terminal import Terminal


@click.command("explain")
@click.argument("model", metavar="MODEL")
@option(
    "--output",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A tree in plain words, or one JSON object.",
)
@project_options
@output_options
@click.pass_context
def command(ctx: click.Context, project: ProjectOptions, model: str, layout: str) -> None:
    """Say what a model does as a stream, without Spark.

    What its query reads, what it remembers and when that is dropped, where a watermark is lost,
    and which output modes Spark allows, with the reason where it does not.

    \b
    Examples:
      streamsql explain revenue
      streamsql explain revenue --output json

    \b
    Exit codes:
      0  told
      1  the project or the model cannot be read
      2  there is no such model, or the command was used wrongly
    """
    from streamsql.errors import UsageError
    from streamsql.explanation import as_tree, drawn, explain
    from streamsql.findings import did_you_mean

    terminal = ctx.ensure_object(Terminal)
    compilation = compile_for(project, terminal, with_plan=False).compilation
    names = [m.name for m in compilation.project.models]
    if model not in names:
        near = did_you_mean(model, names) or "'streamsql ls' lists them"
        raise UsageError(f"there is no model '{model}'", hint=near)
    explained = explain(compilation, model)
    if explained is None:
        terminal.complain(f"'{model}' cannot be explained: 'streamsql lint' shows what is wrong")
        ctx.exit(1)
    if layout == "json":
        terminal.out(json.dumps(explained, indent=2, ensure_ascii=False))
    else:
        terminal.out(drawn(as_tree(explained)))
