"""What a model does as a stream, in plain words and as data: the facts of ``resolve``, told.

``explain`` gives plain data, stable for programs; ``as_tree`` puts it into words for people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from streamsql.findings import Location
from streamsql.graph import Graph
from streamsql.pipeline import Compilation
from streamsql.resolve import (
    EventTime,
    JoinSide,
    Objection,
    OutputMode,
    Relation,
    ResolvedModel,
    ResolvedTest,
    StateBound,
    StatefulOperator,
    StateKey,
    StreamFacts,
    WatermarkLoss,
)

Data = dict[str, Any]

_OPERATORS = {
    "aggregate": "aggregation",
    "session_window": "aggregation by session",
    "distinct": "distinct rows",
    "except": "rows that are not in a static query",
    "dedup": "deduplication",
    "limit": "limit",
    "correlated_aggregate": "join of the stream with itself, for a correlated subquery",
}
_JOINS = {
    "inner": "join of two streams",
    "cross": "join of two streams",
    "left_outer": "left join of two streams",
    "right_outer": "right join of two streams",
    "full_outer": "full join of two streams",
    "left_semi": "left semi join of two streams",
    "left_anti": "left anti join of two streams",
}


def explain(compilation: Compilation, name: str) -> Data | None:
    """Return the streaming facts of a model as plain data; None if it could not be resolved."""
    resolution = compilation.resolution
    model = next((m for m in resolution.models if m.name == name), None)
    if model is None:
        return None
    rendered = model.parsed.rendered
    facts = model.facts
    watched = dict(_relations(compilation, name))
    return {
        "model": name,
        "path": rendered.model.path,
        "materialized": rendered.config.materialized,
        "streaming": facts.streaming,
        "output_mode": model.output_mode,
        "reads": [_read(n, times, watched.get(n)) for n, times in Counter(facts.reads).items()],
        "relations": [_relation(n, r, compilation) for n, r in watched.items()],
        "watermarks": [_event_time(w) for w in facts.watermarks],
        "losses": [_loss(loss) for loss in facts.losses],
        "operators": [_operator(o, model) for o in facts.stateful] + _behind_subqueries(facts),
        "output_modes": [_mode(m) for m in facts.modes],
        "tests": [_test(t) for t in model.tests],
        "dead_letter": _dead_letter(model),
    }


def _test(test: ResolvedTest) -> Data:
    told = test.test
    return {
        "id": test.id,
        "name": told.name,
        "column": told.column,
        "on_failure": told.on_failure,
        "condition": test.passes.sql if test.passes is not None else None,
        "where": test.where.sql if test.where is not None else None,
        "location": _place(told.location),
    }


def _dead_letter(model: ResolvedModel) -> Data | None:
    """Where rows go that tests quarantine."""
    where = model.parsed.rendered.config.dead_letter
    if where is None or not any(t.test.on_failure == "quarantine" for t in model.tests):
        return None
    return {"topic": where.topic, "connection": where.connection}


def _relations(compilation: Compilation, name: str) -> Iterator[tuple[str, Relation]]:
    """Yield what a model reads, and what that reads in its turn, upstream first."""
    project, relations = compilation.project, compilation.resolution.relations
    named = {s.unique_name: s.relation for s in project.sources}
    named |= {s.name: s.relation for s in project.seeds}
    named |= {m.name: m.relation for m in project.models}
    for node in _upstream(compilation.graph, name):
        relation = relations.get(named.get(node, ""))
        if relation is not None and node != name:
            yield node, relation


def _upstream(graph: Graph, name: str) -> Iterator[str]:
    wanted = graph.ancestors([name])
    yield from (n for n in graph.order if n in wanted)


def _read(name: str, times: int, relation: Relation | None) -> Data:
    marks = relation.watermarks if relation is not None else ()
    return {"name": name, "times": times, "watermarks": [_event_time(w) for w in marks]}


def _relation(name: str, relation: Relation, compilation: Compilation) -> Data:
    return {
        "name": name,
        "kind": compilation.graph.nodes[name].kind,
        "streaming": relation.streaming,
        "watermarks": [_event_time(w) for w in relation.watermarks],
    }


def _place(location: Location | None) -> Data:
    if location is None:
        return {"path": None, "line": None, "column": None}
    return {"path": location.path, "line": location.line, "column": location.column}


def _event_time(event_time: EventTime) -> Data:
    return {
        "name": event_time.column,
        "delay": event_time.delay,
        "declared": event_time.declared,
        "location": _place(event_time.location),
    }


def _loss(loss: WatermarkLoss) -> Data:
    return {
        "name": loss.column,
        "watermark": _event_time(loss.event_time),
        "expression": loss.expression,
        "cause": loss.cause,
        "model": loss.model,
        "location": _place(loss.location),
    }


def _operator(operator: StatefulOperator, model: ResolvedModel) -> Data:
    kept = None
    if model.output_mode == "complete":
        kept = StateBound(reason="complete mode keeps all of it")
    elif model.facts.never_moves:
        kept = StateBound(reason="the watermark of the query never moves")
    return {
        "kind": operator.kind,
        "join_type": operator.join_type,
        "model": operator.model,
        "location": _place(operator.location),
        "keys": [_key(k) for k in operator.keys],
        "event_times": [_event_time(e) for e in operator.event_times],
        "bounded": operator.bounded and (kept is None or operator.bound.kind == "count"),
        "state": None if operator.sides else _state(operator, kept),
        "sides": [_side(s, kept) for s in operator.sides],
    }


def _behind_subqueries(facts: StreamFacts) -> list[Data]:
    """Return what Spark adds to answer correlated subqueries: it joins the stream with itself."""
    holds = "every row of the stream, and one for each value that is asked with"
    bound = StateBound(reason="no watermark bounds it")
    return [
        {
            "kind": o.kind,
            "join_type": None,
            "model": o.model,
            "location": _place(o.location),
            "keys": [],
            "event_times": [],
            "bounded": False,
            "state": {"holds": holds, **_bound(bound, _until(bound))},
            "sides": [],
        }
        for o in facts.operations
        if o.kind == "correlated_aggregate"
    ]


def _key(key: StateKey) -> Data:
    marked = _event_time(key.event_time) if key.event_time is not None else None
    return {"text": key.text, "kind": key.kind, "span": key.span, "event_time": marked}


def _state(operator: StatefulOperator, kept: StateBound | None) -> Data:
    bound = operator.bound
    if kept is not None and bound.bounded and bound.kind != "count":
        bound = kept
    return {"holds": _holds(operator), **_bound(bound, _until(bound))}


def _side(side: JoinSide, kept: StateBound | None) -> Data:
    bound = kept if kept is not None and side.bound.bounded else side.bound
    return {
        "side": side.name,
        "relation": side.relation,
        "event_times": [_event_time(e) for e in side.event_times],
        "state": {
            "holds": f"the rows of the {side.name} side",
            **_bound(bound, _side_until(bound)),
        },
    }


def _bound(bound: StateBound, until: str) -> Data:
    marked = _event_time(bound.event_time) if bound.event_time is not None else None
    return {
        "bound": bound.kind,
        "bounded": bound.bounded,
        "span": bound.span,
        "event_time": marked,
        "dropped": until,
    }


def _mode(mode: OutputMode) -> Data:
    return {
        "name": mode.name,
        "legal": mode.legal,
        "objections": [_objection(o) for o in mode.objections],
    }


def _objection(objection: Objection) -> Data:
    cause = objection.cause
    return {
        "reason": objection.reason,
        "rule": objection.rule,
        "hint": objection.hint,
        "location": _place(cause.location if cause is not None else None),
    }


# In words


def _holds(operator: StatefulOperator) -> str:
    if operator.kind == "limit":
        return "one counter"
    if not operator.keys:
        return "one row"
    return f"one row per ({', '.join(_short(k) for k in operator.keys)})"


def _short(key: StateKey) -> str:
    if key.kind in ("window", "session_window") and key.span is not None:
        return f"{key.span} {'session' if key.kind == 'session_window' else 'window'}"
    return key.text


def _until(bound: StateBound) -> str:
    delay = bound.event_time.delay if bound.event_time is not None else ""
    match bound.kind:
        case "window":
            return f"dropped {delay} after the window ends"
        case "session":
            return f"dropped {delay} after the session ends"
        case "event_time":
            name = bound.event_time.column if bound.event_time is not None else ""
            return f"dropped {delay} after its {name}"
        case "within":
            return f"dropped {bound.span} after the row's event time"
        case "count":
            return "never grows"
    return f"never dropped: {bound.reason}"


def _side_until(bound: StateBound) -> str:
    match bound.kind:
        case "event_time":
            return "dropped once the watermark has passed the event time among the keys"
        case "range":
            when = "past" if bound.span in (None, "0 seconds") else f"{bound.span} past"
            return f"dropped once the watermark is {when} its event time"
    return f"never dropped: {bound.reason}"


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree, and the lines under it."""

    text: str
    below: tuple[Branch, ...] = ()


