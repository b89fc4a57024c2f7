from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_KEPT = ("topic", "table")


@model_rule(Severity.INFO)
def missing_column_description(model: ResolvedModel) -> Iterator[Fault]:
    """Some columns of a topic or table are described, and others are not.

    Who describes a column tells its readers to look there. A model that describes none is left in
    peace.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns: [{name: order_id, description: Its number.}, {name: amount}]

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns: [{name: order_id, description: Its number.}, {name: amount, description: Net.}]
    """
    rendered = model.parsed.rendered
    columns = rendered.model.columns
    described = [c for c in columns if c.description.strip()]
    if rendered.config.materialized not in _KEPT or not described:
        return
    for column in columns:
        if not column.description.strip():
            yield Fault(
                f"the column '{column.name}' has no description, and others have",
                column.location,
                hint="say what it holds",
            )
