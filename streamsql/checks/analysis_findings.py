"""What resolving finds in a query that Spark's analyzer refuses, whatever streams."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

ANALYSIS_FINDINGS: tuple[StageFinding, ...] = (
    StageFinding(
        "unknown-function",
        "sql",
        """A query calls a function that Spark does not have.

        The names are those of Spark 4.1. For a target with a later version, which has more of
        them, only a name that looks like a misspelt one is reported.

        Bad:

            -- models/out.sql
            SELECT uper(currency) AS currency FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT upper(currency) AS currency FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "wrong-argument-count",
        "sql",
        """A function is called with too many or too few arguments.

        Spark refuses the query when it reads it. How many each takes was read out of Spark 4.1
        itself; functions that take any number are left out.

        Bad:

            -- models/out.sql
            SELECT greatest(amount) AS amount FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT greatest(amount, 0) AS amount FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-schema-text",
        "sql",
        """A function that reads JSON, CSV, XML or a variant is given a schema that is none.

        The schema is a text in quotes, the same for all rows: columns as in CREATE TABLE, or a
        data type. Its types are Spark's: no TEXT and no DATETIME, and text without a length.

        Bad:

            -- models/out.sql
            SELECT from_json(currency, 'code TEXT') AS parsed FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT from_json(currency, 'code STRING') AS parsed FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-format-text",
        "sql",
        """A format that is written out is one that Spark cannot read.

        Formats of numbers (`to_number`, `to_char`) and of bytes (`to_binary`) are read with the
        query, patterns of times (`date_format`, `to_timestamp`) in its first batch, which then
        fails. Of those some letters mean nothing any more, as `Y` and `u`, and text without quotes
        is taken for letters.

        Bad:

            -- models/out.sql
            SELECT order_id, date_format(ordered_at, 'YYYY-MM-dd') AS day
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT order_id, date_format(ordered_at, 'yyyy-MM-dd') AS day
            FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-regular-expression",
        "sql",
        """A regular expression is none: Spark compiles it in the first batch, and the query fails.

        It is read by Java, as `RLIKE`, `regexp_extract`, `split` and others and the data test
        `matches` do. A bracket or brace that is meant as a character has a backslash before it,
        and in a text of SQL that is two. Named groups are `(?<name>…)`, without a P.

        Bad:

            -- models/out.sql
            SELECT regexp_extract(currency, '(?P<code>[A-Z]+)', 1) AS code
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT regexp_extract(currency, '(?<code>[A-Z]+)', 1) AS code
            FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "newer-syntax",
        "sql",
        """A query uses what the target's version of Spark does not know yet.

        `QUALIFY` came with Spark 4.2, `ASOF JOIN` with 4.3. The version is that of the profile's
        target, else of the Spark that is installed.

        Bad:

            -- models/out.sql
            SELECT n FROM (SELECT 1 AS n)
            QUALIFY row_number() OVER (ORDER BY n) = 1

        Good:

            -- models/out.sql
            SELECT n FROM (SELECT n, row_number() OVER (ORDER BY n) AS place FROM (SELECT 1 AS n))
            WHERE place = 1
        """,
    ),
    StageFinding(
        "window-not-timestamp",
        "columns",
        """A time window is made of something that is no time.

        `window` and `session_window` take a timestamp. A number of seconds or milliseconds has to
        be made one first.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT window(order_id, '1 hour').start AS hour, count(*) AS orders
            FROM {{ source('shop', 'orders') }}
            GROUP BY window(order_id, '1 hour')

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT window(ordered_at, '1 hour').start AS hour, count(*) AS orders
            FROM {{ source('shop', 'orders') }}
            GROUP BY window(ordered_at, '1 hour')
        """,
    ),
    StageFinding(
        "bad-window",
        "streaming",
        """The length, slide or start of a time window cannot be.

        Windows are of a fixed length, so months and years are none; they slide by at most their
        length, and start at less than what they slide by. Spark refuses others when it reads the
        query.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT window(ordered_at, '1 month').start AS month, count(*) AS orders
            FROM {{ source('shop', 'orders') }}
            GROUP BY window(ordered_at, '1 month')

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT window(ordered_at, '30 days').start AS month, count(*) AS orders
            FROM {{ source('shop', 'orders') }}
            GROUP BY window(ordered_at, '30 days')
        """,
    ),
    StageFinding(
        "several-windows",
        "streaming",
        """A SELECT has more than one time window.

        Each row would be in every pair of them, and Spark refuses that. Put one of the windows
        into a query around the other.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT window(ordered_at, '1 hour') AS hour, window(ordered_at, '1 day') AS day
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT window(ordered_at, '1 hour') AS hour FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "streaming-subquery",
        "streaming",
        """A subquery in an expression reads a stream.

        `IN`, `EXISTS`, a scalar subquery and `LATERAL` are computed anew for every batch, and of
        a stream that cannot be done: Spark refuses it. Over static rows all of them are allowed.
        A join says the same of two streams, if a time bound says how long to wait.

        Bad:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            WHERE currency IN (
              SELECT currency FROM {{ source('shop', 'orders') }} WHERE amount > 10
            )

        Good:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            WHERE currency IN (SELECT code FROM VALUES ('EUR') AS t(code))
        """,
    ),
    StageFinding(
        "negative-delay",
        "streaming",
        """The delay of a watermark is negative.

        The delay is how much later than others a row may come; zero is the least.

        Bad:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
              WATERMARK current_timestamp() AS seen_at DELAY OF INTERVAL -1 MINUTE

        Good:

            -- models/out.sql
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unnamed-watermark",
        "streaming",
        """A watermark on an expression has no name for its column.

        A watermark on an expression adds a column, and Spark wants to know what to call it.

        Bad:

            -- models/out.sql
            SELECT order_id FROM (SELECT order_id, ordered_at AS at
            FROM {{ source('shop', 'orders') }})
              WATERMARK at + INTERVAL 1 SECOND DELAY OF INTERVAL 1 MINUTE

        Good:

            -- models/out.sql
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "ungroupable-key",
        "columns",
        """Rows are grouped by a value that has no order.

        Spark cannot group by a variant or an interval of mixed units. A field of the variant,
        cast to a type of its own, can be a key.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT parse_json(currency) AS details, count(*) AS orders
            FROM {{ source('shop', 'orders') }}
            GROUP BY parse_json(currency)

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, count(*) AS orders FROM {{ source('shop', 'orders') }}
            GROUP BY currency
        """,
    ),
    StageFinding(
        "incomparable-column",
        "columns",
        """Whole rows are compared, and one of their columns cannot be.

        `DISTINCT`, `UNION` without `ALL`, `EXCEPT` and `INTERSECT` compare rows column by column,
        and Spark cannot compare maps and variants.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT DISTINCT map(currency, amount) AS amounts FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT DISTINCT currency, amount FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "random-join-condition",
        "sql",
        """A join depends on chance.

        The condition of a join may be evaluated any number of times, so Spark refuses `rand()`
        and its like in it. In `WHERE` they are allowed.

        Bad:

            -- models/out.sql
            SELECT o.order_id FROM {{ source('shop', 'orders') }} AS o
            JOIN (SELECT * FROM VALUES ('EUR') AS t(code)) AS c
              ON c.code = o.currency AND rand() > 0.5

        Good:

            -- models/out.sql
            SELECT o.order_id FROM {{ source('shop', 'orders') }} AS o
            JOIN (SELECT * FROM VALUES ('EUR') AS t(code)) AS c
              ON c.code = o.currency
            WHERE rand() > 0.5
        """,
    ),
    StageFinding(
        "misplaced-aggregate",
        "sql",
        """An aggregate stands where rows are not grouped yet.

        `WHERE`, `ON` and `GROUP BY` are computed before there are groups. Groups are filtered in
        `HAVING`.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, count(*) AS orders FROM {{ source('shop', 'orders') }}
            WHERE count(*) > 1
            GROUP BY currency

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, count(*) AS orders FROM {{ source('shop', 'orders') }}
            GROUP BY currency
            HAVING count(*) > 1
        """,
    ),
    StageFinding(
        "ordinal-out-of-range",
        "sql",
        """GROUP BY or ORDER BY names a column by a number that there is not.

        `GROUP BY 2` is the second column of the select list; they are counted from 1.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, count(*) AS orders FROM {{ source('shop', 'orders') }}
            GROUP BY 3

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, count(*) AS orders FROM {{ source('shop', 'orders') }}
            GROUP BY 1
        """,
    ),
    StageFinding(
        "nested-aggregate",
        "sql",
        """An aggregate stands inside another.

        An aggregate makes one value of many rows, and for the outer one there would be no rows
        left. Two steps take two queries, one in the other.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, max(sum(amount)) AS most FROM {{ source('shop', 'orders') }}
            GROUP BY currency

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, sum(amount) AS total FROM {{ source('shop', 'orders') }}
            GROUP BY currency
        """,
    ),
    StageFinding(
        "ungrouped-column",
        "sql",
        """A column of an aggregate query is neither grouped nor aggregated.

        A group has many values of such a column, and Spark does not choose one. Group by it too,
        or say which value is meant: `any_value`, `max`, `max_by`.

        Bad:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, order_id, sum(amount) AS total FROM {{ source('shop', 'orders') }}
            GROUP BY currency

        Good:

            -- models/out.sql
            {{ config(materialized='sink', connector='console', output_mode='update') }}
            SELECT currency, max(order_id) AS last, sum(amount) AS total
            FROM {{ source('shop', 'orders') }}
            GROUP BY currency
        """,
    ),
    StageFinding(
        "incomparable-types",
        "columns",
        """Two values are compared, or one of them taken, that have no type in common.

        Spark casts text to what it meets, and numbers to one another, but no number to a timestamp
        or a boolean: it refuses the query. So it does with `CASE`, `coalesce(…)` and `if(…)`,
        whose values are of one type; `greatest(…)` and `least(…)` do not even cast text.

        Bad:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE ordered_at > 1700000000

        Good:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            WHERE ordered_at > timestamp_seconds(1700000000)
        """,
    ),
    StageFinding(
        "condition-not-boolean",
        "columns",
        """A condition is neither true nor false.

        `WHERE`, `HAVING` and `ON` take a boolean; no number and no text is taken for one.

        Bad:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount

        Good:

            -- models/out.sql
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount <> 0
        """,
    ),
    StageFinding(
        "bad-operand",
        "columns",
        """An operator or a function is given a value of a type that it does not take.

        Booleans, arrays and structs cannot be added, and to a timestamp only an interval can be.
        Functions take what Spark casts by itself: text for a number or a date, and any plain value
        for text, but no array for text, and no `bigint` for an `int`. Some arguments are one value
        for all rows: the share of a `percentile`, the digits of a `round`.

        Bad:

            -- models/out.sql
            SELECT ordered_at + 60 AS later, date_add(ordered_at, order_id) AS due
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT ordered_at + INTERVAL 60 SECONDS AS later,
                   date_add(ordered_at, CAST(order_id AS INT)) AS due
            FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "impossible-cast",
        "columns",
        """A value is cast to a type that Spark never makes of it.

        No value can be cast then, and Spark refuses the query: with `try_cast`, too, and with `::`.
        It has functions for what is meant by days or seconds since 1970, and structs are cast
        field by field. Inside of arrays, maps and structs the same is asked of each part.

        Bad:

            -- models/out.sql
            SELECT order_id, CAST(CAST(ordered_at AS DATE) AS INT) AS day
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT order_id, unix_date(CAST(ordered_at AS DATE)) AS day
            FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "union-column-type",
        "columns",
        """Two queries of a set operation give types that do not go together.

        Columns are put together by their place, and their types are widened to one that holds
        both. A number and a timestamp have none, which often means that the columns are in
        another order.

        Bad:

            -- models/out.sql
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
            UNION ALL
            SELECT ordered_at, order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
            UNION ALL
            SELECT order_id, ordered_at FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-pivot",
        "sql",
        """A PIVOT or UNPIVOT cannot be computed.

        A `PIVOT` makes a column of each value that is listed, so the values are literals, and it
        computes aggregates. An `UNPIVOT` makes one column of several, which must have one type.

        Bad:

            -- models/out.sql
            SELECT EUR FROM (SELECT order_id, currency FROM {{ source('shop', 'orders') }})
            PIVOT (upper(currency) FOR currency IN ('EUR'))

        Good:

            -- models/out.sql
            SELECT EUR FROM (SELECT order_id, currency FROM {{ source('shop', 'orders') }})
            PIVOT (max(currency) FOR currency IN ('EUR'))
        """,
    ),
    StageFinding(
        "bad-generator",
        "sql",
        """A function that makes rows stands where it cannot.

        `explode` and its like make several rows of one. A select list has at most one of them,
        not inside another expression, and none can stand in a condition.

        Bad:

            -- models/out.sql
            SELECT upper(explode(split(currency, ','))) AS currency
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/out.sql
            SELECT upper(part) AS currency FROM {{ source('shop', 'orders') }}
            LATERAL VIEW explode(split(currency, ',')) AS part
        """,
    ),
)
