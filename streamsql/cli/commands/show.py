"""``streamsql show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamsql.cli.compiling import Compiled, compile_for, require_plan
from streamsql.cli.options import ProjectOptions, option, output_options, project_options
from streamsql.cli.signals import in_background
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.spark.events import RunEvent
    from streamsql.spark.preview import Preview


@click.command("show")
@option("-s", "--select", "model", required=True, metavar="MODEL", help="Which model.")
@option(
    "--limit",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many rows.",
)
@option(
    "--output",
    "layout",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print them; json is one object a line.",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context, project: ProjectOptions, model: str, limit: int, layout: str
) -> None:
    """Show the first rows of a model, from live input.

    Reads what the model's sources hold now and writes nothing anywhere. Windows are counted as
    if no more events came, so those that are still open are shown too.

    \b
    Examples:
      streamsql show -s revenue_per_minute
      streamsql show -s stg_orders --limit 100 --output csv > orders.csv

    \b
    Exit codes:
      0  shown, even if there were no rows
      1  the project has errors, or Spark could not run the model
      2  there is no such model, or the command was used wrongly
    """
    from streamsql.cli.output import plural
    from streamsql.cli.rows import LAYOUTS

    terminal = ctx.ensure_object(Terminal)
    shown = _preview(compile_for(project, terminal), model, limit, terminal)
    if shown.rows or layout == "csv":
        terminal.out(LAYOUTS[layout](shown.columns, shown.rows))
    terminal.say(plural(len(shown.rows), "row"))


def _preview(compiled: Compiled, model: str, limit: int, terminal: Terminal) -> Preview:
    from dataclasses import replace

    from streamsql.cli.machine import machine
    from streamsql.cli.progress import event_text
    from streamsql.spark.preview import preview

    plan = require_plan(compiled, terminal)
    query = compiled.preview_query(model)
    project = compiled.compilation.project

    def tell(event: RunEvent) -> None:
        terminal.say(event_text(event) or "")

    def work() -> Preview:
        only = replace(plan, queries=(query,))
        with machine(
            project, only, root=compiled.root, target_path=compiled.target_path, observer=tell
        ) as here:
            return preview(
                query,
                plan,
                here.connections,
                root=compiled.root,
                session=replace(here.session, quick=True),
                limit=limit,
            )

    return in_background(work)
