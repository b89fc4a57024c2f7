"""Which output modes Spark accepts for a query, as far as its stateful operators decide.

Follows ``UnsupportedOperationChecker`` of Spark 4.1 to 4.3, and the planner where a query
would pass the checker and die in its first batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamsql.resolve.relations import StatefulOperator, StreamFacts

_AGGREGATES = frozenset({"aggregate", "session_window", "distinct"})
_UPDATE_JOINS_SINCE = (4, 2)
_EMITTING_IN_UPDATE = frozenset({"inner", "cross", "left_semi"})


@dataclass(frozen=True, slots=True)
class OutputMode:
    """Whether Spark accepts a mode; if not, ``reason`` says why and ``cause`` where."""

    name: str
    legal: bool
    reason: str | None = None
    cause: StatefulOperator | None = None


def legal_output_modes(
    facts: StreamFacts, spark_version: str = "4.1.1"
) -> tuple[OutputMode, OutputMode, OutputMode]:
    """Return the verdict on append, update and complete, in this order."""
    return (
        _verdict("append", _against_append(facts.stateful)),
        _verdict("update", _against_update(facts.stateful, _version(spark_version))),
        _verdict("complete", _against_complete(facts.stateful)),
    )


_Objection = tuple[str, StatefulOperator | None]


def _verdict(name: str, objection: _Objection | None) -> OutputMode:
    return OutputMode(name, True) if objection is None else OutputMode(name, False, *objection)


def _version(text: str) -> tuple[int, int]:
    major, _, rest = text.partition(".")
    return int(major), int(rest.partition(".")[0] or 0)


def _against_append(operators: Sequence[StatefulOperator]) -> _Objection | None:
    for operator in reversed(operators):
        if operator.kind == "except":
            return "EXCEPT and INTERSECT aggregate a stream without a watermark", operator
        if operator.kind in _AGGREGATES and not operator.watermarked:
            what = "SELECT DISTINCT" if operator.kind == "distinct" else "this aggregation"
            return f"{what} has no column with a watermark among its keys", operator
    return None


def _against_update(
    operators: Sequence[StatefulOperator], version: tuple[int, int]
) -> _Objection | None:
    for operator in operators:
        match operator.kind:
            case "session_window":
                return "session windows cannot run in update mode", operator
            case "limit":
                return "LIMIT cannot run in update mode", operator
            case "join" if version < _UPDATE_JOINS_SINCE:
                return "a join of two streams runs in append mode only", operator
            case "join" if operator.join_type not in _EMITTING_IN_UPDATE:
                return "an outer join of two streams runs in append mode only", operator
    return _above_an_aggregate(operators)


def _against_complete(operators: Sequence[StatefulOperator]) -> _Objection | None:
    if not any(o.kind in _AGGREGATES for o in operators):
        return "complete mode needs an aggregation", None
    for operator in operators:
        if operator.kind == "join":
            return "a join of two streams cannot run in complete mode", operator
    return _above_an_aggregate(operators)


def _above_an_aggregate(operators: Sequence[StatefulOperator]) -> _Objection | None:
    """Object to a stateful operator above an aggregation: it may lose late rows."""
    seen = False
    for operator in operators:
        stateful = operator.kind != "limit" and (operator.kind != "dedup" or operator.watermarked)
        if seen and stateful:
            return "a stateful operator above an aggregation runs in append mode only", operator
        seen = seen or operator.kind in _AGGREGATES
    return None
