from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def join_without_equality(model: ResolvedModel) -> Iterator[Fault]:
    """Two streams are joined without an equality.

    Rows that wait for a partner are kept by what must be equal. With a time bound alone, or an `OR`
    of equalities, Spark starts the query, and ends it in its first batch. So it does with the words
    `CROSS JOIN`, even where `WHERE` or `ON` has an equality: write `JOIN`.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id, p.amount FROM {{ source('shop', 'orders') }} AS o
        JOIN {{ source('shop', 'orders') }} AS p
          ON p.ordered_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT o.order_id, p.amount FROM {{ source('shop', 'orders') }} AS o
        JOIN {{ source('shop', 'orders') }} AS p
          ON p.order_id = o.order_id
          AND p.ordered_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR
    """
    yield from objections(model, "join-without-equality")
