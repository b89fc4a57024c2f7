from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.objections import objections
from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR, of_refusals=True)
def collated_state_key(model: ResolvedModel) -> Iterator[Fault]:
    """State is kept by a text with a collation.

    A collation such as `UTF8_LCASE` takes different texts for equal, and state is found by the
    bytes of its key. Spark starts the query, and ends it in its first batch.

    Bad:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT currency COLLATE UTF8_LCASE AS currency, window(ordered_at, '1 hour').start AS hour,
          count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY currency COLLATE UTF8_LCASE, window(ordered_at, '1 hour')

    Good:

        -- models/out.sql
        {{ config(materialized='sink', connector='console') }}
        SELECT lower(currency) AS currency, window(ordered_at, '1 hour').start AS hour,
          count(*) AS orders
        FROM {{ source('shop', 'orders') }}
        GROUP BY lower(currency), window(ordered_at, '1 hour')
    """
    yield from objections(model, "collated-state-key")
