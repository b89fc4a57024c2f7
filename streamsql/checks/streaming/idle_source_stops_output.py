from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_WAITING = ("aggregate", "session_window", "distinct")


@model_rule(Severity.INFO)
def idle_source_stops_output(model: ResolvedModel) -> Iterator[Fault]:
    """Windows over a UNION of sources wait for the slowest of them.

    A query has one watermark: the least of those of all its sources. A source that is idle, or
    far behind, stops it, and with it the output of every window, also for the rows of the
    others. Where a source may be silent for long, give it a query and a topic of its own. The
    rows without a match of an outer join wait as well, which is what such a join is for; of them
    nothing is said.

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

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')
    """
    runs = model.parsed.rendered.config.materialized != "view" and model.output_mode == "append"
    unions = [o for o in model.facts.operations if o.kind == "union" and o.left and o.right]
    streams = list(dict.fromkeys(model.facts.reads))
    if not runs or not unions or len(streams) < 2:
        return
    for operator in model.facts.stateful:
        if operator.kind in _WAITING and operator.watermarked:
            yield Fault(
                f"what is written here waits for all of {', '.join(streams)}: if one of them is"
                " idle, nothing is written",
                operator.location
                if operator.model == model.name
                else model.parsed.rendered.model.location,
                hint="give a source that may be silent a query of its own, or let it send"
                " heartbeats",
            )
            return