def as_tree(explained: Data) -> Branch:
    """Return what ``explain`` gave as a tree of plain words."""
    mode = f", {explained['output_mode']} mode" if explained["output_mode"] else ""
    title = f"{explained['model']} ({explained['materialized']}{mode})"
    if not explained["streaming"]:
        return Branch(title, (Branch("static: nothing that it reads is a stream"),))
    return Branch(
        title,
        (
            Branch("reads", tuple(_read_line(r) for r in explained["reads"])),
            *_static_lines(explained["relations"]),
            *(_operator_branch(o, explained["model"]) for o in explained["operators"]),
            *([] if explained["operators"] else [Branch("state: none")]),
            *_test_branch(explained["tests"], explained["dead_letter"]),
            _output_line(explained["watermarks"]),
            *_loss_branch(explained["losses"]),
            Branch("output modes", tuple(_mode_line(m) for m in explained["output_modes"])),
        ),
    )


def _read_line(read: Data) -> Branch:
    times = "" if read["times"] == 1 else f", {read['times']} times"
    return Branch(f"{read['name']}{times}: {_marks(read['watermarks'])}")


def _marks(watermarks: Sequence[Data]) -> str:
    if not watermarks:
        return "no watermark"
    return ", ".join(f"watermark of {w['delay']} on {w['name']}" for w in watermarks)


