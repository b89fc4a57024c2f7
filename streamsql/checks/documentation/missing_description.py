from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def missing_description(model: ResolvedModel) -> Iterator[Fault]:
    """A model has no description.

    A name says what a model is; a description says what one row of it means and what was left
    out, which no reader can guess from the SQL.

    Bad:

        -- models/orders.sql
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders.sql
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders.yml
        models:
          - name: orders
            description: One row an order, as the shop sent it.
    """
    described = model.parsed.rendered.model
    if not described.description.strip():
        yield Fault(
            f"the model '{described.name}' has no description",
            described.yaml_location or described.location,
            hint="say under models: in a YAML file what one row of it means",
        )
