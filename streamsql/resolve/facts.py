"""The facts of a whole model: those of its query, and what its settings add to them."""

from __future__ import annotations

from collections.abc import Iterator

from streamsql.parse import ParsedModel
from streamsql.resolve.hazards import in_condition, is_event_time, is_guarded, shown
from streamsql.resolve.lineage import Influences, ModelLineage, fields_in
from streamsql.resolve.liveness import Meeting, event_times, pending, settled
from streamsql.resolve.modes import legal_output_modes
from streamsql.resolve.operations import operation
from streamsql.resolve.relations import Hazard, StateBound, StatefulOperator, StateKey, StreamFacts
from streamsql.resolve.scope import Rowset, Visible
from streamsql.resolve.walk import Walk


def with_dedup(found: Rowset, parsed: ParsedModel, walk: Walk) -> Rowset:
    """Return the rows after the model's ``dedup``, if it has one."""
    dedup = parsed.rendered.config.dedup
    if dedup is None or not found.streaming:
        return found
    marked = next((c.event_time for c in found.columns if c.event_time is not None), None)
    bound = StateBound(reason="its rows have no column with a watermark")
    if marked is not None:
        bound = StateBound("within", marked, dedup.within or marked.delay)
    operator = StatefulOperator(
        "dedup",
        parsed.rendered.place("dedup"),
        parsed.name,
        marked is not None,
        keys=tuple(StateKey(k, "column") for k in dedup.keys),
        bound=bound,
        below=found.flow.stateful,
        plain=found.flow.stateful,  # it is put on top of the whole query
    )
    times = event_times(Visible(None, c) for c in found.columns)
    if len(times) > 1:
        keys = {k.lower() for k in dedup.keys}
        needed = tuple(c for c in times.values() if c.name.lower() in keys)
        walk.meetings.append(Meeting(operator, (times,), needed, len(walk.used)))
    return found._replace(flow=found.flow.through(operator))


def with_meetings(found: Rowset, walk: Walk, *, runs: bool) -> Rowset:
    """Settle where event times meet; a view leaves to its readers what depends on them."""
    if runs:
        return found._replace(flow=settled(found.flow, walk.meetings, walk.used, found.columns))
    waiting = tuple(pending(found.flow, walk.meetings, walk.used, found.columns))
    flow = settled(found.flow, walk.meetings, walk.used, ())
    return found._replace(flow=flow, pending=waiting)


def with_row_ids(found: Rowset, walk: Walk) -> Rowset:
    """Return the rows past the calls that number them."""
    calls = (operation("row_id", n, walk, streaming=found.streaming) for n in walk.row_ids)
    return found._replace(flow=found.flow.past(*calls)) if walk.row_ids else found


def facts_of(found: Rowset, spark_version: str) -> StreamFacts:
    """Return the streaming facts of a model's rows, with the output modes they allow."""
    watermarks = tuple(
        c.event_time._replace(column=c.name) for c in found.columns if c.event_time is not None
    )
    flow = found.flow
    facts = StreamFacts(
        flow.streaming,
        watermarks,
        flow.stateful,
        flow.operations,
        flow.losses,
        flow.reads,
        marks=flow.marks,
        unread=flow.unread,
        still=flow.still,
    )
    modes = legal_output_modes(facts, spark_version) if flow.streaming else ()
    return facts._replace(modes=modes)


def hazards_in(walk: Walk) -> Iterator[Hazard]:
    """Yield each expression that may go wrong and has no guard, once for each way to write it."""
    seen: set[tuple[str, str]] = set()
    for risk in walk.risks:
        if is_guarded(risk):
            continue
        text, cure = shown(risk)
        if (risk.kind, text) in seen:
            continue
        seen.add((risk.kind, text))
        decides = in_condition(risk.node)
        place = walk.location(risk.node)
        dates = is_event_time(risk.node, (c.expression for c in walk.parsed.watermarks))
        yield Hazard(risk.kind, text, place, risk.reason, cure, decides, dates)


def lineage_of(found: Rowset, parsed: ParsedModel) -> ModelLineage:
    """Return where the columns of a model come from; ``dedup`` groups by its keys."""
    columns = {c.name: c.origins for c in found.columns}
    dedup = parsed.rendered.config.dedup
    if dedup is None:
        return ModelLineage(columns, found.influences)
    keys = {k.lower() for k in dedup.keys}
    grouped = fields_in(o for name, o in columns.items() if name.lower() in keys)
    return ModelLineage(columns, found.influences | Influences(grouped=grouped))
