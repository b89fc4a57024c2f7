from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.checks.streaming.unbounded_join import waits_for_ever
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel, StatefulOperator

_WAITING = ("aggregate", "session_window", "distinct")
_OUTER = ("left_outer", "right_outer", "full_outer")


@model_rule(Severity.INFO)
def idle_source_stops_output(model: ResolvedModel) -> Iterator[Fault]:
    """What a query writes waits for the slowest of its sources.

    A query has one watermark: the least of those that are set in it. A source that is idle, or
    far behind, stops it, and with it the windows over a UNION, also for the rows of the others,
    and the rows without a match of an outer join: that no payment came is never told while no
    payments come at all. A watermark set once, over a UNION, is moved by whichever branch is
    ahead: for windows, leave the watermark out of the sources and set it there, if their rows
    come equally late. For a join, unite the side that may be silent with the times of the other,
    under a key that matches nothing (not NULL: Spark leaves such rows out before it sees their
    time). Or let a source that may be silent send heartbeats.

    Bad:

        -- models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: orders
                topic: web.orders
                format: json
                watermark: {column: at, delay: 10 minutes}
                columns: [{name: id, data_type: bigint}, {name: at, data_type: timestamp}]

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        WITH every AS (
          SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
          UNION ALL
          SELECT id, at FROM {{ source('web', 'orders') }}
        )
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM every
        GROUP BY window(ordered_at, '1 hour')

    Good:

        -- models/shops.yml
        sources:
          - name: shops
            connection: kafka
            tables:
              - name: north
                topic: north.orders
                format: json
                columns: [{name: id, data_type: bigint}, {name: at, data_type: timestamp}]
              - name: south
                topic: south.orders
                format: json
                columns: [{name: id, data_type: bigint}, {name: at, data_type: timestamp}]

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        SELECT window(at, '1 hour').start AS hour, count(*) AS orders
        FROM (
          SELECT id, at FROM {{ source('shops', 'north') }}
          UNION ALL
          SELECT id, at FROM {{ source('shops', 'south') }}
        ) WATERMARK at DELAY OF INTERVAL 10 MINUTES AS every
        GROUP BY window(at, '1 hour')
    """
    runs = model.parsed.rendered.config.materialized != "view" and model.output_mode == "append"
    waited_for = dict.fromkeys(m.reads[0] for m in model.facts.marks if len(m.reads) == 1)
    if not runs or len(waited_for) < 2 or model.facts.never_moves:
        return
    operator = _waiting(model)
    if operator is not None:
        own = operator.model == model.name
        place = operator.location if own else model.parsed.rendered.model.location
        message, hint = _told(operator)
        yield Fault(message.format(", ".join(waited_for)), place, hint=hint)


def _waiting(model: ResolvedModel) -> StatefulOperator | None:
    operators = model.facts.stateful
    outer = (
        o for o in operators if not waits_for_ever(o) and o.kind == "join" and o.join_type in _OUTER
    )
    unions = any(o.kind == "union" and o.left and o.right for o in model.facts.operations)
    windows = (o for o in operators if unions and o.kind in _WAITING and o.watermarked)
    return next(outer, None) or next(windows, None)


def _told(operator: StatefulOperator) -> tuple[str, str]:
    if operator.kind == "join":
        return (
            "rows without a match wait for all of {}: while one of them is silent, none is written",
            "unite the side that may be silent with the times of the other, under one watermark"
            " over the UNION, or let it send heartbeats",
        )
    return (
        "what is written here waits for all of {}: if one of them is idle, nothing is written",
        "set one watermark over the UNION, or give a source that may be silent a query of its own,"
        " or let it send heartbeats",
    )
