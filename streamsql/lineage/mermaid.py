"""Lineage as a Mermaid flowchart: nodes as boxes, columns in them, arrows by how."""

from __future__ import annotations

from collections.abc import Iterable

from streamsql.lineage.project import ProjectLineage
from streamsql.resolve import How

Edge = tuple[tuple[str, str], tuple[str, str], How]

_ARROWS = {How.IDENTITY: "-->", How.TRANSFORMATION: "-.->", How.AGGREGATION: "==>"}


def flowchart(edges: Iterable[Edge]) -> str:
    """Return the flowchart of these edges, each from a node's column to another one's.

    Plain arrows are columns taken as they are, dotted ones are transformed, thick ones
    aggregated.
    """
    drawn = list(dict.fromkeys(edges))
    boxes: dict[str, dict[str, str]] = {}
    for start, end, _ in drawn:
        for node, path in (start, end):
            columns = boxes.setdefault(node, {})
            columns.setdefault(path, "")
    lines = ["flowchart LR"]
    for number, (node, columns) in enumerate(boxes.items()):
        lines.append(f'  subgraph n{number}["{_escaped(node)}"]')
        for position, path in enumerate(columns):
            columns[path] = f"n{number}c{position}"
            lines.append(f'    {columns[path]}["{_escaped(path)}"]')
        lines.append("  end")
    lines += [
        f"  {boxes[start[0]][start[1]]} {_ARROWS[how]} {boxes[end[0]][end[1]]}"
        for start, end, how in drawn
    ]
    return "\n".join(lines)


def edges_above(lineage: ProjectLineage, node: str, columns: Iterable[str]) -> list[Edge]:
    """Return the edges from sources and seeds down to these columns of a model."""
    edges: dict[Edge, None] = {}
    waiting = [(node, column) for column in columns]
    seen = set(waiting)
    while waiting:
        at = waiting.pop(0)
        for use in lineage.uses(*at):
            above = (use.node, use.path)
            edges[above, at, use.how] = None
            if above not in seen:
                seen.add(above)
                waiting.append(above)
    return list(edges)


def edges_below(lineage: ProjectLineage, node: str, columns: Iterable[str]) -> list[Edge]:
    """Return the edges from these columns down to all that is made of them."""
    edges: dict[Edge, None] = {}
    waiting = [(node, column) for column in columns]
    seen = set(waiting)
    while waiting:
        at = waiting.pop(0)
        for _, name, column, how in lineage.readers(*at):
            edges[at, (name, column), how] = None
            if (name, column) not in seen:
                seen.add((name, column))
                waiting.append((name, column))
    return list(edges)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
