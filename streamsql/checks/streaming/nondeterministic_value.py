from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def nondeterministic_value(model: ResolvedModel) -> Iterator[Fault]:
    """A value is made anew each time it is looked at, such as uuid() or rand().

    After a failure Spark evaluates the rows of the last batch again and sends them again: with
    a new uuid() the same record arrives under two ids, and nobody can tell that it is one. Two
    queries that read the same view get two values as well. What is made of the record itself
    stays the same.

    Bad:

        -- models/numbered.sql
        SELECT uuid() AS id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/numbered.sql
        SELECT sha2(concat_ws('|', order_id, currency), 256) AS id, amount
        FROM {{ source('shop', 'orders') }}
    """
    for hazard in model.hazards:
        if hazard.kind == "nondeterministic":
            yield Fault(
                f"'{hazard.text}' gives another value when the same rows are sent again",
                hazard.location,
                hint="make it of the record: sha2() or xxhash64() of its key, or of _topic,"
                " _partition and _offset",
            )
