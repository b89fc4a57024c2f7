from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.connectors.postgres import sql_type
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR)
def unstorable_column(model: ResolvedModel) -> Iterator[Fault]:
    """A column of a database's table has a type that the database cannot hold.

    Intervals and variants have no counterpart in PostgreSQL, and JSON, which holds arrays and
    structs there, has maps by text alone. The first batch would fail.

    Bad:

        -- models/stored.sql
        {{ config(materialized='sink', connector='jdbc', connection='warehouse') }}
        SELECT order_id, map(order_id, amount) AS amounts FROM {{ source('shop', 'orders') }}

    Good:

        -- models/stored.sql
        {{ config(materialized='sink', connector='jdbc', connection='warehouse') }}
        SELECT order_id, map(currency, amount) AS amounts FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    config = rendered.config
    if config.materialized != "sink" or config.format != "jdbc":
        return
    for column in model.columns:
        if column.data_type is not None and sql_type(column.data_type) is None:
            yield Fault(
                f"the column '{column.name}' is {column.data_type}, for which PostgreSQL has no"
                " type",
                rendered.place("connector"),
                hint="cast it, or write it with to_json(…)",
            )
