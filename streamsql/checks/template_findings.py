"""What rendering and linking may find wrong in the templates of models and macros."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

TEMPLATE_FINDINGS: tuple[StageFinding, ...] = (
    StageFinding(
        "jinja-syntax",
        "templates",
        """A template or value is not Jinja.

        A tag that is not closed, an expression that does not end. Nothing of the model can be
        checked until it can be read.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders' }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "sandbox",
        "templates",
        """A template does what templates may not do.

        Templates make text: they reach neither Python's insides nor files, and loops and calls that
        never end are stopped.

        Bad:

            -- models/orders.sql
            SELECT {{ range(10 ** 9) | list | length }} AS n FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT {{ range(10) | list | length }} AS n FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "render-failed",
        "templates",
        """An expression of a template failed.

        The message is Python's: a division by zero, a number and a text that cannot be added.

        Bad:

            -- models/orders.sql
            SELECT {{ 1 / 0 }} AS n FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT {{ 1 / 2 }} AS n FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "raised",
        "templates",
        """A template reported this itself.

        It called `exceptions.raise_compiler_error`, which ends the model, or `exceptions.warn`.

        Bad:

            -- models/orders.sql
            {{ exceptions.raise_compiler_error('not yet') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-variable",
        "templates",
        """A template uses a name or attribute that does not exist.

        Undefined names are errors, not empty texts: a misspelt one would change the SQL unseen.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > {{ limmit }}

        Good:

            -- models/orders.sql
            {% set limit = 10 %}
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > {{ limit }}
        """,
    ),
    StageFinding(
        "unknown-macro",
        "templates",
        """A macro or function is called that does not exist.

        Macros of all files in `macro-paths` are known everywhere, without an import. Functions of
        dbt that ask the warehouse while compiling are not there.

        Bad:

            -- models/orders.sql
            SELECT {{ rownd('amount') }} AS amount FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT round(amount) AS amount FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-filter",
        "templates",
        """A Jinja filter or test is used that does not exist.

        Filters and tests are Jinja's own; the hint has the names that are near.

        Bad:

            -- models/orders.sql
            SELECT {{ 'ORDER_ID' | lowr }} FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT {{ 'ORDER_ID' | lower }} FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "wrong-arguments",
        "templates",
        """A function or macro is called with arguments that it does not take, or is not called.

        The message says which are missing or too many, the hint how it is called. What stands in
        braces without a call, `{{ ref }}`, would be written as an address of memory.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-var",
        "templates",
        """A variable has no value.

        `var()` gives what the settings, the target or `--vars` set; a second argument is the
        default.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > {{ var('least') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }} WHERE amount > {{ var('least', 5) }}
        """,
    ),
    StageFinding(
        "unknown-env-var",
        "templates",
        """An environment variable is not set.

        Set it, or give a default: `env_var('NAME', 'default')`.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            WHERE currency = '{{ env_var('SHOP_CURRENCY') }}'

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
            WHERE currency = '{{ env_var('SHOP_CURRENCY', 'EUR') }}'
        """,
    ),
    StageFinding(
        "unknown-doc",
        "templates",
        """A docs block is used that does not exist.

        `doc('name')` gives the text of `{% docs name %}` in a Markdown file of the model paths.

        Bad:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic: clicks, format: text, description: "{{ doc('clicks') }}"}

        Good:

            # models/more.yml
            sources:
              - name: web
                tables:
                  - {name: clicks, topic: clicks, format: text, description: Clicks.}
        """,
    ),
    StageFinding(
        "secret-outside-profiles",
        "templates",
        """A secret is used outside of profiles.yml.

        Variables whose name begins with `STREAMSQL_ENV_SECRET_` are given to profiles.yml only,
        where their values are masked in all that is printed. In a model they would become part of
        the compiled SQL.

        Bad:

            -- models/orders.sql
            SELECT '{{ env_var('STREAMSQL_ENV_SECRET_SALT') }}' AS salt
            FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "unknown-ref",
        "templates",
        """A model or seed is referred to that does not exist, or is switched off.

        `ref()` takes the name of a file without its ending.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ ref('stg_oders') }}

        Good:

            -- models/stg_orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            -- models/orders.sql
            SELECT order_id FROM {{ ref('stg_orders') }}
        """,
    ),
    StageFinding(
        "unknown-source",
        "templates",
        """A source table is read that no YAML file declares.

        `source()` takes the name of a source and of one of its tables.

        Bad:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'oders') }}

        Good:

            -- models/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "sink-not-readable",
        "templates",
        """A model reads a sink.

        What a sink writes is outside of the project; nothing reads it back. Read what the sink
        reads, or make it a topic or table.

        Bad:

            -- models/shown.sql
            {{ config(materialized='sink', format='console') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

            -- models/again.sql
            SELECT order_id FROM {{ ref('shown') }}

        Good:

            -- models/shown.sql
            {{ config(materialized='topic') }}
            SELECT order_id FROM {{ source('shop', 'orders') }}

            -- models/again.sql
            SELECT order_id FROM {{ ref('shown') }}
        """,
    ),
    StageFinding(
        "cycle",
        "templates",
        """Models read each other in a circle.

        No order is right for them, and a stream that feeds itself has no beginning. Take one of the
        references away.

        Bad:

            -- models/a.sql
            SELECT * FROM {{ ref('b') }}

            -- models/b.sql
            SELECT * FROM {{ ref('a') }}

        Good:

            -- models/a.sql
            SELECT * FROM {{ source('shop', 'orders') }}

            -- models/b.sql
            SELECT * FROM {{ ref('a') }}
        """,
    ),
)
