"""The output mode of a model's query: append where Spark allows it, or the one it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from streamsql.findings import Finding, Location
from streamsql.parse import ParsedModel
from streamsql.resolve.losses import loss_of, window_instead
from streamsql.resolve.relations import Objection, OutputMode, StatefulOperator, StreamFacts

RUNS = frozenset({"topic", "table", "sink"})


def output_mode(parsed: ParsedModel, facts: StreamFacts) -> tuple[str | None, list[Finding]]:
    """Choose append where Spark allows it; object to a mode that it does not allow.

    What has a rule of its own is left to that rule.
    """
    config = parsed.rendered.config
    if config.materialized not in RUNS or not facts.streaming:
        return None, []
    verdicts = {m.name: m for m in facts.modes}
    verdict = verdicts.get(config.output_mode or "append")
    if verdict is None:
        return None, []
    if verdict.legal:
        return verdict.name, []
    others = [m.name for m in verdicts.values() if m.legal and not _miscounts(m.name, facts)]
    own = [o for o in verdict.objections if o.rule is None]
    findings = [_objection(parsed, verdict, objection, others, facts) for objection in own]
    return None, list(dict.fromkeys(findings))


def _miscounts(mode: str, facts: StreamFacts) -> bool:
    """Whether a mode that Spark accepts would let an aggregation count updates as rows."""
    inner = (b.kind for o in facts.stateful for b in o.below)
    return mode != "append" and any(kind in ("aggregate", "session_window") for kind in inner)


def _objection(
    parsed: ParsedModel,
    verdict: OutputMode,
    objection: Objection,
    others: Sequence[str],
    facts: StreamFacts,
) -> Finding:
    asked = parsed.rendered.config.output_mode is not None
    rule = "illegal-output-mode" if asked else "no-append-mode"
    place = _cause_place(parsed, objection)
    reason = objection.reason
    if asked:
        cause = objection.cause
        if cause is not None and cause.location.path == parsed.rendered.model.path:
            reason += f" (line {cause.location.line})"
        place = parsed.rendered.place("output_mode")
    message = f"this query cannot run in {verdict.name} mode: {reason}"
    hint = _way_out(verdict.name, objection, others, facts)
    return Finding(rule, message, place, hint=hint, model=parsed.name)


def _cause_place(parsed: ParsedModel, objection: Objection) -> Location:
    cause = objection.cause
    if cause is not None and cause.model == parsed.name:
        return cause.location
    return parsed.rendered.model.location


def _way_out(
    mode: str, objection: Objection, others: Sequence[str], facts: StreamFacts
) -> str | None:
    ways: list[str] = []
    cause = objection.cause
    if mode == "append" and isinstance(cause, StatefulOperator) and not cause.watermarked:
        ways.append(_with_event_time(cause, facts))
    if others:
        modes = " or ".join(f"output_mode='{m}'" for m in others)
        ways.append(f"set {modes}")
    return ", or ".join(ways) or objection.hint


def _with_event_time(operator: StatefulOperator, facts: StreamFacts) -> str:
    if operator.kind in ("distinct", "except"):
        return "select a column with a watermark too"
    lost = loss_of(operator, facts.losses)
    if lost is not None:
        return window_instead(lost)
    return "group by a time window over a column with a watermark"
