from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel

_TYPES = {"delete_when": ("boolean",), "partition": ("int", "smallint", "tinyint")}


@model_rule(Severity.ERROR)
def mistyped_setting_column(model: ResolvedModel) -> Iterator[Fault]:
    """A setting names a column whose type says something else than the setting asks.

    `delete_when` is a condition, so its column is a boolean. `partition` is the number of a
    partition, for which Spark's Kafka sink takes an int.

    Bad:

        -- models/latest.sql
        {{ config(materialized='topic', key='order_id', delete_when='amount') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/latest.sql
        {{ config(materialized='topic', key='order_id', delete_when='is_gone') }}
        SELECT order_id, amount, amount = 0 AS is_gone FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    for setting, wanted in _TYPES.items():
        name = getattr(rendered.config, setting)
        if name is None:
            continue
        types = {c.name.lower(): c.data_type for c in model.columns}
        found = types.get(str(name).lower())
        if found is not None and found not in wanted:
            yield Fault(
                f"'{setting}' names the column '{name}', which is {found} and no {wanted[0]}",
                rendered.place(setting),
                hint=f"select one that is: CAST(… AS {wanted[0].upper()})",
            )
