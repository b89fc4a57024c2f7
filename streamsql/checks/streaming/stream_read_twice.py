from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.INFO)
def stream_read_twice(model: ResolvedModel) -> Iterator[Fault]:
    """One query reads the same stream more than once.

    A view or common table expression is no buffer: where a query uses it twice, Spark reads the
    topic twice, decodes each record twice, and follows two sets of offsets that may stand at
    different places. One read with CASE, or with explode() of an array of structs, does the
    same work once. A join of a stream with itself needs two reads, and is let be.

    Bad:

        -- models/both.sql
        {{ config(materialized='topic', topic='both', connection='kafka') }}
        SELECT order_id, 'large' AS size FROM {{ source('shop', 'orders') }} WHERE amount > 100
        UNION ALL
        SELECT order_id, 'small' AS size FROM {{ source('shop', 'orders') }} WHERE amount <= 100

    Good:

        -- models/both.sql
        {{ config(materialized='topic', topic='both', connection='kafka') }}
        SELECT order_id, CASE WHEN amount > 100 THEN 'large' ELSE 'small' END AS size
        FROM {{ source('shop', 'orders') }}
    """
    if model.parsed.rendered.config.materialized == "view":
        return  # told of the query that runs it
    joins = sum(operator.kind == "join" for operator in model.facts.stateful)
    for name, count in Counter(model.facts.reads).items():
        if count > 1 + joins:
            yield Fault(
                f"this query reads {name} {count} times: each record is fetched and decoded as"
                " often",
                model.parsed.rendered.model.location,
                hint="read it once, with CASE or with explode() of an array of structs",
            )
