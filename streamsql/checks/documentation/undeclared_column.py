from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.INFO)
def undeclared_column(model: ResolvedModel) -> Iterator[Fault]:
    """A topic or table that declares its columns leaves one out.

    Others read what a topic or a table holds, and the declared columns are what they are told.
    A model that declares none is left in peace; where a contract is enforced, as for topics
    that declare types, it is an error: `contract-broken`.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='table') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns: [{name: order_id}]

    Good:

        -- models/orders_out.sql
        {{ config(materialized='table') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns: [{name: order_id}, {name: amount}]
    """
    rendered = model.parsed.rendered
    declared = {c.name.lower() for c in rendered.model.columns}
    if not declared or rendered.config.materialized not in ("topic", "table"):
        return
    if rendered.contract_enforced:
        return  # contract-broken speaks of it
    for column in model.columns:
        if column.name.lower() not in declared:
            yield Fault(
                f"the column '{column.name}' is produced, but not declared",
                rendered.model.yaml_location or rendered.model.location,
                hint=f"add it under columns: of the model '{rendered.model.name}'",
            )
