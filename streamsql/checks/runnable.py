"""Which models have a query to run: those that write, if they read a stream."""

from __future__ import annotations

from collections.abc import Iterable

from streamsql.findings import Finding
from streamsql.project.nodes import Project
from streamsql.render.rendered import RenderedModel

RUN = ("topic", "table", "sink")  # what has a query of its own


def check_runnable(
    project: Project, sound: Iterable[tuple[RenderedModel, str | None]]
) -> tuple[Finding, ...]:
    """Find what planning would find, without making a plan: for those who only look.

    ``sound`` are the models that a plan would be made of, upstream first, with their modes.
    """
    streams = {source.relation for source in project.sources}
    faults: list[Finding] = []
    for rendered, mode in sound:
        runs = rendered.config.materialized in RUN
        reads = any(r.relation in streams for r in rendered.references)
        if runs or reads:
            streams.add(rendered.model.relation)
        if runs and mode is not None and not reads:
            faults.append(nothing_to_run(rendered))
    return tuple(faults)


def nothing_to_run(rendered: RenderedModel) -> Finding:
    """Return that a model reads no stream, and so has no query."""
    model = rendered.model
    return Finding(
        "not-streaming",
        f"'{model.name}' reads no stream, so there is nothing to run as a "
        f"{rendered.config.materialized}",
        model.location,
        hint="read a source or a topic model, or make it a view",
        model=model.name,
    )
