"""``streamsql ls``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from streamsql.graph import Node


@click.command("ls")
@selection_options
@option(
    "--resource-type",
    type=click.Choice(["model", "seed", "source", "all"]),
    default="all",
    show_default=True,
    help="Only nodes of this kind.",
)
@option(
    "--output",
    "layout",
    type=click.Choice(["name", "path", "text", "json"]),
    default="name",
    show_default=True,
    help="What to print of each: text is a table, json one object a line.",
)
@project_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: ProjectOptions,
    selection: SelectionOptions,
    resource_type: str,
    layout: str,
) -> None:
    """List the models, seeds and sources of the project.

    They come upstream first. Names can be given to --select again.

    \b
    Examples:
      streamsql ls
      streamsql ls -s source:shop.orders+ --resource-type model
      streamsql ls -s config.materialized:topic --output text

    \b
    Exit codes:
      0  listed
      1  the project has errors; what could be read was listed
      2  a selector matches nothing, or the command was used wrongly
    """
    from streamsql.cli.output import summary

    terminal = ctx.ensure_object(Terminal)
    compiled = compile_for(project, terminal, with_plan=False)
    nodes = [n for n in compiled.selected(selection) if resource_type in (n.kind, "all")]
    if nodes:
        terminal.out(_LAYOUTS[layout](nodes))
    if errors := compiled.compilation.errors:
        terminal.complain(f"the project has {summary(errors)}; 'streamsql lint' shows them")
        ctx.exit(1)


def _name(node: Node) -> str:
    return f"source:{node.id}" if node.kind == "source" else node.id


def _names(nodes: Sequence[Node]) -> str:
    return "\n".join(map(_name, nodes))


def _paths(nodes: Sequence[Node]) -> str:
    return "\n".join(dict.fromkeys(node.path for node in nodes))


def _materialized(node: Node) -> str:
    return node.config.materialized if node.config else node.kind


def _table(nodes: Sequence[Node]) -> str:
    rows = [(_name(n), _materialized(n), n.path, ", ".join(n.tags)) for n in nodes]
    rows.insert(0, ("name", "kind", "path", "tags"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    padded = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(cell.ljust(w) for cell, w in row).rstrip() for row in padded)


def _objects(nodes: Sequence[Node]) -> str:
    return "\n".join(json.dumps(_object(node), ensure_ascii=False) for node in nodes)


def _object(node: Node) -> Mapping[str, Any]:
    return {
        "name": node.id,
        "resource_type": node.kind,
        "materialized": _materialized(node),
        "path": node.path,
        "fqn": node.fqn.split("."),
        "tags": list(node.tags),
        "dead_letter": _dead_letter(node),
    }


def _dead_letter(node: Node) -> str | None:
    """Return the topic of a model's dead letters, where it has one."""
    where = node.config.dead_letter if node.config else None
    return where.topic if where is not None else None


_LAYOUTS: Mapping[str, Callable[[Sequence[Node]], str]] = {
    "name": _names,
    "path": _paths,
    "text": _table,
    "json": _objects,
}
