from __future__ import annotations

import re
from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Location, Severity

_ASOF = re.compile(r"(?i)\basof\s+join\b")
_SETTING = "spark.sql.join.asofJoin.enabled"


@project_rule(Severity.WARNING)
def asof_join_switched_off(whole: WholeProject) -> Iterator[Fault]:
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
    if str(whole.project.target.spark.conf.get(_SETTING, "")).lower() == "true":
        return
    for rendered in whole.rendered:
        model = rendered.model
        found = _ASOF.search(model.template) if "asof" in model.template.lower() else None
        if found is not None:
            yield Fault(
                f"Spark refuses an ASOF JOIN unless {_SETTING} is true",
                _location(model.path, model.template, found),
                hint="set it under conf of the target's spark in profiles.yml",
                model=model.name,
            )


def _location(path: str, text: str, found: re.Match[str]) -> Location:
    places = []
    for offset in found.span():
        before = text[:offset]
        places += [before.count("\n") + 1, len(before) - before.rfind("\n")]
    return Location(path, *places)
