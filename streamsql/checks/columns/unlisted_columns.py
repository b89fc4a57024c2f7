from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.ERROR)
def unlisted_columns(model: ResolvedModel) -> Iterator[Fault]:
    """A topic or table has columns that cannot be known without running it.

    The columns of a topic or table are written one by one, and its readers are checked against
    them. A `*` over a source that declares no columns, or over a PIVOT by values that only
    Spark can name, could be anything.

    Bad:

        -- models/by_day.sql
        {{ config(materialized='topic', output_mode='update') }}
        SELECT * FROM (SELECT currency, date(ordered_at) AS day FROM {{ source('shop', 'orders') }})
        PIVOT (max(currency) FOR day IN (DATE '2026-01-01'))

    Good:

        -- models/by_day.sql
        {{ config(materialized='topic', output_mode='update') }}
        SELECT * FROM (SELECT currency, date(ordered_at) AS day FROM {{ source('shop', 'orders') }})
        PIVOT (max(currency) FOR day IN (DATE '2026-01-01' AS new_year))
    """
    kind = model.parsed.rendered.config.materialized
    if model.unlisted and kind in ("topic", "table"):
        yield Fault(
            f"the columns of this {kind} cannot be known, and they are written one by one",
            model.parsed.rendered.model.location,
            hint="list them in the SELECT instead of *",
        )
