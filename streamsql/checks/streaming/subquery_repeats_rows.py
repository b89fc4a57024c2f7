from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def subquery_repeats_rows(model: ResolvedModel) -> Iterator[Fault]:
    """A correlated subquery joins a stream with itself, and rows are written again and again.

    Most correlated subqueries over static rows become a join with these. Some that aggregate do
    not: LATERAL ones, those that compare by more than equality, and EXISTS or IN over an
    aggregate. Spark then collects the values that the subquery is asked with, which aggregates the
    stream, answers each, and joins the answers with the stream. In append mode it refuses that,
    unless a column with a watermark is among those values. In update mode it runs: every row that
    came is kept for ever, and written once more each time that a later one asks with the same
    value. What was 24 rows came out as 144 when tried on Spark 4.1. Aggregate the static rows
    first, and join with the result.

    Bad:

        -- seeds/rates.csv
        currency,since,rate
        EUR,1,1.1

        -- models/rated.sql
        {{ config(materialized='sink', connector='console', output_mode='update') }}
        SELECT o.order_id, r.best
        FROM {{ source('shop', 'orders') }} o,
          LATERAL (SELECT max(rate) AS best FROM {{ ref('rates') }} x
                   WHERE x.currency = o.currency) AS r

    Good:

        -- seeds/rates.csv
        currency,since,rate
        EUR,1,1.1

        -- models/rated.sql
        {{ config(materialized='sink', connector='console', output_mode='update') }}
        SELECT o.order_id, r.best
        FROM {{ source('shop', 'orders') }} o
        LEFT JOIN (SELECT currency, max(rate) AS best FROM {{ ref('rates') }}
                   GROUP BY currency) AS r ON r.currency = o.currency
    """
    if model.parsed.rendered.config.materialized == "view" or model.output_mode is None:
        return
    again = (
        "written again when a later one asks the same"
        if model.output_mode == "update"
        else "none is written before the watermark has passed it"
    )
    for operation in model.facts.operations:
        if operation.kind == "correlated_aggregate":
            own = operation.model == model.name
            yield Fault(
                "to answer this subquery Spark aggregates the stream and joins it with itself:"
                f" every row is kept for ever, and {again}",
                operation.location if own else model.parsed.rendered.model.location,
                hint="join with the static rows, aggregated by what they are compared with:"
                " LEFT JOIN (SELECT k, max(x) AS x … GROUP BY k)",
            )
