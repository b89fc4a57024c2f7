"""What parsing, resolving and planning may find wrong in a model's query."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding
from streamsql.findings import Severity

_SQL = (
    StageFinding(
        "sql-syntax",
        "sql",
        """A model is not one query in Spark's SQL.

        Nothing else of the model can be checked until it can be read. A model is a single query:
        writing its result is done by its materialization.

        Bad:

            -- models/orders.sql
            SELECT order_id, FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "query-too-large",
        "sql",
        """A query has more text, columns, types or operators than can be worked with.

        A loop in a template, or a `*` that is selected twice over and over, makes queries that
        neither Spark nor anybody else can run. They are given up, so that the rest of the project
        is checked in good time.

        Bad:

            -- models/orders.sql
            SELECT {% for n in range(25000) %}order_id AS column_{{ n }}, {% endfor %} amount
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT {% for n in range(6) %}order_id AS column_{{ n }}, {% endfor %} amount
            FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "reserved-name",
        "sql",
        """A name begins with a prefix that streamsql keeps for itself.

        `ref__` and `source__` begin the identifiers that `ref()` and `source()` are rendered to. A
        name of that form would be taken for one.

        Bad:

            -- models/orders.sql
            SELECT order_id AS ref__id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id AS id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-relation",
        "sql",
        """A query reads a relation that is no model, source or common table expression.

        Relations are read with `ref()` and `source()`, so that the order of models and what each
        reads is known. Tables of a catalogue cannot be read by their name.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM shop.orders

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "union-column-count",
        "sql",
        """The queries of a set operation have different numbers of columns.

        UNION, INTERSECT and EXCEPT match columns by their place, so both sides need the same
        columns in the same order.

        Bad:

            -- models/orders.sql
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}
            UNION ALL
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            UNION ALL
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "not-checked",
        "sql",
        """A model was not checked, because one that it reads is broken.

        What it reads is not known until that one is mended.

        Bad:

            -- models/broken.sql
            SELECT order_idd FROM {{ source('shop', 'orders') }}

            -- models/reader.sql
            SELECT * FROM {{ ref('broken') }}

        Good:

            -- models/broken.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            -- models/reader.sql
            SELECT * FROM {{ ref('broken') }}
        """,
        Severity.INFO,
    ),
)

