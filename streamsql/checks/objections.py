"""What Spark refuses in a query, as the facts have it, for the rules that report it."""

from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault
from streamsql.findings import Location
from streamsql.resolve import Objection, Operation, ResolvedModel

_RUNS = frozenset({"topic", "table", "sink"})


def objections(model: ResolvedModel, rule: str) -> Iterator[Fault]:
    """Yield a fault for each part of a model that ``rule`` is to report, at its place.

    For a model with a query of its own, what its output mode forbids; for a view, what every
    mode forbids. A part of a view that the view itself cannot judge, because its reader has the
    mode or chooses the columns, is reported at the reader.
    """
    for objection in standing(model):
        cause = objection.cause
        if objection.rule != rule or cause is None:
            continue
        unjudged = isinstance(cause, Operation) and not cause.streaming
        if cause.model == model.name or unjudged:
            yield Fault(objection.reason, cause.location, objection.hint)
        elif _is_of_some_modes(model, objection):
            where = f" (in {cause.model}, line {cause.location.line})"
            yield Fault(objection.reason + where, _place(model, cause.model), objection.hint)


def _is_of_some_modes(model: ResolvedModel, objection: Objection) -> bool:
    return any(objection not in mode.objections for mode in model.facts.modes)


def _place(model: ResolvedModel, view: str) -> Location:
    """Return where a model reads a view, or the model itself if it is read by way of another."""
    rendered = model.parsed.rendered
    read = (r.location for r in rendered.references if r.name == view)
    return next(read, rendered.model.location)


def standing(model: ResolvedModel) -> dict[Objection, None]:
    """Return what Spark refuses of a model: in its output mode, or of a view in every mode."""
    config = model.parsed.rendered.config
    asked = config.output_mode or "append"
    modes = model.facts.modes
    if config.materialized in _RUNS:
        return {o: None for m in modes if m.name == asked for o in m.objections}
    first = modes[0].objections if modes else ()
    return {o: None for o in first if all(o in m.objections for m in modes)}
