from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def union_without_watermark(model: ResolvedModel) -> Iterator[Fault]:
    """The branches of a UNION do not agree on which column carries a watermark.

    Spark looks at the first branch alone. If only that one has a watermark, the rows of the
    others do not hold it back, and are dropped as late although they came in good time. If only
    another one has it, the result has none. Every branch needs a watermark on the column in the
    same place, as it stands: an expression loses it.

    Bad:

        -- models/all_times.sql
        SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        UNION ALL
        SELECT order_id, CAST(ordered_at AS TIMESTAMP) FROM {{ source('shop', 'orders') }}

    Good:

        -- models/all_times.sql
        SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        UNION ALL
        SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
    """
    for operation in model.facts.operations:
        if operation.kind == "union" and operation.model == model.name and operation.unmarked:
            names = ", ".join(f"'{name}'" for name in operation.unmarked)
            yield Fault(
                f"some branches of this UNION have a watermark on {names} and others have none:"
                " rows may be dropped as late",
                operation.location,
                hint="declare a watermark on each source, and select its column as it stands",
            )
