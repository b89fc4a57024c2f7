from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel, Unread


@model_rule(Severity.WARNING)
def unread_cte(model: ResolvedModel) -> Iterator[Fault]:
    """Nothing reads an expression of a WITH, and it reads a stream.

    A batch query costs nothing more for it. Of a stream Spark makes a source of the query all the
    same: it asks it for offsets and writes them into the checkpoint, and it judges the expression
    when the query starts. Worst, the watermark of that stream counts as one of the query's. No
    row is read that could move it, so the query's own stays where it began: no window and no row
    without a match is ever written, and no state is dropped.

    Bad:

        -- models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: visits
                topic: web.visits
                format: json
                watermark: {column: at, delay: 10 minutes}
                columns: [{name: id, data_type: bigint}, {name: at, data_type: timestamp}]

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        WITH visits AS (SELECT * FROM {{ source('web', 'visits') }}),
        orders AS (SELECT * FROM {{ source('shop', 'orders') }})
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM orders
        GROUP BY window(ordered_at, '1 hour')

    Good:

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        WITH orders AS (SELECT * FROM {{ source('shop', 'orders') }})
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM orders
        GROUP BY window(ordered_at, '1 hour')
    """
    runs = model.parsed.rendered.config.materialized != "view"
    if runs and model.output_mode is None:
        return  # the query is refused as it stands
    for unread in model.facts.unread:
        if unread.model == model.name and unread.reads:
            yield Fault(
                f"nothing reads '{unread.name}', {_effect(unread, model)}",
                unread.location,
                hint=f"take '{unread.name}' out of WITH",
            )


def _effect(unread: Unread, model: ResolvedModel) -> str:
    streams = " and ".join(dict.fromkeys(unread.reads))
    if set(unread.marks) <= set(model.facts.marks):
        return f"and yet the query has {streams} as a source, in its checkpoint too"
    return (
        f"and yet the query waits for the watermark of {streams}, which never moves: nothing that"
        " waits for event time is written, and no state is dropped"
    )
