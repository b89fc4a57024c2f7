"""``streamsql lineage``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from streamsql.cli.compiling import Compiled, compile_for
from streamsql.cli.options import ProjectOptions, option, output_options, project_options
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.lineage import ColumnUse, ProjectLineage


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for: a node, one of its columns or all, and in which direction."""

    lineage: ProjectLineage
    compiled: Compiled
    node: str
    column: str | None
    down: bool
    depth: int | None


@click.command("lineage")
@click.argument("name", metavar="MODEL[.COLUMN]", required=False)
@option(
    "--output",
    "layout",
    type=click.Choice(["text", "json", "mermaid", "openlineage"]),
    default="text",
    show_default=True,
    help="A tree, one JSON object, a Mermaid flowchart, or OpenLineage events, one a line.",
)
@option(
    "--upstream/--downstream",
    "upstream",
    default=True,
    show_default=True,
    help="Where columns come from, or what is made of them.",
)
@option(
    "--depth",
    type=click.IntRange(min=1),
    help="How many steps the tree shows.  [default: all for a column, 1 for a model]",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    name: str | None,
    layout: str,
    upstream: bool,
    depth: int | None,
) -> None:
    """Show where columns come from, up to the fields of topics.

    NAME is a model, a column of one, or a field in a column: revenue.amount. With --downstream
    it may be a source or seed as well: shop.orders.customer.id. Without a name, all queries of
    the project as OpenLineage events (--output openlineage).

    \b
    Examples:
      streamsql lineage revenue
      streamsql lineage revenue.amount --output mermaid
      streamsql lineage shop.orders.amount --downstream
      streamsql lineage --output openlineage > events.jsonl

    \b
    Exit codes:
      0  shown
      1  the project cannot be read
      2  there is no such model or column, or the command was used wrongly
    """
    from streamsql.errors import UsageError
    from streamsql.lineage import project_lineage

    terminal = ctx.ensure_object(Terminal)
    compiled = compile_for(project, terminal, with_plan=False)
    lineage = project_lineage(compiled.compilation)
    if name is None:
        if layout != "openlineage":
            raise UsageError(
                "lineage of which model?", hint="give its name, or --output openlineage for all"
            )
        terminal.out(_events(compiled, lineage, None))
        return
    node, column = _node_and_column(compiled, lineage, name, down=not upstream)
    asked = _Asked(lineage, compiled, node, column, not upstream, depth)
    terminal.out(_LAYOUTS[layout](asked))


def _node_and_column(
    compiled: Compiled, lineage: ProjectLineage, name: str, *, down: bool
) -> tuple[str, str | None]:
    """Split ``shop.orders.customer.id`` into a node and a field.

    Raises:
        UsageError: there is no such node or column, or nothing is known of it.
    """
    from streamsql.errors import UsageError
    from streamsql.findings import did_you_mean

    nodes = compiled.compilation.graph.nodes
    parts = name.removeprefix("source:").split(".")
    for length in range(len(parts), 0, -1):
        node, column = ".".join(parts[:length]), ".".join(parts[length:]) or None
        if node in nodes:
            break
    else:
        near = did_you_mean(parts[0], nodes) or "'streamsql ls' lists them"
        raise UsageError(f"there is no model '{parts[0]}'", hint=near)
    if node not in lineage.models:
        if nodes[node].kind == "model":
            hint = "'streamsql lint' shows what is wrong with it"
            raise UsageError(f"the columns of '{node}' are not known", hint=hint)
        if not down:
            hint = "--downstream shows what is made of it"
            raise UsageError(f"'{node}' is where lineage begins", hint=hint)
        known = _outer_columns(compiled, node)
    else:
        known = lineage.columns(node)
    if column and known and not _is_known(column, known):
        hint = did_you_mean(column.split(".")[0], known) or f"there is {', '.join(known)}"
        raise UsageError(f"'{node}' has no column '{column}'", hint=hint)
    return node, column


def _outer_columns(compiled: Compiled, node: str) -> tuple[str, ...]:
    project = compiled.compilation.project
    for source in project.sources:
        if source.unique_name == node:
            relation = compiled.compilation.resolution.relations[source.relation]
            declared = tuple(c.name for c in source.columns)
            return (*declared, *(c.name for c in relation.hidden)) if declared else ()
    return tuple(c.name for s in project.seeds if s.name == node for c in s.columns)


def _is_known(path: str, columns: tuple[str, ...]) -> bool:
    lowered = path.lower()
    return any(lowered == c.lower() or lowered.startswith(f"{c.lower()}.") for c in columns)


