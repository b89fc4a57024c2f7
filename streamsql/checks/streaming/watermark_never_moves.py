from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Location, Severity
from streamsql.resolve import ResolvedModel, Standstill


@model_rule(Severity.WARNING)
def watermark_never_moves(model: ResolvedModel) -> Iterator[Fault]:
    """No row of a stream is left to move its watermark, and all of the query waits for it.

    A query has one watermark: the least of those that are set in it. Spark filters rows before it
    takes note of their time, unless the condition is about that time itself. So the watermark of
    a branch of a UNION that a filter leaves out stays where it began, and with it the query's own:
    no window is ever written, no row without a match, and no state is dropped. The same is true of
    an outer join that Spark leaves out, because no column of its other side is used and DISTINCT,
    or an aggregate like `max`, is blind to how often a row comes. It makes no difference for
    batches, and tests of the SQL show nothing.

    Read the stream that is meant, not the union of all; leave a branch out with `{% if %}` instead
    of `WHERE false`, and an unused join out altogether. Or set one watermark, over the UNION:
    whichever branch has rows moves that.

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

        -- models/every_order.sql
        SELECT order_id, ordered_at, 'shop' AS channel FROM {{ source('shop', 'orders') }}
        UNION ALL
        SELECT id, at, 'web' FROM {{ source('web', 'orders') }}

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM {{ ref('every_order') }}
        WHERE channel = 'shop'
        GROUP BY window(ordered_at, '1 hour')

    Good:

        -- models/per_hour.sql
        {{ config(materialized='topic', topic='per_hour', connection='kafka') }}
        SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY window(ordered_at, '1 hour')
    """
    facts = model.facts
    if model.parsed.rendered.config.materialized == "view" or model.output_mode is None:
        return
    gone = {o.location for stop in facts.still for o in stop.gone}
    waiting = [o for o in facts.stateful if o.kind != "limit" and o.location not in gone]
    read = {name for stop in facts.still for name in stop.mark.reads}
    # A query without any rows, as one that is switched off, keeps nothing and owes nothing.
    others = any(name not in read for name in facts.reads)
    if waiting and (others or any(o.kind == "join" for o in waiting)):
        for stop, streams in _places(facts.still):
            own = stop.model == model.name
            place = stop.location if own else model.parsed.rendered.model.location
            message, hint = _TOLD[stop.cause]
            yield Fault(message.format(" and ".join(streams)), place, hint=hint)


def _places(still: tuple[Standstill, ...]) -> Iterator[tuple[Standstill, tuple[str, ...]]]:
    """Yield one of those that stand still at a place, and all of their streams."""
    found: dict[tuple[str, Location], list[Standstill]] = {}
    for stop in still:
        found.setdefault((stop.cause, stop.location), []).append(stop)
    for stops in found.values():
        yield stops[0], tuple(dict.fromkeys(name for s in stops for name in s.mark.reads))


_WAITS = "nothing that waits for event time is written, and no state is dropped"
_TOLD = {
    "filter": (
        f"no row of {{}} is left here to move its watermark, and the query waits for it: {_WAITS}",
        "leave that stream out of the query, or set one watermark over the UNION",
    ),
    "join": (
        "nothing depends on what this join finds, so Spark leaves it out, and yet the query waits"
        f" for the watermark of {{}}, which never moves: {_WAITS}",
        "leave the join out, or use a column of it",
    ),
}
