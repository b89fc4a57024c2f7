"""What lint may find wrong in how it was told to lint."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding
from streamsql.findings import Severity

LINT_FINDINGS: tuple[StageFinding, ...] = (
    StageFinding(
        "unknown-rule",
        "lint",
        """A rule is named that does not exist.

        The settings of lint, or a comment that ignores a finding, name it. It does nothing; the
        rule was renamed, or is misspelt. `streamsql lint --rules` lists all.

        Bad:

            -- models/orders.sql
            SELECT order_id -- streamsql: ignore[unknwon-column]
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id
            FROM {{ source('shop', 'orders') }}
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "fixed-severity",
        "lint",
        """The settings of lint weaken a finding that is always an error.

        What is an error from the start is refused by Spark, or cannot be compiled: hiding it would
        not make it run. Its severity cannot be set, and it cannot be ignored.

        Bad:

            # streamsql.toml
            name = "shop"
            [lint.rules]
            stream-sort = "warning"

        Good:

            # streamsql.toml
            name = "shop"
            [lint.rules]
            missing-description = "info"
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "unknown-folder",
        "lint",
        """The settings of lint name a folder in which there is nothing.

        A folder counts from the project's own folder or from one of the model paths. The settings
        do nothing; the folder was renamed, or is misspelt.

        Bad:

            # streamsql.toml
            name = "shop"
            [lint.folders.stagin]
            missing-description = "off"

            -- models/staging/stg_orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            # streamsql.toml
            name = "shop"
            [lint.folders.staging]
            missing-description = "off"

            -- models/staging/stg_orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "unused-ignore",
        "lint",
        """A comment ignores what is not found.

        The fault was mended, or the comment stands at a wrong line: it counts for its own line
        and, where it stands alone, for the next one. An ignore that is left over would hide the
        next fault of its kind.

        Bad:

            -- models/orders.sql
            SELECT order_id -- streamsql: ignore[reserved-column]
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id
            FROM {{ source('shop', 'orders') }}
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "ignore-without-rules",
        "lint",
        """A comment ignores findings without naming their rules.

        An ignore that names nothing would hide everything, so it hides nothing. Write
        `streamsql: ignore[rule]`, with commas between several.

        Bad:

            -- models/orders.sql
            SELECT order_id -- streamsql: ignore
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id
            FROM {{ source('shop', 'orders') }}
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "broken-baseline",
        "lint",
        """The baseline cannot be read.

        Nothing of it is used, so every finding is shown. Write it anew with
        `streamsql lint --write-baseline`.

        Bad:

            # lint-baseline.json
            missing-description

        Good:

            # lint-baseline.json
            {"version": 1, "findings": []}
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "stale-baseline",
        "lint",
        """The baseline holds findings that are gone.

        They were mended, which is good; but what is left over would hide the same fault if it came
        back. Write the baseline anew with `streamsql lint --write-baseline`.

        Bad:

            # lint-baseline.json
            {"version": 1, "findings": [{"rule": "missing-description", "model": "gone",
              "path": "models/gone.sql", "fingerprint": "1f0e", "count": 1, "message": "…"}]}

        Good:

            # lint-baseline.json
            {"version": 1, "findings": []}
        """,
        Severity.INFO,
    ),
    StageFinding(
        "broken-rule",
        "lint",
        """A rule of the project or of a package cannot be used.

        It could not be loaded, or failed while it looked at something; the message has its error.
        It is left out, and everything else is checked.
        """,
        Severity.WARNING,
    ),
)