def _json(asked: _Asked) -> str:
    from streamsql.lineage import described_column, described_model, described_readers

    if asked.down:
        found: Mapping[str, Any] = described_readers(asked.lineage, asked.node, asked.column)
    else:
        found = described_model(asked.lineage, asked.node)
        if asked.column is not None:
            one = described_column(asked.lineage, asked.node, asked.column)
            found = {**found, "columns": [one]}
    return json.dumps(found, indent=2, ensure_ascii=False)


def _columns(asked: _Asked) -> tuple[str, ...]:
    if asked.column is not None:
        return (asked.column,)
    if asked.node in asked.lineage.models:
        return asked.lineage.columns(asked.node)
    return tuple(dict.fromkeys(r.path for r in asked.lineage.readers(asked.node)))


def _mermaid(asked: _Asked) -> str:
    from streamsql.lineage.mermaid import edges_above, edges_below, flowchart

    edges = edges_below if asked.down else edges_above
    return flowchart(edges(asked.lineage, asked.node, _columns(asked)))


def _openlineage(asked: _Asked) -> str:
    return _events(asked.compiled, asked.lineage, asked.node)


def _events(compiled: Compiled, lineage: ProjectLineage, node: str | None) -> str:
    from streamsql.errors import UsageError
    from streamsql.lineage.openlineage import job_events

    if node is not None and node not in lineage.stored:
        raise UsageError(
            f"'{node}' has no query of its own",
            hint="OpenLineage tells of topics, tables and sinks",
        )
    events = job_events(
        compiled.compilation,
        lineage,
        at=datetime.now(UTC),
        models=None if node is None else (node,),
    )
    return "\n".join(json.dumps(event, ensure_ascii=False) for event in events)


# The tree


_HOW = ("", "transformed from ", "aggregated from ")
_MADE = ("", "transformed into ", "aggregated into ")
_ROWS = {"filtered": "filtered by", "joined": "joined on", "grouped": "grouped by"}


def _text(asked: _Asked) -> str:
    lines = [_title(asked)]
    depth = asked.depth or (None if asked.column else 1)
    children = _below if asked.down else _above
    for number, column in enumerate(columns := _columns(asked)):
        if asked.column is None:
            last = number == len(columns) - 1
            lines.append(f"{'└── ' if last else '├── '}{column}")
            indent = "    " if last else "│   "
        else:
            indent = ""
        lines += _branches(asked, (asked.node, column), children, indent, depth)
    lines += _row_lines(asked)
    return "\n".join(lines)


def _title(asked: _Asked) -> str:
    return asked.node if asked.column is None else f"{asked.node}.{asked.column}"


_Field = tuple[str, str]
_Children = Callable[["_Asked", _Field], Iterator[tuple[str, _Field]]]


def _above(asked: _Asked, at: _Field) -> Iterator[tuple[str, _Field]]:
    uses: tuple[ColumnUse, ...] = asked.lineage.uses(*at)
    for use in uses:
        yield _HOW[use.how], (use.node, use.path)


def _below(asked: _Asked, at: _Field) -> Iterator[tuple[str, _Field]]:
    made = {(r.node, r.column): r.how for r in asked.lineage.readers(*at)}
    for name, how in made.items():
        yield _MADE[how], name


def _branches(
    asked: _Asked, at: _Field, children: _Children, indent: str, depth: int | None
) -> Iterator[str]:
    if depth == 0:
        return
    found = list(children(asked, at))
    for number, (how, name) in enumerate(found):
        last = number == len(found) - 1
        yield f"{indent}{'└── ' if last else '├── '}{click.style(how, dim=True)}{'.'.join(name)}"
        further = indent + ("    " if last else "│   ")
        less = None if depth is None else depth - 1
        yield from _branches(asked, name, children, further, less)


def _row_lines(asked: _Asked) -> Iterator[str]:
    """Tell what decides over rows: of the model (upstream), or where the column does."""
    told: dict[str, list[str]] = {}
    if asked.down:
        for reader in asked.lineage.row_readers(asked.node, asked.column):
            told.setdefault(reader.how, []).append(reader.node)
        told = {how: list(dict.fromkeys(nodes)) for how, nodes in told.items()}
    elif asked.node in asked.lineage.models:
        for use in asked.lineage.rows(asked.node):
            told.setdefault(use.how, []).append(f"{use.node}.{use.path}")
    for how, names in told.items():
        label = f"rows of these are {_ROWS[how]} it" if asked.down else f"rows are {_ROWS[how]}"
        yield f"{label}: {', '.join(names)}"


_LAYOUTS: Mapping[str, Callable[[_Asked], str]] = {
    "text": _text,
    "json": _json,
    "mermaid": _mermaid,
    "openlineage": _openlineage,
}