_COLUMNS = (
    StageFinding(
        "unknown-column",
        "columns",
        """A column, or a field of a struct, is not there.

        It is in none of the relations that the query reads at this place. The hint has the names
        that are near; a column of a model upstream may have been renamed.

        Bad:

            -- models/orders.sql
            SELECT order_id, amuont FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "ambiguous-column",
        "columns",
        """A column could be one of several.

        More than one relation of the query has a column of that name. Say which, with the
        relation's alias before it.

        Bad:

            -- models/pairs.sql
            SELECT order_id
            FROM {{ source('shop', 'orders') }} AS a
            JOIN {{ source('shop', 'orders') }} AS b
              ON a.order_id = b.order_id AND a.ordered_at = b.ordered_at

        Good:

            -- models/pairs.sql
            SELECT a.order_id
            FROM {{ source('shop', 'orders') }} AS a
            JOIN {{ source('shop', 'orders') }} AS b
              ON a.order_id = b.order_id AND a.ordered_at = b.ordered_at
        """,
    ),
    StageFinding(
        "duplicate-column",
        "columns",
        """A topic or table gets two columns of one name.

        Readers could not tell them apart. Spark does not tell upper case from lower case either.

        Bad:

            -- models/orders_out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, amount AS order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders_out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, amount FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unnamed-column",
        "columns",
        """A column of a topic or table has no name of its own.

        Spark would name it after its expression, and the name would change with it. Readers need
        one that stays.

        Bad:

            -- models/orders_out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, amount * 2 FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders_out.sql
            {{ config(materialized='topic') }}
            SELECT order_id, amount * 2 AS doubled FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "type-mismatch",
        "columns",
        """A column is declared with one type, and its SQL gives another.

        The declaration is what readers rely on. The type that the SQL gives is what is written.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            # models/orders.yml
            models:
              - name: orders
                description: Orders.
                columns: [{name: order_id, data_type: string}]

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            # models/orders.yml
            models:
              - name: orders
                description: Orders.
                columns: [{name: order_id, data_type: bigint}]
        """,
        Severity.WARNING,
    ),
)

_STREAMING = (
    StageFinding(
        "watermark-not-timestamp",
        "streaming",
        """A watermark is on a column that is not a timestamp.

        Event time is a `timestamp`; Spark refuses anything else, `timestamp_ntz` and dates too.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            WATERMARK currency DELAY OF INTERVAL 10 MINUTES

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "watermark-twice",
        "streaming",
        """A relation that carries a watermark is given a second one.

        Spark refuses to watermark a column again. A source that declares its watermark hands it
        on to every model that selects the column.

        Bad:

            -- models/orders.sql
            SELECT order_id, ordered_at
            FROM {{ source('shop', 'orders') }} WATERMARK ordered_at DELAY OF INTERVAL 20 MINUTES

        Good:

            -- models/orders.sql
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "no-append-mode",
        "streaming",
        """A query cannot run in append mode, and no other mode was chosen.

        In append mode a row is written once and never again, so Spark must know when it is final.
        The message says what stands in the way, the hint which modes would do.

        Bad:

            -- models/totals.sql
            {{ config(materialized='topic', key='currency') }}
            SELECT currency, sum(amount) AS total FROM {{ source('shop', 'orders') }}
            GROUP BY currency

        Good:

            -- models/totals.sql
            {{ config(materialized='topic', key='currency', output_mode='update') }}
            SELECT currency, sum(amount) AS total FROM {{ source('shop', 'orders') }}
            GROUP BY currency
        """,
    ),
    StageFinding(
        "illegal-output-mode",
        "streaming",
        """A query cannot run in the output mode that was chosen.

        Spark refuses it when the query starts. The hint has the modes that are legal.

        Bad:

            -- models/all_orders.sql
            {{ config(materialized='topic', output_mode='complete') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/all_orders.sql
            {{ config(materialized='topic') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "merged-table-not-streamable",
        "streaming",
        """A model reads a merged table as a stream.

        Rows of a table with a `unique_key` change, and a stream has only rows that are added. Its
        change feed can be read: set `change_feed=true` in the table's config.

        Bad:

            -- models/latest.sql
            {{ config(materialized='table', unique_key='order_id', order_by='ordered_at') }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}

            -- models/reader.sql
            SELECT order_id FROM {{ ref('latest') }}

        Good:

            -- models/latest.sql
            {{ config(materialized='table') }}
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}

            -- models/reader.sql
            SELECT order_id FROM {{ ref('latest') }}
        """,
    ),
    StageFinding(
        "not-streaming",
        "streaming",
        """A topic, table or sink reads nothing that streams.

        There would be no query to run. Read a source, or a model that is a topic or table.
        """,
    ),
)

_KAFKA = (
    StageFinding(
        "unknown-option",
        "kafka",
        """An option of a reader or writer is not known.

        Spark ignores an option that it does not know without a word, so a misspelt one silently
        does nothing. Options of Kafka's own client begin with `kafka.`.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {maxOffsetPerTrigger: 1000}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {maxOffsetsPerTrigger: 1000}
        """,
        Severity.WARNING,
    ),
    StageFinding(
        "forbidden-option",
        "kafka",
        """An option is set that streamsql or Spark sets itself.

        Spark refuses some options when the query starts, and others would undo what keeps the data
        right. The hint says what to use instead.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {kafka.enable.auto.commit: true}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic: clicks, format: text}
        """,
    ),
    StageFinding(
        "invalid-option",
        "kafka",
        """An option has a value that it cannot have.

        Spark fails when the query starts, or reads nothing and says nothing.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {maxOffsetsPerTrigger: many}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {maxOffsetsPerTrigger: 1000}
        """,
    ),
    StageFinding(
        "conflicting-options",
        "kafka",
        """Two options contradict each other.

        Spark would take one of them and drop the other in silence, or fail when the query starts.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {minOffsetsPerTrigger: 10, maxOffsetsPerTrigger: 5}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - name: clicks
                    topic: clicks
                    format: text
                    options: {minOffsetsPerTrigger: 5, maxOffsetsPerTrigger: 10}
        """,
    ),
    StageFinding(
        "invalid-pattern",
        "kafka",
        """A pattern of topics is empty, or its parentheses do not match.

        It is put into a larger pattern that leaves out the topics of bad records, so it must be
        whole in itself.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic_pattern: 'clicks(', format: text}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic_pattern: 'clicks.*', format: text}
        """,
    ),
    StageFinding(
        "cannot-write",
        "kafka",
        """A format is named that can only be read.

        It has no writer for streams. Choose another one for the output.
        """,
    ),
)

QUERY_FINDINGS: tuple[StageFinding, ...] = (*_SQL, *_COLUMNS, *_STREAMING, *_KAFKA)
