"""Rendering of templates that are text and plain calls, without compiling them.

Most models only call ``config``, ``ref``, ``source``, ``var`` or a macro with constants. Jinja
spends most of its time on making Python of a template; these need none. Whatever is not simple
goes to Jinja, and what both can do is the same: a test renders each way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import nodes
from jinja2.runtime import Context

from streamsql.findings import Location
from streamsql.render.environment import SITE, ModelEnvironment, Parsed, begin_of
from streamsql.render.pieces import Piece, computed_piece, literal_piece


def is_simple(parsed: Parsed) -> bool:
    """Tell whether a template is nothing but text and calls with constant arguments."""
    return all(
        isinstance(node, nodes.Output) and all(map(_is_simple_part, node.nodes))
        for node in parsed.tree.body
    )


def _is_simple_part(node: nodes.Expr) -> bool:
    if not isinstance(node, nodes.Call):
        return isinstance(node, nodes.TemplateData)
    arguments = (*node.args, *(keyword.value for keyword in node.kwargs))
    return (
        isinstance(node.node, nodes.Name)
        and node.dyn_args is None
        and node.dyn_kwargs is None
        and all(map(_is_constant, arguments))
    )


def _is_constant(node: nodes.Node) -> bool:
    match node:
        case nodes.Const():
            return True
        case nodes.List() | nodes.Tuple():
            return all(map(_is_constant, node.items))
        case nodes.Dict():
            return all(_is_constant(p.key) and _is_constant(p.value) for p in node.items)
    return False


def simple_pieces(
    environment: ModelEnvironment, parsed: Parsed, names: dict[str, Any]
) -> Iterator[Piece]:
    """Yield what a simple template writes, doing its calls as they come."""
    context = Context(environment, names, parsed.path, {})
    for output in parsed.tree.body:
        assert isinstance(output, nodes.Output)
        for part in output.nodes:
            if isinstance(part, nodes.TemplateData):
                line = part.lineno
                place = Location(parsed.path, int(line), getattr(line, "column", 1))
                yield literal_piece(part.data, place)
            elif isinstance(part, nodes.Call):
                value = _called(environment, context, part, parsed.path)
                yield computed_piece(value, begin_of(part, parsed.path, parsed.begins))


def _called(environment: ModelEnvironment, context: Context, node: nodes.Call, path: str) -> Any:
    assert isinstance(node.node, nodes.Name)
    args = [arg.as_const() for arg in node.args]
    kwargs = {keyword.key: keyword.value.as_const() for keyword in node.kwargs}
    site = environment.add_site(node, path)
    return environment.call(
        context, context.resolve(node.node.name), *args, **kwargs, **{SITE: site}
    )
