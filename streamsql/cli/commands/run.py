"""``streamsql run``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from streamsql.cli.compiling import Compiled, compile_for, selected_plan
from streamsql.cli.options import (
    ProjectOptions,
    SelectionOptions,
    assume_yes,
    option,
    output_options,
    project_options,
    selection_options,
)
from streamsql.cli.signals import in_background, stop_on_signals
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.plan.nodes import Plan
    from streamsql.spark.events import RunReport
    from streamsql.spark.run import RunOptions


@click.command("run")
@selection_options
@option("--once", is_flag=True, help="Process what is there now, then end: for CI and back-fills.")
@option(
    "-f",
    "--full-refresh",
    is_flag=True,
    help="Begin anew: a new checkpoint, emptied tables, every record read again.",
)
@option("-x", "--fail-fast", is_flag=True, help="Stop all queries when one fails.")
@assume_yes
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    selection: SelectionOptions,
    once: bool,
    full_refresh: bool,
    fail_fast: bool,
    yes: bool,
) -> None:
    """Run the project's streaming queries.

    Starts every selected query, writers before their readers, and keeps them running. Ctrl-C
    (or SIGTERM) stops them after the batch in flight; a second one aborts. A query that dies is
    reported, the others go on, and the exit code is 1 at the end. On a terminal progress is a
    table; elsewhere, one line of JSON an event. Results go to target/run_results.json.

    \b
    Examples:
      streamsql run
      streamsql run --once -s +revenue_per_minute
      streamsql run --target prod --log-format json
      streamsql run -s customer_latest_order --full-refresh

    \b
    Exit codes:
      0  every query ended well, or was stopped
      1  the project has errors, or a query failed
      2  the command was used wrongly
    """
    from streamsql.cli.target import write_artefacts, write_run_results

    terminal = ctx.ensure_object(Terminal)
    compiled = compile_for(project, terminal)
    plan = selected_plan(compiled, selection, terminal)
    write_artefacts(compiled, terminal)
    anew = _begun_anew(plan, selection) if full_refresh else frozenset[str]()
    if full_refresh and not yes:
        _confirm(plan, anew, terminal)
    started = time.monotonic()
    options = _options(anew, once=once, fail_fast=fail_fast)
    report = _run(compiled, plan, options, terminal)
    write_run_results(compiled.target_path, plan, report, time.monotonic() - started, terminal)
    terminal.say(_summary(report))
    ctx.exit(0 if report.ok else 1)


def _begun_anew(plan: Plan, selection: SelectionOptions) -> frozenset[str]:
    """Return the queries that --full-refresh is about.

    A source's dead letters are shared by all its readers: while only some models begin anew,
    they go on, or each bad record would be kept twice.
    """
    selected = bool(selection.select or selection.exclude)
    return frozenset(q.id for q in plan.queries if q.kind == "model" or not selected)


def _options(anew: frozenset[str], *, once: bool, fail_fast: bool) -> RunOptions:
    from streamsql.spark.run import RunOptions

    return RunOptions(once=once, full_refresh=anew, fail_fast=fail_fast)


def _confirm(plan: Plan, anew: frozenset[str], terminal: Terminal) -> None:
    """Ask before tables are emptied and topics get every row a second time."""
    from streamsql.errors import UsageError

    writes = [(q.id, w) for q in plan.queries if q.id in anew for w in q.writes]
    lines = [f"  {id_}: the table {w.path} is emptied" for id_, w in writes if w.kind == "table"]
    lines += [
        f"  {id_}: the topic {w.topic} keeps what it holds and gets every row again"
        for id_, w in writes
        if w.topic
    ]
    lines += [f"  {id_}: the table {w.table} is emptied" for id_, w in writes if w.table]
    if not lines:
        return
    terminal.tell("--full-refresh begins these anew:\n" + "\n".join(lines))
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here", hint="say --yes if that is meant")
    click.confirm("Go on?", abort=True)


def _run(compiled: Compiled, plan: Plan, options: RunOptions, terminal: Terminal) -> RunReport:
    from streamsql.cli.display import show_progress
    from streamsql.cli.machine import machine
    from streamsql.spark.run import run_plan

    def work() -> RunReport:
        with machine(
            compiled.compilation.project,
            plan,
            root=compiled.root,
            target_path=compiled.target_path,
            observer=observer,
        ) as here:
            return run_plan(
                plan,
                here.connections,
                root=compiled.root,
                session=here.session,
                options=options,
                observer=observer,
                stop=stop,
            )

    with show_progress(terminal) as observer, stop_on_signals(terminal) as stop:
        return in_background(work)


def _summary(report: RunReport) -> str:
    from streamsql.cli.output import plural

    counts = {
        word: sum(r.status == status for r in report.results)
        for status, word in (("success", "ended well"), ("error", "failed"), ("skipped", "skipped"))
    }
    listed = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{plural(len(report.results), 'query')}: {listed or 'none was started'}"
