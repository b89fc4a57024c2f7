"""What is found wrong with data tests, wherever they are read, rendered or resolved."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

DATA_TEST_FINDINGS: tuple[StageFinding, ...] = (
    StageFinding(
        "unknown-test",
        "columns",
        """A data test is named that is not there.

        Built in are `not_null`, `accepted_values`, `range`, `matches`, `expression`,
        `relationships` and `unique`. One of your own is a macro `test_NAME` that renders the
        condition a good row meets.

        Bad:

            -- models/out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, currency FROM {{ source('shop', 'orders') }}

            # models/out.yml
            models:
              - name: out
                columns: [{name: currency, data_tests: [not_nul]}]

        Good:

            -- models/out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, currency FROM {{ source('shop', 'orders') }}

            # models/out.yml
            models:
              - name: out
                columns: [{name: currency, data_tests: [not_null]}]
        """,
    ),
    StageFinding(
        "test-of-many-rows",
        "columns",
        """A data test looks at more than one row.

        A stream has no end, so a test is asked of each row as it passes: aggregates, window
        functions and functions that make rows have no meaning in it. Compute what they give in a
        model, and test that.

        Bad:

            -- models/out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}

            # models/out.yml
            models:
              - name: out
                data_tests:
                  - expression: {arguments: {expression: sum(amount) > 0}}

        Good:

            -- models/out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}

            # models/out.yml
            models:
              - name: out
                data_tests:
                  - expression: {arguments: {expression: amount > 0}}
        """,
    ),
    StageFinding(
        "impossible-quarantine",
        "kafka",
        """Rows cannot be quarantined here.

        A view runs in each query that reads it, and each would send the row again. A source sends
        records to its dead letters, and has none with another `on_error`. Parquet files of a
        batch cannot be written beside a second output without doubling them after a crash. And
        there must be one Kafka connection that the rows go to.

        Bad:

            -- models/stg.sql
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}

            # models/stg.yml
            models:
              - name: stg
                columns:
                  - name: amount
                    data_tests: [{not_null: {config: {on_failure: quarantine}}}]

        Good:

            -- models/stg.sql
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}

            # models/stg.yml
            models:
              - name: stg
                columns:
                  - name: amount
                    data_tests: [{not_null: {config: {on_failure: drop}}}]
        """,
    ),
    StageFinding(
        "unbounded-test",
        "streaming",
        """A data test would have to remember a stream for ever, or to wait for its end.

        `unique` can drop a second row within the watermark's delay, by `dedup`; it cannot report
        one, for that Spark has no operator. `relationships` can look into a seed or a static
        model; whether a stream has a value is known only when it ends. Where a time bounds the
        search, join the two streams in a model and test what the join gives.

        Bad:

            -- models/out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}

            # models/out.yml
            models:
              - name: out
                columns: [{name: order_id, data_tests: [unique]}]

        Good:

            -- models/out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}

            # models/out.yml
            models:
              - name: out
                columns:
                  - name: order_id
                    data_tests: [{unique: {config: {on_failure: drop}}}]
        """,
    ),
)
