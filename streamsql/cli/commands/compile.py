"""``streamsql compile``."""

from __future__ import annotations

import time

import click

from streamsql.cli.compiling import compile_for
from streamsql.cli.options import (
    ProjectOptions,
    SelectionOptions,
    output_options,
    project_options,
    selection_options,
)
from streamsql.cli.terminal import Terminal


@click.command("compile")
@selection_options
@project_options
@output_options
@click.pass_context
def command(ctx: click.Context, project: ProjectOptions, selection: SelectionOptions) -> None:
    """Compile the project into target/, without Spark.

    Writes the SQL of each model and of each streaming query to target/compiled/, the project's
    description to target/manifest.json and what Spark will be told to target/plan.json.

    \b
    Examples:
      streamsql compile
      streamsql compile -s +revenue_per_minute
      streamsql compile --target prod --vars '{days: 3}'

    \b
    Exit codes:
      0  the project compiles
      1  it has errors; what is sound was written all the same
      2  the command was used wrongly
    """
    from streamsql.cli.output import as_text, plural, summary
    from streamsql.cli.target import write_artefacts
    from streamsql.plan.narrow import narrow_plan

    terminal = ctx.ensure_object(Terminal)
    started = time.perf_counter()
    compiled = compile_for(project, terminal)
    nodes = compiled.selected(selection)
    models = {node.id for node in nodes if node.kind == "model"}
    write_artefacts(compiled, terminal, models if selection else None)
    seconds = time.perf_counter() - started
    compilation = compiled.compilation
    if compilation.errors:
        terminal.tell(as_text(compilation.errors, compiled.texts))
    queries = narrow_plan(compilation.plan, models).queries if compilation.plan else ()
    written = [p for p in compilation.parsed if p.rendered.model.name in models]
    terminal.say(
        f"compiled {plural(len(written), 'model')} into {plural(len(queries), 'query')}"
        f" in {seconds:.2f} s: {summary(compilation.findings)}"
    )
    ctx.exit(1 if compilation.errors else 0)
