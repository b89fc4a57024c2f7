"""Which output modes Spark accepts for a query, and everything that speaks against the others.

Follows ``UnsupportedOperationChecker`` of Spark 4.1 to 4.3, and the planner where a query
would pass the checker and die in its first batch. An objection with a ``rule`` is about a part
of the query that has a rule of its own; the others are about the mode that was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streamsql.resolve.correlation import NEGATED, TIMED, UNEQUAL
from streamsql.resolve.relations import (
    Objection,
    Operation,
    OutputMode,
    StatefulOperator,
    StreamFacts,
)

_AGGREGATES = frozenset({"aggregate", "session_window", "distinct"})
_UPDATE_JOINS_SINCE = (4, 2)
_EMITTING_IN_UPDATE = frozenset({"inner", "cross", "left_semi"})
_NEEDING_TIME = {
    "left_outer": "a LEFT JOIN of two streams",
    "right_outer": "a RIGHT JOIN of two streams",
    "full_outer": "a FULL JOIN of two streams",
    "left_semi": "a LEFT SEMI JOIN of two streams",
}


def legal_output_modes(
    facts: StreamFacts, spark_version: str = "4.1.1"
) -> tuple[OutputMode, OutputMode, OutputMode]:
    """Return the verdict on append, update and complete, in this order."""
    version = version_of(spark_version)

    def against_update(facts: StreamFacts) -> Iterator[Objection]:
        return _against_update(facts, version)

    judges = {
        "append": _against_append,
        "update": against_update,
        "complete": _against_complete,
    }
    always = tuple(_always(facts))
    append, update, complete = (
        OutputMode(name, (*always, *_objections(facts, judge))) for name, judge in judges.items()
    )
    return append, update, complete


_Judge = Callable[[StreamFacts], Iterator[Objection]]


def _objections(facts: StreamFacts, judge: _Judge) -> Iterator[Objection]:
    """Yield what speaks against one mode, beside what speaks against each."""
    yield from judge(facts)
    for unread in facts.unread:
        inside = StreamFacts(True, stateful=unread.stateful, operations=unread.operations)
        for objection in (*_always(inside), *judge(inside)):
            if objection.cause is not None and not _comes_later(objection):
                yield objection._replace(
                    reason=f"{objection.reason}; nothing reads '{unread.name}', where it stands,"
                    " and Spark judges it all the same",
                    hint=f"take '{unread.name}' out of WITH",
                )


def _comes_later(objection: Objection) -> bool:
    """Whether Spark objects in the first batch only, when what nothing reads is gone."""
    cause = objection.cause
    if isinstance(cause, StatefulOperator) and cause.kind == "except":
        return True
    if cause is not None and cause.kind == "correlated_aggregate":
        return True
    is_cross = cause is not None and cause.join_type == "cross"
    return objection.rule in _IN_THE_FIRST_BATCH and not is_cross


_IN_THE_FIRST_BATCH = frozenset(
    {"collated-state-key", "join-without-equality", "session-window-alone", "two-event-times"}
)


def version_of(text: str) -> tuple[int, int]:
    """Return the major and minor version: ``4.1.1`` is (4, 1)."""
    major, _, rest = text.partition(".")
    return int(major), int(rest.partition(".")[0] or 0)


# In every mode


def _always(facts: StreamFacts) -> Iterator[Objection]:
    for operation in facts.operations:
        judge = _OPERATIONS.get(operation.kind)
        if judge is not None:
            yield from judge(operation)
    for operator in facts.stateful:
        if operator.kind == "join":
            yield from _against_join(operator)
        elif operator.collated:
            yield Objection(
                "state cannot be kept by a text whose collation takes different texts for equal",
                operator,
                "collated-state-key",
                "group by lower(…) of the text instead, without a collation",
            )


def _on_stream(rule: str, reason: str, hint: str) -> Callable[[Operation], Iterator[Objection]]:
    def judge(operation: Operation) -> Iterator[Objection]:
        if operation.streaming:
            yield Objection(reason.format(text=operation.text), operation, rule, hint)

    return judge


def _anywhere(rule: str, reason: str, hint: str) -> Callable[[Operation], Iterator[Objection]]:
    def judge(operation: Operation) -> Iterator[Objection]:
        yield Objection(reason, operation, rule, hint)

    return judge


def _against_sort(operation: Operation) -> Iterator[Objection]:
    if operation.streaming and not _is_aggregated(operation):
        yield Objection(
            f"{operation.text} sorts a stream, which has no end to sort to",
            operation,
            "stream-sort",
            "leave it out: order rows where they are read, or aggregate in the same SELECT, not"
            " in a view or WITH, and set output_mode='complete'",
        )


def _is_aggregated(operation: Operation) -> bool:
    """Whether an aggregation is under a sort; DISTINCT does not count for Spark here."""
    return any(o.kind in ("aggregate", "session_window") for o in operation.below)


def _against_union(operation: Operation) -> Iterator[Objection]:
    if operation.left != operation.right:
        yield Objection(
            "UNION puts a stream and static rows together",
            operation,
            "stream-static-union",
            "unite streams with streams: write the static rows to a topic once, and read that",
        )


def _against_except(operation: Operation) -> Iterator[Objection]:
    if operation.right:
        yield Objection(
            "EXCEPT has a stream on its right side, of which no row is ever known to be missing",
            operation,
            "stream-except",
            "LEFT JOIN the other stream with a time bound, and keep rows WHERE its key IS NULL",
        )


def _against_static_join(operation: Operation) -> Iterator[Objection]:
    kind = operation.join_type or ""
    if kind == "asof" and operation.right:
        yield Objection(
            "an ASOF JOIN cannot have a stream on its right side",
            operation,
            "stream-static-join",
            "let the stream be the left side, and what is looked up the right one",
        )
    keeps_left = kind in ("left_outer", "left_semi", "left_anti", "full_outer")
    keeps_right = kind in ("right_outer", "full_outer")
    if (keeps_left and not operation.left) or (keeps_right and not operation.right):
        yield Objection(
            f"a {_JOINS[kind]} keeps rows of its static side, and no row of a stream is ever the "
            "last that could match",
            operation,
            "stream-static-join",
            "let the stream be the side whose rows are kept: stream LEFT JOIN static",
        )


_JOINS = {
    "left_outer": "LEFT JOIN",
    "right_outer": "RIGHT JOIN",
    "full_outer": "FULL JOIN",
    "left_semi": "LEFT SEMI JOIN",
    "left_anti": "LEFT ANTI JOIN",
}

_OPERATIONS: dict[str, Callable[[Operation], Iterator[Objection]]] = {
    "sort": _against_sort,
    "offset": _anywhere(
        "stream-offset",
        "OFFSET cannot stand in a streaming query, nor on what it joins",
        "leave OFFSET out",
    ),
    "sample": _on_stream(
        "stream-sample",
        "TABLESAMPLE cannot sample a stream",
        "filter on a hash of the key: WHERE pmod(hash(id), 100) < 10",
    ),
    "window_function": _on_stream(
        "stream-window-function",
        "{text}(…) OVER needs all rows of a stream at once",
        "aggregate over window(…) or session_window(…); for the first row of a key use dedup",
    ),
    "row_id": _anywhere(
        "monotonic-id-on-stream",
        "monotonically_increasing_id() begins anew with every batch, and Spark refuses it here",
        "use uuid(), or the record's own place: _topic, _partition and _offset",
    ),
    "distinct_aggregate": _on_stream(
        "distinct-aggregate",
        "{text}(DISTINCT …) would have to remember every value of a stream",
        "count with approx_count_distinct(…), or deduplicate in a model of its own first",
    ),
    "union": _against_union,
    "except": _against_except,
    "intersect": _on_stream(
        "stream-intersect",
        "INTERSECT cannot have a stream on either side",
        "join the two with LEFT SEMI JOIN: a stream on the left, and a time bound for two streams",
    ),
    "join": _against_static_join,
}


def _against_join(operator: StatefulOperator) -> Iterator[Objection]:
    kind = operator.join_type or ""
    if kind == "left_anti":
        yield Objection(
            "an ANTI JOIN of two streams is refused",
            operator,
            "stream-anti-join",
            "LEFT JOIN with a time bound in ON, and keep rows WHERE the other side's key IS NULL",
        )
    elif kind == "cross":
        yield Objection(
            "a CROSS JOIN of two streams is refused, whatever its condition",
            operator,
            "join-without-equality",
            "write JOIN, and an equality in ON, as in a.id = b.id",
        )
    elif not operator.equal:
        yield Objection(
            "a join of two streams needs a column of one side to equal one of the other",
            operator,
            "join-without-equality",
            "add an equality to ON, as in a.id = b.id; a time bound alone does not do",
        )
    if kind in _NEEDING_TIME and not operator.timed:
        yield Objection(
            f"{_NEEDING_TIME[kind]} needs to know when a row can match no more",
            operator,
            "join-without-time-bound",
            "move the time bound from WHERE to ON: after the join it comes too late"
            if operator.late
            else "bound the time in ON, as in b.ts BETWEEN a.ts AND a.ts + INTERVAL 1 HOUR,"
            " with watermarks on both sides",
        )


# In append, update and complete


def _against_append(facts: StreamFacts) -> Iterator[Objection]:
    for operator in facts.stateful:
        if operator.kind == "except" and not operator.watermarked:
            yield Objection("EXCEPT compares rows without a column that has a watermark", operator)
        elif operator.kind in _AGGREGATES and not operator.watermarked:
            what = "SELECT DISTINCT" if operator.kind == "distinct" else "this aggregation"
            yield Objection(f"{what} has no column with a watermark among its keys", operator)
    yield from _correlated(facts)
    yield from _sorted(facts)
    yield from _two_event_times(facts)
    yield from _session_alone(facts)


def _correlated(facts: StreamFacts, text: str | None = None) -> Iterator[Objection]:
    for operation in facts.operations:
        if operation.kind != "correlated_aggregate":
            continue
        if operation.text == text or (text is None and operation.text != TIMED):
            yield Objection(
                "to answer this correlated subquery Spark aggregates the stream, without a"
                " watermark",
                operation,
                hint="join with the static rows, aggregated by what they are compared with:"
                " LEFT JOIN (SELECT k, max(x) AS x … GROUP BY k)",
            )


def _against_update(facts: StreamFacts, version: tuple[int, int]) -> Iterator[Objection]:
    for operator in facts.stateful:
        match operator.kind:
            case "session_window":
                yield Objection("session windows cannot run in update mode", operator)
            case "limit":
                yield Objection("LIMIT cannot run in update mode", operator)
            case "join" if version < _UPDATE_JOINS_SINCE:
                yield Objection("a join of two streams runs in append mode only", operator)
            case "join" if operator.join_type not in _EMITTING_IN_UPDATE:
                yield Objection("an outer join of two streams runs in append mode only", operator)
    if version >= _UPDATE_JOINS_SINCE:
        yield from _correlated(facts, UNEQUAL)
    yield from _correlated(facts, NEGATED)
    yield from _sorted(facts)
    yield from _two_event_times(facts)
    yield from _above_an_aggregate(facts)


def _against_complete(facts: StreamFacts) -> Iterator[Objection]:
    unread = (o for u in facts.unread for o in u.stateful)
    if not any(o.kind in _AGGREGATES for o in (*facts.stateful, *unread)):
        yield Objection("complete mode needs an aggregation")
    for operator in facts.stateful:
        if operator.kind == "join":
            yield Objection("a join of two streams cannot run in complete mode", operator)
    yield from _session_alone(facts)
    yield from _above_an_aggregate(facts)


def _sorted(facts: StreamFacts) -> Iterator[Objection]:
    for operation in facts.operations:
        if operation.kind == "sort" and operation.streaming and _is_aggregated(operation):
            yield Objection(f"{operation.text} needs complete mode", operation)


def _two_event_times(facts: StreamFacts) -> Iterator[Objection]:
    for operator in facts.stateful:
        if operator.mixed:
            names = " and ".join(f"'{name}'" for name in operator.mixed)
            yield Objection(
                f"two columns with a watermark reach this operator: {names}",
                operator,
                "two-event-times",
                "let one of them through: drop the other, or cast it, which takes its watermark",
            )


def _session_alone(facts: StreamFacts) -> Iterator[Objection]:
    for operator in facts.stateful:
        keys = [k for k in operator.keys if k.kind != "session_window"]
        if operator.kind == "session_window" and not keys:
            yield Objection(
                "a session window needs another key beside it",
                operator,
                "session-window-alone",
                "group by the session window and whose session it is, as in user_id",
            )


def _above_an_aggregate(facts: StreamFacts) -> Iterator[Objection]:
    """Object to a stateful operator above an aggregation: it may lose late rows."""
    for operator in facts.stateful:
        if _counts(operator) and any(b.kind in _AGGREGATES for b in operator.plain):
            yield Objection(
                "a stateful operator above an aggregation runs in append mode only",
                operator,
                hint="aggregate once: for a PIVOT of numbers, which is two aggregations, write"
                " sum(x) FILTER (WHERE k = 'a') for each value",
            )


def _counts(operator: StatefulOperator) -> bool:
    """Whether Spark takes an operator for stateful here; a dedup only by event time."""
    if operator.kind == "dedup":
        return operator.watermarked
    return operator.kind in ("join", *_AGGREGATES)
