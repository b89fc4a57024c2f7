from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.clusters import cluster_of
from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Severity
from streamsql.project.nodes import Project
from streamsql.render.rendered import RenderedModel


@project_rule(Severity.WARNING)
def shared_output(whole: WholeProject) -> Iterator[Fault]:
    """Two models write one topic, or one folder of a table.

    Whoever reads one of the models gets the rows of both, decoded as if all were its own. Two
    queries that write parquet files into one folder do not even know of each other's files: a
    reader sees those of one. Unite the models with UNION ALL in one model instead.

    Bad:

        -- models/web_orders.sql
        {{ config(materialized='topic', topic='orders_out') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > 5

        -- models/app_orders.sql
        {{ config(materialized='topic', topic='orders_out') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount <= 5

    Good:

        -- models/web_orders.sql
        {{ config(materialized='topic', topic='web_orders') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > 5

        -- models/app_orders.sql
        {{ config(materialized='topic', topic='app_orders') }}
        SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount <= 5
    """
    first: dict[tuple[str, str], RenderedModel] = {}
    for rendered in whole.rendered:
        key, written = _output(rendered, whole.project)
        if key is None:
            continue
        other = first.setdefault((key, written), rendered)
        if other is not rendered:
            setting = next(s for s in ("topic", "table", "location") if getattr(rendered.config, s))
            yield Fault(
                f"'{written}' is written by the model '{other.model.name}' as well",
                rendered.place(setting),
                hint="give each its own, or unite both with UNION ALL in one model",
                model=rendered.model.name,
            )


def _output(rendered: RenderedModel, project: Project) -> tuple[str | None, str]:
    config = rendered.config
    if config.materialized == "topic":
        return cluster_of(config.connection, project), config.topic or rendered.model.name
    if config.materialized == "sink" and config.table:
        return f"table on {config.connection}", config.table
    if config.materialized in ("table", "sink") and config.location:
        return "files", config.location.rstrip("/")
    return None, ""
