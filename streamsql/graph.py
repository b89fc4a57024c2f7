"""What reads what: the order in which models are compiled and started, and selecting by it.

Nodes go by the name users give them: ``stg_orders`` for a model or a seed (they share one
namespace), ``shop.orders`` for a source. The selection syntax is dbt's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from streamsql.errors import UsageError
from streamsql.findings import Finding, did_you_mean
from streamsql.project.nodes import Model, ModelConfig, Project, Seed, Source
from streamsql.render.rendered import Reference, RenderedModel

Edges = Mapping[str, tuple[str, ...]]


class Node(NamedTuple):
    """A model, seed or source as selection sees it.

    ``fqn`` is the dotted folder path and name below the model path: ``marts.daily.revenue``.
    ``config`` is None for anything but a model that rendered.
    """

    id: str
    kind: str  # "model", "seed" or "source"
    path: str
    fqn: str
    tags: tuple[str, ...]
    config: ModelConfig | None = None


class Graph(NamedTuple):
    """Who reads whom. ``order`` holds every node, each after all that it reads.

    Nodes of a cycle and all that read them come last, where no order is right;
    ``cyclic`` are those of the cycles themselves.
    """

    nodes: Mapping[str, Node]
    order: tuple[str, ...]
    parents: Edges
    children: Edges
    cyclic: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()

    def ancestors(self, ids: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """Return ``ids`` and what they read, up to ``depth`` steps away."""
        return _reach(self.parents, ids, depth)

    def descendants(self, ids: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """Return ``ids`` and what reads them, up to ``depth`` steps away."""
        return _reach(self.children, ids, depth)

    def unsound(self, errors: Iterable[Finding]) -> frozenset[str]:
        """Return the models with errors and all that read them: no query can be made of them."""
        broken = {error.model for error in errors if error.model in self.nodes}
        return self.descendants(name for name in broken if name is not None)


def build_graph(
    project: Project, rendered: Sequence[RenderedModel], disabled: Collection[str] = ()
) -> Graph:
    """Link every model to what it reads. Cycles are findings, at one ``ref`` of the cycle.

    Models that did not render are nodes too; those that are switched off are not.
    """
    configs = {r.model.name: r.config for r in rendered}
    nodes = _nodes(project, configs, disabled)
    parents = dict.fromkeys(nodes, ()) | {
        r.model.name: tuple(
            dict.fromkeys(ref.name for ref in r.all_references if ref.name in nodes)
        )
        for r in rendered
        if r.model.name in nodes
    }
    children = _reversed(parents)
    sound = _topological(parents, children)
    placed = frozenset(sound)
    rest = tuple(id_ for id_ in nodes if id_ not in placed)
    cycles = _cycles(rest, parents)
    references = {r.model.name: r.references for r in rendered}
    return Graph(
        nodes=nodes,
        order=sound + rest,
        parents=parents,
        children=children,
        cyclic=frozenset(id_ for cycle in cycles for id_ in cycle),
        findings=tuple(_cycle_finding(cycle, references) for cycle in cycles),
    )


def _nodes(
    project: Project, configs: Mapping[str, ModelConfig], disabled: Collection[str]
) -> dict[str, Node]:
    sources = {s.unique_name: _source_node(s) for s in project.sources}
    seeds = {s.name: _seed_node(s) for s in project.seeds}
    folders = [str(PurePosixPath(path)) for path in project.settings.model_paths]
    models = {
        m.name: _model_node(m, configs.get(m.name), folders)
        for m in project.models
        if m.name not in disabled
    }
    return sources | seeds | models


def _source_node(source: Source) -> Node:
    name = source.unique_name
    return Node(name, "source", source.location.path, name, source.tags)


def _seed_node(seed: Seed) -> Node:
    return Node(seed.name, "seed", seed.path, seed.name, seed.tags)


def _model_node(model: Model, config: ModelConfig | None, folders: Sequence[str]) -> Node:
    path = model.path
    inside = (path[len(f) + 1 :] for f in folders if path.startswith(f"{f}/"))
    below = next(inside, path)
    fqn = ".".join((*below.split("/")[:-1], model.name))
    return Node(model.name, "model", model.path, fqn, config.tags if config else (), config)


def _reversed(edges: Edges) -> dict[str, tuple[str, ...]]:
    turned: dict[str, list[str]] = {id_: [] for id_ in edges}
    for child, parents in edges.items():
        for parent in parents:
            turned[parent].append(child)
    return {id_: tuple(ids) for id_, ids in turned.items()}


def _topological(parents: Edges, children: Edges) -> tuple[str, ...]:
    """Order by what is ready first; nodes that wait for a cycle are left out."""
    missing = {id_: len(ids) for id_, ids in parents.items()}
    order = [id_ for id_, count in missing.items() if not count]
    for id_ in order:  # grows while it is walked
        for child in children[id_]:
            missing[child] -= 1
            if not missing[child]:
                order.append(child)
    return tuple(order)


def _cycles(rest: Sequence[str], parents: Edges) -> list[tuple[str, ...]]:
    """Find cycles among nodes that each wait for another of ``rest``, none sharing a node."""
    left = dict.fromkeys(rest)
    cycles = []
    while left:
        walk = [next(iter(left))]
        while (step := next((p for p in parents[walk[-1]] if p in left), None)) is not None:
            if step in walk:
                cycles.append(_turned(walk[walk.index(step) :]))
                break
            walk.append(step)
        for id_ in walk:
            del left[id_]
    return cycles


def _turned(cycle: list[str]) -> tuple[str, ...]:
    """Begin at the least name, so that the message does not depend on where the walk began."""
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])


def _cycle_finding(
    cycle: tuple[str, ...], references: Mapping[str, tuple[Reference, ...]]
) -> Finding:
    model, read = cycle[0], cycle[1 % len(cycle)]
    reference = next(r for r in references[model] if r.name == read)
    path = " → ".join((*cycle, model))
    return Finding(
        rule="cycle",
        message=f"models read each other in a circle: {path}",
        location=reference.location,
        hint="a model cannot read its own output; take one of these ref() calls away",
        model=model,
    )


def _reach(edges: Edges, ids: Iterable[str], depth: int | None) -> frozenset[str]:
    reached = set(ids)
    edge = set(reached)
    while edge and depth != 0:
        edge = {n for id_ in edge for n in edges[id_]} - reached
        reached |= edge
        depth = None if depth is None else depth - 1
    return frozenset(reached)


_SELECTOR = re.compile(
    r"(?P<at>@)?(?:(?P<up>\d*)\+)?"
    r"(?:(?P<method>[a-z_]+(?:\.[A-Za-z_.]+)?):)?(?P<value>[^+@:\s]+)"
    r"(?:(?P<plus>\+)(?P<down>\d*))?"
)


def select(
    graph: Graph, select: Sequence[str] = (), exclude: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the ids of the selected nodes, in the graph's order; all if nothing is asked.

    Blanks (and several arguments) unite, commas intersect: ``+orders``, ``orders+2``,
    ``@orders``, ``tag:hourly``, ``path:models/marts``, ``models/marts/x.sql``, ``marts``,
    ``config.materialized:topic``, ``source:shop.orders``, ``resource_type:seed``, ``stg_*``.

    Raises:
        UsageError: a selector is malformed or matches nothing; an unmatched ``exclude``
            counts too, because a slip of the pen there runs what was to be left out.
    """
    chosen = _union(graph, select) if _terms(select) else frozenset(graph.nodes)
    chosen -= _union(graph, exclude)
    return tuple(id_ for id_ in graph.order if id_ in chosen)