def _static_lines(relations: Iterable[Data]) -> Iterator[Branch]:
    names = [r["name"] for r in relations if not r["streaming"]]
    if names:
        yield Branch(f"static: {', '.join(names)}")


def _operator_branch(operator: Data, model: str) -> Branch:
    what = _JOINS.get(operator["join_type"] or "") or _OPERATORS.get(operator["kind"], "")
    keys = ", ".join(k["text"] for k in operator["keys"])
    by = f" {'on' if operator['join_type'] else 'by'} {keys}" if keys else ""
    if operator["kind"] in ("distinct", "except"):
        by = ""
    place = operator["location"]
    where = f"{place['path']}:{place['line']}"
    via = "" if operator["model"] == model else f" in {operator['model']}"
    return Branch(f"{what}{by}{via} ({where})", tuple(_state_lines(operator)))


def _state_lines(operator: Data) -> Iterator[Branch]:
    if operator["state"] is not None:
        state = operator["state"]
        yield Branch(f"state: {state['holds']}; {state['dropped']}")
    for side in operator["sides"]:
        name = f" ({side['relation']})" if side["relation"] else ""
        yield Branch(f"state: {side['state']['holds']}{name}; {side['state']['dropped']}")


_CONSEQUENCES = {
    "warn": "counted",
    "drop": "dropped",
    "quarantine": "to {}",
    "fail": "ends the query",
}


def _test_branch(tests: Sequence[Data], dead_letter: Data | None) -> Iterator[Branch]:
    if not tests:
        return
    topic = dead_letter["topic"] if dead_letter is not None else "dead letters"
    lines = (
        f"{t['id']}: {_CONSEQUENCES[t['on_failure']].format(topic)}"
        f" ({t['location']['path']}:{t['location']['line']})"
        for t in tests
    )
    yield Branch("data tests, and rows that fail", tuple(map(Branch, lines)))


def _output_line(watermarks: Sequence[Data]) -> Branch:
    if not watermarks:
        return Branch("no column of the result carries a watermark")
    return Branch(f"the result carries a {_marks(watermarks)}")


def _loss_branch(losses: Sequence[Data]) -> Iterator[Branch]:
    if not losses:
        return
    lines = (
        Branch(
            f"{loss['name']}: {_because(loss)}"
            f" ({loss['location']['path']}:{loss['location']['line']})"
        )
        for loss in losses
    )
    yield Branch("watermark lost", tuple(lines))


def _because(loss: Data) -> str:
    declared = loss["watermark"]["declared"] or loss["watermark"]["name"]
    if loss["cause"] == "union":
        return f"UNION casts {declared} to another type"
    return f"{loss['expression']} is an expression over {declared}"


def _mode_line(mode: Data) -> Branch:
    if mode["legal"]:
        return Branch(f"{mode['name']}: legal")
    reasons = list(dict.fromkeys(_reason(o) for o in mode["objections"]))
    if len(reasons) == 1:
        return Branch(f"{mode['name']}: refused, {reasons[0]}")
    return Branch(f"{mode['name']}: refused", tuple(Branch(r) for r in reasons))


def _reason(objection: Data) -> str:
    place = objection["location"]
    where = f" ({place['path']}:{place['line']})" if place["path"] else ""
    return f"{objection['reason']}{where}"


def drawn(branch: Branch) -> str:
    """Draw a tree with lines."""
    return "\n".join((branch.text, *_drawn(branch.below, "")))


def _drawn(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    for number, branch in enumerate(branches):
        last = number == len(branches) - 1
        yield f"{indent}{'└── ' if last else '├── '}{branch.text}"
        yield from _drawn(branch.below, indent + ("    " if last else "│   "))
