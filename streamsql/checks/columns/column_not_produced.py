from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity, did_you_mean
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING, needs_all_columns=True)
def column_not_produced(model: ResolvedModel) -> Iterator[Fault]:
    """A column is declared in YAML that the model does not produce.

    What a model declares is what its readers rely on. A declared column that is not there was
    renamed or removed in the SQL and forgotten here, or is misspelt. Where a contract is enforced,
    as for topics that declare types, it is an error: `contract-broken`.

    Bad:

        -- models/orders.sql
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders.yml
        models:
          - name: orders
            description: Orders as they come.
            columns: [{name: order_id}, {name: amuont}]

    Good:

        -- models/orders.sql
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders.yml
        models:
          - name: orders
            description: Orders as they come.
            columns: [{name: order_id}, {name: amount}]
    """
    declared_columns = model.parsed.rendered.model.columns
    if not declared_columns or model.parsed.rendered.contract_enforced:
        return  # contract-broken speaks of it
    produced = {c.name.lower() for c in model.columns}
    for declared in declared_columns:
        if declared.name.lower() not in produced:
            yield Fault(
                f"the column '{declared.name}' is declared, but the model does not produce it",
                declared.location,
                hint=did_you_mean(declared.name, (c.name for c in model.columns)),
            )