def _terms(arguments: Sequence[str]) -> list[str]:
    return [term for argument in arguments for term in argument.split()]


def _union(graph: Graph, arguments: Sequence[str]) -> frozenset[str]:
    return frozenset().union(*(_intersection(graph, term) for term in _terms(arguments)))


def _intersection(graph: Graph, term: str) -> frozenset[str]:
    parts = [_selected(graph, part) for part in term.split(",")]
    both = parts[0].intersection(*parts[1:])
    if not both:
        raise UsageError(
            f"the selector '{term}' matches nothing: each part does, but no node matches all"
        )
    return both


def _selected(graph: Graph, text: str) -> frozenset[str]:
    match = _SELECTOR.fullmatch(text)
    if match is None:
        raise UsageError(
            f"'{text}' is not a selector",
            hint="write a name, +name, name+, @name, tag:…, path:…, config.…:…, source:…",
        )
    method, value = match["method"], match["value"]
    found = frozenset(id_ for id_, node in graph.nodes.items() if _matcher(method, value)(node))
    if not found:
        raise UsageError(f"the selector '{text}' matches nothing", hint=_near(graph, method, value))
    return _widened(graph, found, match)


def _widened(graph: Graph, found: frozenset[str], match: re.Match[str]) -> frozenset[str]:
    if match["at"]:
        return graph.ancestors(graph.descendants(found))
    wide = found
    if match["up"] is not None:
        wide |= graph.ancestors(found, int(match["up"]) if match["up"] else None)
    if match["plus"]:
        wide |= graph.descendants(found, int(match["down"]) if match["down"] else None)
    return wide


