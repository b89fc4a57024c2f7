"""What may be wrong with a key or a value, in YAML, in TOML and in ``config()``."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

KEY_FINDINGS: tuple[StageFinding, ...] = (
    StageFinding(
        "unknown-key",
        "project",
        """A key means nothing where it stands.

        A key that nobody reads would be a setting that silently does nothing, so every unknown key
        is reported, in YAML, in TOML and in `config()`.

        Bad:

            -- models/orders.sql
            {{ config(materialised='view') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            {{ config(materialized='view') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "missing-key",
        "project",
        """A key that must be there is not.

        The message names it, and what needs it; what it belongs to is left out until it is there.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    format: text

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
        """,
    ),
    StageFinding(
        "conflicting-keys",
        "project",
        """Two keys contradict each other.

        A source table has a `topic` or a `topic_pattern`, and `dead_letter` means something only
        where bad records are kept. Take one of the two away.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic: clicks, topic_pattern: 'clicks.*', format: text}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic_pattern: 'clicks.*', format: text}
        """,
    ),
    StageFinding(
        "wrong-type",
        "project",
        """A value is of another kind than its key takes.

        The message says what was expected and what is there: a list where a text should be, a word
        where a number should be.

        Bad:

            -- models/orders.sql
            {{ config(tags={'hourly': true}) }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            {{ config(tags=['hourly']) }}
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-value",
        "project",
        """A value is none of the words that its key takes.

        The hint has the words that are near, or all there are. Materializations of dbt that have
        another name here are told apart.

        Bad:

            -- models/orders.sql
            {{ config(materialized='incremental') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            {{ config(materialized='table') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-interval",
        "project",
        """A length of time cannot be read.

        An interval is a number and a unit: `10 minutes`, `1 hour 30 minutes`. Months and years are
        no fixed length and cannot be used.

        Bad:

            -- models/orders.sql
            {{ config(dedup={'keys': 'order_id', 'within': 'ten minutes'}) }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            {{ config(dedup={'keys': 'order_id', 'within': '10 minutes'}) }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-pattern",
        "project",
        """A regular expression of the settings cannot be read.

        Naming patterns are Python's regular expressions; the message says what is wrong in this
        one.

        Bad:

            # streamsql.toml
            name = "shop"
            [lint.naming]
            staging = "^stg_("

            -- models/staging/stg_orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            # streamsql.toml
            name = "shop"
            [lint.naming]
            staging = "^stg_"

            -- models/staging/stg_orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-data-type",
        "project",
        """A declared type is not one of Spark's.

        Types are written as in Spark's DDL: `bigint`, `decimal(10,2)`, `array<string>`,
        `struct<city:string>`. Put quotes around one with a comma inside a YAML flow mapping.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    columns: [{name: at, data_type: datetime}]

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    columns: [{name: at, data_type: timestamp}]
        """,
    ),
)
