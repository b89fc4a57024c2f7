"""``streamsql seed``."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.findings import Finding
    from streamsql.project.nodes import Seed


@click.command("seed")
@selection_options
@option("--show", is_flag=True, help="Print the rows as well.")
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context, project: ProjectOptions, selection: SelectionOptions, show: bool
) -> None:
    """Check the project's seeds and show what is in them.

    A seed is a small CSV file. It is not loaded anywhere: its typed rows become part of the
    queries that read it. This command tells its columns with their types, how many rows it
    has, and which models read it.

    \b
    Examples:
      streamsql seed
      streamsql seed -s currency_rates --show

    \b
    Exit codes:
      0  every seed can be read
      1  a seed has errors
      2  the command was used wrongly
    """
    from streamsql.cli.output import as_text

    terminal = ctx.ensure_object(Terminal)
    compiled = compile_for(project, terminal)
    chosen = {node.id for node in compiled.selected(selection)}
    seeds = [s for s in compiled.compilation.project.seeds if s.name in chosen]
    if not seeds and not compiled.compilation.errors:
        terminal.say("no seeds: there is no CSV file in the project's seed-paths")
    for seed in seeds:
        terminal.out(_described(seed, compiled.compilation.graph.children[seed.name]))
        if show:
            terminal.out(_rows(seed))
    errors = _seed_errors(compiled)
    if errors:
        terminal.tell(as_text(errors, compiled.texts))
        ctx.exit(1)


def _described(seed: Seed, readers: tuple[str, ...]) -> str:
    from streamsql.cli.output import plural

    columns = ", ".join(f"{c.name} {c.data_type}" for c in seed.columns)
    used = f"read by {', '.join(readers)}" if readers else "read by no model"
    return f"{seed.name} ({seed.path}): {plural(len(seed.rows), 'row')}, {used}\n  {columns}"


def _rows(seed: Seed) -> str:
    names = tuple(c.name for c in seed.columns)
    rows = [names, *(tuple("NULL" if c is None else c for c in row) for row in seed.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(names))]
    lines = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
    return "\n".join(f"  {line}".rstrip() for line in lines)


def _seed_errors(compiled: Compiled) -> tuple[Finding, ...]:
    folders = tuple(f"{p.rstrip('/')}/" for p in compiled.compilation.project.settings.seed_paths)
    return tuple(f for f in compiled.compilation.errors if f.location.path.startswith(folders))