def _matcher(method: str | None, value: str) -> Callable[[Node], bool]:
    if method is None:
        method = "path" if "/" in value or value.endswith((".sql", ".csv")) else "fqn"
    name, _, key = method.partition(".")
    if name == "config" and key:
        return lambda node: node.config is not None and _config_matches(node.config, key, value)
    if method not in _METHODS:
        known = (*_METHODS, "config.<key>")
        raise UsageError(
            f"unknown selector method '{method}:'",
            hint=did_you_mean(method, known) or f"methods are {', '.join(known)}",
        )
    matches = _METHODS[method]
    return lambda node: matches(node, value)


def _fqn_matches(node: Node, value: str) -> bool:
    if node.kind == "source":
        return False
    folder = node.fqn.split(".")[: value.count(".") + 1]
    return fnmatchcase(node.id, value) or fnmatchcase(".".join(folder), value)


def _path_matches(node: Node, value: str) -> bool:
    wanted = value.removeprefix("./").rstrip("/")
    path = PurePosixPath(node.path)
    return any(fnmatchcase(str(p), wanted) for p in (path, *path.parents))


def _source_matches(node: Node, value: str) -> bool:
    if node.kind != "source":
        return False
    return fnmatchcase(node.id, value) or fnmatchcase(node.id.split(".")[0], value)


_METHODS: Mapping[str, Callable[[Node, str], bool]] = {
    "fqn": _fqn_matches,
    "path": _path_matches,
    "tag": lambda node, value: any(fnmatchcase(tag, value) for tag in node.tags),
    "source": _source_matches,
    "resource_type": lambda node, value: node.kind == value,
}


def _config_matches(config: ModelConfig, key: str, value: str) -> bool:
    found: Any = config
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else getattr(found, part, None)
    members = found if isinstance(found, tuple) else (found,)
    return any(fnmatchcase(_as_written(member), value) for member in members if member is not None)


def _as_written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _near(graph: Graph, method: str | None, value: str) -> str | None:
    nodes = graph.nodes.values()
    known: Mapping[str | None, Iterable[str]] = {
        None: (n.id for n in nodes),
        "fqn": (n.id for n in nodes if n.kind != "source"),
        "path": (n.path for n in nodes),
        "tag": (tag for n in nodes for tag in n.tags),
        "source": (n.id for n in nodes if n.kind == "source"),
        "resource_type": ("model", "seed", "source"),
    }
    names = tuple(known.get(method, ()))
    if method is None and value in names:
        return f"'{value}' is a source: select it with source:{value}"
    return did_you_mean(value, names)
