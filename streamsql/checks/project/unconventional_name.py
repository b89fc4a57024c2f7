from __future__ import annotations

import re
from collections.abc import Iterator

from streamsql.checks.folders import folders_meant
from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Location, Severity
from streamsql.project.nodes import Settings


@project_rule(Severity.WARNING)
def unconventional_name(whole: WholeProject) -> Iterator[Fault]:
    """A model is not named as the project says that models of its folder are.

    `naming` under `[tool.streamsql.lint]` maps folders to patterns, which are Python's regular
    expressions and may match any part of the name. Of several folders the innermost decides.

    Bad:

        # streamsql.toml
        name = "shop"
        [lint.naming]
        staging = "^stg_"

        -- models/staging/orders.sql
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        # streamsql.toml
        name = "shop"
        [lint.naming]
        staging = "^stg_"

        -- models/staging/stg_orders.sql
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    settings = whole.project.settings
    for model in whole.project.models if settings.lint.naming else ():
        folder = _innermost(model.path, settings)
        pattern = settings.lint.naming.get(folder, "")
        if not re.search(pattern, model.name):
            yield Fault(
                f"models in '{folder}' are named like '{pattern}', and '{model.name}' is not",
                Location(model.path),
                hint="rename the file, or move it to another folder",
                model=model.name,
            )


def _innermost(path: str, settings: Settings) -> str:
    depths = {
        folder: max(map(len, folders_meant(folder, settings, path)), default=0)
        for folder in settings.lint.naming
    }
    folder = max(depths, key=lambda name: depths[name])
    return folder if depths[folder] else ""
