"""What settings may name that is not there, or ask for that cannot be."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

SETTING_FINDINGS: tuple[StageFinding, ...] = (
    StageFinding(
        "unknown-connection",
        "project",
        """A connection is named that the target does not have.

        Connections are declared for each target in profiles.yml. Another target may have it: check
        `--target`.

        Bad:

            -- models/orders_out.sql
            {{ config(materialized='topic', connection='kafak') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders_out.sql
            {{ config(materialized='topic', connection='kafka') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-format",
        "project",
        """A format is named that nobody knows.

        Formats turn bytes into columns and back. Besides those that come with streamsql, installed
        packages may bring their own.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic: clicks, format: jsno}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic: clicks, format: text}
        """,
    ),
    StageFinding(
        "config-not-allowed",
        "project",
        """A setting does not go with the model's materialization.

        A view has no topic, a sink no unique key. A setting that cannot take effect is reported
        rather than ignored; defaults of a folder are left out where they do not apply.

        Bad:

            -- models/orders.sql
            {{ config(materialized='view', topic='orders') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            {{ config(materialized='topic', topic='orders') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "missing-config",
        "project",
        """A setting is missing that the others need.

        A merged table needs `order_by` to know which row wins, a sink needs a `format`, a topic
        needs to know its connection where there is more than one.

        Bad:

            -- models/latest.sql
            {{ config(materialized='table', unique_key='order_id') }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}

        Good:

            -- models/latest.sql
            {{ config(materialized='table', unique_key='order_id', order_by='ordered_at') }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unsupported-test",
        "project",
        """A test is declared that streamsql cannot run.

        It is refused, because a test that never runs is worse than none. Unit tests are not there
        yet. A seed is a file of the project: test the models that read it.

        Bad:

            # models/more.yml
            unit_tests:
              - name: revenue_is_summed

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    columns: [{name: id, data_type: bigint, data_tests: [not_null]}]
        """,
    ),
    StageFinding(
        "unsupported-remote",
        "project",
        """A target uses Spark Connect, which is not supported yet.

        Give the `master` of a cluster instead of `remote`.

        Bad:

            # profiles.yml
            shop:
              target: dev
              outputs:
                dev:
                  spark: {remote: "sc://spark.example.com"}
                  connections:
                    kafka: {type: kafka, embedded: true}

        Good:

            # profiles.yml
            shop:
              target: dev
              outputs:
                dev:
                  spark: {master: "spark://spark.example.com:7077"}
                  connections:
                    kafka: {type: kafka, embedded: true}
        """,
    ),
    StageFinding(
        "unknown-model",
        "project",
        """A YAML file describes a model or seed that is not there.

        A model is a file in `model-paths`, a seed one in `seed-paths`; its name is the file's
        without the ending. The file was renamed, or the name is misspelt.

        Bad:

            # models/more.yml
            models:
              - {name: oders, description: Orders.}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            # models/more.yml
            models:
              - {name: orders, description: Orders.}
        """,
    ),
)
