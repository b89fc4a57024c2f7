"""Rendering: from templates to SQL text, and from a place in it back to the template."""

from streamsql.render.functions import RenderContext
from streamsql.render.render import Attempt, Rendering, render_model, render_project
from streamsql.render.rendered import Reference, RenderedModel, SourceMap, Span

__all__ = [
    "Attempt",
    "Reference",
    "RenderContext",
    "RenderedModel",
    "Rendering",
    "SourceMap",
    "Span",
    "render_model",
    "render_project",
]
