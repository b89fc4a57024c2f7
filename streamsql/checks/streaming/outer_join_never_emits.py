from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.checks.streaming.unbounded_join import waits_for_ever
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def outer_join_never_emits(model: ResolvedModel) -> Iterator[Fault]:
    """An outer join of two streams never writes its unmatched rows.

    A row without a match is written when its state is dropped, and that happens only if its own
    side has a watermark too. Spark accepts a join with a watermark on the other side alone: it
    then writes the matches, keeps every row, and the row with NULLs never comes.

    Bad:

        -- models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: visits
                topic: web.visits
                format: json
                columns: [{name: id, data_type: bigint}, {name: at, data_type: timestamp}]

        -- models/visits_with_orders.sql
        SELECT v.id, o.amount
        FROM {{ source('web', 'visits') }} AS v
        LEFT JOIN {{ source('shop', 'orders') }} AS o
          ON o.order_id = v.id AND o.ordered_at BETWEEN v.at AND v.at + INTERVAL 1 HOUR

    Good:

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

        -- models/visits_with_orders.sql
        SELECT v.id, o.amount
        FROM {{ source('web', 'visits') }} AS v
        LEFT JOIN {{ source('shop', 'orders') }} AS o
          ON o.order_id = v.id AND o.ordered_at BETWEEN v.at AND v.at + INTERVAL 1 HOUR
    """
    if model.parsed.rendered.config.materialized != "view" and model.output_mode is None:
        return  # the query is refused as it stands
    for operator in model.facts.stateful:
        if operator.kind == "join" and operator.model == model.name and waits_for_ever(operator):
            yield Fault(
                "rows without a match are never written, and kept for ever: nothing tells this"
                " join that none can come any more",
                operator.location,
                hint="give both streams a watermark, and bound their event times in ON",
            )
