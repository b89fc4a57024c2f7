from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel, StatefulOperator, loss_of, window_instead

_AGGREGATES = ("aggregate", "session_window", "distinct", "except")


@model_rule(Severity.WARNING)
def unbounded_aggregation(model: ResolvedModel) -> Iterator[Fault]:
    """An aggregation or DISTINCT keeps a row of state for each key, and never drops one.

    Spark drops the state of a key when the watermark has passed it, so a column with a
    watermark, or a window over one, has to be among the keys. Without it the state, and each
    checkpoint with it, grows with every new key until the query fails. In complete mode nothing
    is dropped, whatever the keys are. Without GROUP BY there is one row, which grows all the same
    if a function like `collect_list` or `percentile` keeps every value in it. Where the keys are
    few and known the warning may be silenced.

    Bad:

        -- models/spent.sql
        {{ config(materialized='topic', topic='spent', key=['customer'], output_mode='update') }}
        SELECT customer, sum(amount) AS spent
        FROM (SELECT currency AS customer, amount FROM {{ source('shop', 'orders') }})
        GROUP BY customer

    Good:

        -- models/spent.sql
        {{ config(materialized='topic', topic='spent', key=['customer'], output_mode='update') }}
        SELECT customer, window(ordered_at, '1 day').start AS day, sum(amount) AS spent
        FROM (SELECT currency AS customer, amount, ordered_at FROM {{ source('shop', 'orders') }})
        GROUP BY customer, window(ordered_at, '1 day')
    """
    config = model.parsed.rendered.config
    complete = config.output_mode == "complete"
    if config.materialized != "view" and model.output_mode is None:
        return  # the query is refused as it stands
    for operator in model.facts.stateful:
        if operator.model != model.name or operator.kind not in _AGGREGATES:
            continue
        if not operator.keys and operator.bound.kind == "count":
            continue  # one row that stays as it is
        if not operator.bounded or complete:
            yield _fault(model, operator, complete=complete)


def _fault(model: ResolvedModel, operator: StatefulOperator, *, complete: bool) -> Fault:
    if not operator.keys:
        message = f"state grows for ever: {operator.bound.reason}"
        hint = "group by a window over a column with a watermark, or write the values themselves"
        return Fault(message, operator.location, hint=hint)
    keys = ", ".join(key.text for key in operator.keys)
    lost = loss_of(operator, model.facts.losses)
    if complete and operator.bounded:
        hint = "output_mode='update' writes what changed, and drops what the watermark has passed"
    elif lost is not None:
        hint = window_instead(lost)
    else:
        hint = "group by a window over a column with a watermark, too"
    mode = ": complete mode drops none" if complete else ""
    return Fault(f"state is kept for ever for each ({keys}){mode}", operator.location, hint=hint)
