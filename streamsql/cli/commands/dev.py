"""``streamsql dev``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from streamsql.cli.compiling import Compiled, compile_for, read_project, selected_plan
from streamsql.cli.options import (
    DurationType,
    ProjectOptions,
    SelectionOptions,
    option,
    output_options,
    project_options,
    selection_options,
)
from streamsql.cli.signals import in_background, stop_on_signals
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.dev.loop import DevOptions, Watch
    from streamsql.plan.nodes import Plan
    from streamsql.project.nodes import ProjectFiles
    from streamsql.spark.events import RunReport


@click.command("dev")
@selection_options
@option("--events/--no-events", default=True, help="Play sample events.  [default: yes]")
@option("--seed", type=int, default=7, show_default=True, help="Which events: same seed, same.")
@option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=100.0,
    show_default=True,
    help="Records a second, all topics together.",
)
@option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="Seconds of event time a second, until the present is reached.",
)
@option(
    "--duration",
    type=DurationType(),
    metavar="TIME",
    help="End after so long: 30 (seconds), 90s, 5m.  [default: at Ctrl-C]",
)
@option(
    "--newest",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Rows of each topic and table to print at the end.",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    selection: SelectionOptions,
    events: bool,
    seed: int,
    rate: float,
    speed: float,
    duration: float | None,
    newest: int,
) -> None:
    """Run the project on this machine, with sample events, restarting on save.

    Starts the embedded broker, makes the topics, plays sample events into those of the sources
    (from the file of the setting dev-events, else made up from the declared columns) and runs
    the queries. When a file of the project is saved, the queries whose plan has changed are
    restarted; what does not compile is reported, and what ran goes on. Ctrl-C ends it.

    \b
    Examples:
      streamsql dev
      streamsql dev -s +revenue_per_minute --rate 500
      streamsql dev --duration 60 --newest 5

    \b
    Exit codes:
      0  stopped, and every query ended well
      1  the project has errors, or a query failed
      2  the command was used wrongly
    """
    from streamsql.cli.folders import broker_folder
    from streamsql.cli.rows import as_table
    from streamsql.cli.target import write_artefacts
    from streamsql.dev.loop import DevOptions
    from streamsql.dev.player import Pace

    terminal = ctx.ensure_object(Terminal)
    compiled = compile_for(project, terminal)
    plan = selected_plan(compiled, selection, terminal)
    write_artefacts(compiled, terminal)
    options = DevOptions(
        events=events,
        seed=seed,
        pace=Pace(speed, rate),
        tapes=broker_folder(compiled.compilation.project.target, compiled.root),
        duration=duration,
        newest=newest,
    )
    watch = _watch(compiled, project, selection, terminal)
    report = _loop(compiled, plan, options, watch, terminal)
    for output in report.outputs:
        terminal.out(f"\n{output.query}: {output.where}")
        terminal.out(as_table(output.columns, output.rows) if output.rows else "  (no rows yet)")
    ctx.exit(0 if report.ok else 1)


def _loop(
    compiled: Compiled, plan: Plan, options: DevOptions, watch: Watch, terminal: Terminal
) -> RunReport:
    from streamsql.cli.display import show_progress
    from streamsql.cli.machine import machine
    from streamsql.dev.loop import dev_loop

    project, root = compiled.compilation.project, compiled.root

    def work() -> RunReport:
        with machine(
            project, plan, root=root, target_path=compiled.target_path, observer=observer
        ) as here:
            return dev_loop(
                plan,
                project,
                here.connections,
                root=root,
                session=replace(here.session, quick=True),
                options=options,
                observer=observer,
                stop=stop,
                watch=watch,
            )

    with show_progress(terminal) as observer, stop_on_signals(terminal) as stop:
        return in_background(work)


def _watch(
    compiled: Compiled,
    options: ProjectOptions,
    selection: SelectionOptions,
    terminal: Terminal,
) -> Watch:
    """Look at the files as the first compile did; what is wrong is told and changes nothing."""
    from streamsql.dev.loop import Watch
    from streamsql.errors import StreamsqlError

    last = compiled.files

    def read() -> ProjectFiles:
        nonlocal last
        try:
            last, _ = read_project(options, terminal)
        except StreamsqlError as error:
            terminal.fail(error)
        return last

    def compile_plan(files: ProjectFiles) -> Plan | None:
        from streamsql.cli.compiling import compile_files, plan_of
        from streamsql.cli.output import as_text

        try:
            again = compile_files(files, options, terminal)
            if again.compilation.errors:
                terminal.tell(as_text(again.compilation.errors, again.texts))
                return None
            return plan_of(again, selection)
        except StreamsqlError as error:
            terminal.fail(error)
            return None

    return Watch(compiled.files, read, compile_plan)
