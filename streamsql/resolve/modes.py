"""Which output modes Spark accepts for a query, as far as its stateful operators decide.

Follows ``UnsupportedOperationChecker`` of Spark 4.1 to 4.3, and the planner where a query
would pass the checker and die in its first batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamsql.resolve.relations import Objection, OutputMode, StatefulOperator, StreamFacts

_AGGREGATES = frozenset({"aggregate", "session_window", "distinct"})
_UPDATE_JOINS_SINCE = (4, 2)
_EMITTING_IN_UPDATE = frozenset({"inner", "cross", "left_semi"})


def legal_output_modes(
    facts: StreamFacts, spark_version: str = "4.1.1"
) -> tuple[OutputMode, OutputMode, OutputMode]:
    """Return the verdict on append, update and complete, in this order."""
    return (
        OutputMode("append", tuple(_against_append(facts.stateful))),
        OutputMode("update", tuple(_against_update(facts.stateful, _version(spark_version)))),
        OutputMode("complete", tuple(_against_complete(facts.stateful))),
    )


def _version(text: str) -> tuple[int, int]:
    major, _, rest = text.partition(".")
    return int(major), int(rest.partition(".")[0] or 0)


def _against_append(operators: Sequence[StatefulOperator]) -> Iterator[Objection]:
    for operator in operators:
        if operator.kind == "except" and not operator.watermarked:
            yield Objection("EXCEPT and INTERSECT aggregate a stream without a watermark", operator)
        elif operator.kind in _AGGREGATES and not operator.watermarked:
            what = "SELECT DISTINCT" if operator.kind == "distinct" else "this aggregation"
            yield Objection(f"{what} has no column with a watermark among its keys", operator)


def _against_update(
    operators: Sequence[StatefulOperator], version: tuple[int, int]
) -> Iterator[Objection]:
    for operator in operators:
        match operator.kind:
            case "session_window":
                yield Objection("session windows cannot run in update mode", operator)
            case "limit":
                yield Objection("LIMIT cannot run in update mode", operator)
            case "join" if version < _UPDATE_JOINS_SINCE:
                yield Objection("a join of two streams runs in append mode only", operator)
            case "join" if operator.join_type not in _EMITTING_IN_UPDATE:
                yield Objection("an outer join of two streams runs in append mode only", operator)
    yield from _above_an_aggregate(operators)


def _against_complete(operators: Sequence[StatefulOperator]) -> Iterator[Objection]:
    if not any(o.kind in _AGGREGATES for o in operators):
        yield Objection("complete mode needs an aggregation")
    for operator in operators:
        if operator.kind == "join":
            yield Objection("a join of two streams cannot run in complete mode", operator)
    yield from _above_an_aggregate(operators)


def _above_an_aggregate(operators: Sequence[StatefulOperator]) -> Iterator[Objection]:
    """Object to a stateful operator above an aggregation: it may lose late rows."""
    for operator in operators:
        stateful = operator.kind != "limit" and (operator.kind != "dedup" or operator.watermarked)
        if stateful and any(b.kind in _AGGREGATES for b in operator.below):
            yield Objection(
                "a stateful operator above an aggregation runs in append mode only", operator
            )
