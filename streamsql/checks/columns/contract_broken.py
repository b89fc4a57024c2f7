from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.datatypes import DataTypeError, ddl, parse_type
from streamsql.findings import Severity, did_you_mean
from streamsql.project.nodes import Column
from streamsql.resolve import OutputColumn, ResolvedModel


@model_rule(Severity.ERROR, needs_all_columns=True)
def contract_broken(model: ResolvedModel) -> Iterator[Fault]:
    """A model with a contract produces other columns, or other types, than it declares.

    What a contract declares is what readers were promised: the same columns, of the same types,
    neither more nor less. It is enforced for topics that declare columns with their types, since
    others read them, and elsewhere with `contract: {enforced: true}`; `enforced: false` lifts it.
    Columns that are declared without types, to describe or test them, are no contract.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT order_id, amount, 'web' AS channel FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns:
              - {name: order_id, data_type: string}
              - {name: amount, data_type: "decimal(10,2)"}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

        # models/orders_out.yml
        models:
          - name: orders_out
            description: Orders for the warehouse.
            columns:
              - {name: order_id, data_type: bigint}
              - {name: amount, data_type: "decimal(10,2)"}
    """
    rendered = model.parsed.rendered
    if not rendered.contract_enforced or not rendered.model.columns:
        return
    produced = {c.name.lower(): c for c in model.columns}
    declared = {c.name.lower(): c for c in rendered.model.columns}
    for name, told in declared.items():
        if name in produced:
            yield from _type(told, produced[name])
        else:
            yield Fault(
                f"the contract has the column '{told.name}', which the model does not produce",
                told.location,
                hint=did_you_mean(told.name, (c.name for c in model.columns))
                or "select it, or take it out of the contract",
            )
    for name, column in produced.items():
        if name not in declared:
            yield Fault(
                f"the column '{column.name}' is produced, and the contract does not have it",
                rendered.model.yaml_location or rendered.model.location,
                hint=f"add it under columns: of the model '{rendered.model.name}', "
                "or do not select it",
            )


def _type(told: Column, found: OutputColumn) -> Iterator[Fault]:
    if told.data_type is None or found.data_type is None:
        return
    try:
        wanted = ddl(parse_type(told.data_type))
    except DataTypeError:
        return  # found where it is declared
    if wanted.lower() != found.data_type.lower():
        yield Fault(
            f"the contract has '{told.name}' as {told.data_type}, and its SQL gives "
            f"{found.data_type}",
            told.location,
            hint=f"cast it: CAST(… AS {told.data_type}), or declare it as {found.data_type}",
        )
