from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR)
def contract_incomplete(model: ResolvedModel) -> Iterator[Fault]:
    """A contract is asked for, and columns or their types are not declared.

    `contract: {enforced: true}` says that what a model produces is what it declares. Without
    columns there is nothing to hold it to, and a column without a type may change its type.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='table', contract={'enforced': true}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='table', contract={'enforced': true}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns: [{name: order_id, data_type: bigint}]
    """
    rendered = model.parsed.rendered
    if not rendered.config.contract:
        return
    if not rendered.model.columns:
        names = ", ".join(c.name for c in model.columns[:20])
        yield Fault(
            "a contract is enforced, and the model declares no columns",
            rendered.place("contract"),
            hint=f"declare them in YAML{f': {names}' if names else ''}",
        )
    types = {c.name.lower(): c.data_type for c in model.columns}
    for column in rendered.model.columns:
        if column.data_type is None:
            found = types.get(column.name.lower())
            yield Fault(
                f"a contract is enforced, and the column '{column.name}' declares no type",
                column.location,
                hint=f"data_type: {found}" if found else "give it a data_type",
            )
