from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Severity


@project_rule(Severity.WARNING)
def unused_model(whole: WholeProject) -> Iterator[Fault]:
    """A view is read by no model, so it never runs.

    A view runs inside the queries that read it. One that nobody reads does nothing: it was left
    over, or was meant to be a topic, a table or a sink.

    Bad:

        -- models/orders.sql
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders.sql
        {{ config(materialized='topic') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    if not whole.is_whole:
        return
    for rendered in whole.rendered:
        model = rendered.model
        if rendered.config.materialized == "view" and not whole.graph.children[model.name]:
            yield Fault(
                f"the view '{model.name}' is read by no model, so it never runs",
                model.location,
                hint="read it, make it a topic, a table or a sink, or take it away",
                model=model.name,
            )
