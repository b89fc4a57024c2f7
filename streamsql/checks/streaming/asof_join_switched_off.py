from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def asof_join_switched_off(model: ResolvedModel) -> Iterator[Fault]:
    """A model uses ASOF JOIN, and the target does not switch it on.

    Spark 4.3 knows `ASOF JOIN`, and refuses it unless `spark.sql.join.asofJoin.enabled` is true.
    Where the cluster's own defaults set that, the warning may be silenced.

    Bad:

        # profiles.yml
        shop:
          target: dev
          outputs:
            dev:
              spark: {version: 4.3.0}
              connections: {kafka: {type: kafka, embedded: true}}

        -- models/priced.sql
        SELECT o.order_id, p.price
        FROM {{ source('shop', 'orders') }} AS o
        ASOF JOIN (SELECT * FROM VALUES ('EUR', TIMESTAMP '2026-01-01', 1.1D)
          AS t(currency, since, price)) AS p
          MATCH_CONDITION (o.ordered_at >= p.since) ON o.currency = p.currency

    Good:

        # profiles.yml
        shop:
          target: dev
          outputs:
            dev:
              spark: {version: 4.3.0, conf: {spark.sql.join.asofJoin.enabled: true}}
              connections: {kafka: {type: kafka, embedded: true}}

        -- models/priced.sql
        SELECT o.order_id, p.price
        FROM {{ source('shop', 'orders') }} AS o
        ASOF JOIN (SELECT * FROM VALUES ('EUR', TIMESTAMP '2026-01-01', 1.1D)
          AS t(currency, since, price)) AS p
          MATCH_CONDITION (o.ordered_at >= p.since) ON o.currency = p.currency
    """
    for operation in model.facts.operations:
        if operation.kind == "switched_off" and operation.model == model.name:
            yield Fault(
                f"Spark refuses an ASOF JOIN unless {operation.text} is true",
                operation.location,
                hint="set it under conf of the target's spark in profiles.yml",
            )
