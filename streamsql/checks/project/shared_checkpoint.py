from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Severity

_RUNS = ("topic", "table", "sink")


@project_rule(Severity.ERROR)
def shared_checkpoint(whole: WholeProject) -> Iterator[Fault]:
    """Two queries claim one checkpoint through `renamed_from`.

    `renamed_from` hands the checkpoint of a model that is gone to the model that replaces it. If
    the old model is still there, or two models name the same one, the checkpoint would be taken
    away from a query that needs it, which would then write everything again.

    Bad:

        -- models/old_orders.sql
        {{ config(materialized='topic') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

        -- models/new_orders.sql
        {{ config(materialized='topic', renamed_from='old_orders') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/new_orders.sql
        {{ config(materialized='topic', renamed_from='old_orders') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    running = {r.model.name for r in whole.rendered if r.config.materialized in _RUNS}
    claimed: dict[str, str] = {}
    for rendered in whole.rendered:
        old, name = rendered.config.renamed_from, rendered.model.name
        if old is None:
            continue
        first = claimed.setdefault(old, name)
        if old in running:
            message = f"the checkpoint of '{old}' is claimed, and '{old}' still runs"
        elif first != name:
            message = f"the checkpoint of '{old}' is claimed by '{first}' as well"
        else:
            continue
        yield Fault(
            message,
            rendered.place("renamed_from"),
            hint="take renamed_from away; once the new model has run, it has done its work",
            model=name,
        )
