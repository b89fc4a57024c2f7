from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Severity


@project_rule(Severity.INFO)
def unused_source(whole: WholeProject) -> Iterator[Fault]:
    """A source table or a seed is read by no model.

    It was left over, or the model that was to read it reads something else. Nothing is wrong with
    what runs; who reads the project looks for a use that is not there.

    Bad:

        -- models/orders.sql
        SELECT order_id FROM {{ source('shop', 'orders') }}

        # models/web.yml
        sources:
          - name: web
            tables:
              - {name: clicks, topic: clicks, format: text}

    Good:

        -- models/orders.sql
        SELECT order_id FROM {{ source('shop', 'orders') }}

        -- models/clicks.sql
        SELECT value FROM {{ source('web', 'clicks') }}

        # models/web.yml
        sources:
          - name: web
            tables:
              - {name: clicks, topic: clicks, format: text}
    """
    if not whole.is_whole:
        return
    children = whole.graph.children
    for source in whole.project.sources:
        if not children[source.unique_name]:
            yield Fault(
                f"the source '{source.unique_name}' is read by no model",
                source.location,
                hint="read it, or take it away",
            )
    for seed in whole.project.seeds:
        if not children[seed.name]:
            yield Fault(
                f"the seed '{seed.name}' is read by no model",
                seed.location,
                hint="read it, or take it away",
            )
