"""What reading a project's files may find wrong: settings, YAML, CSV."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

_FILES = (
    StageFinding(
        "unreadable-file",
        "project",
        """A file or folder of the project cannot be read.

        The operating system refused it; the message gives its reason. What the file declares is
        not known, so models that need it fail too.
        """,
    ),
    StageFinding(
        "not-utf8",
        "project",
        """A file is not written in UTF-8.

        Every file of a project is UTF-8, with or without a byte order mark. Save it again in that
        encoding; the place shows the first byte that is wrong.
        """,
    ),
    StageFinding(
        "file-too-large",
        "project",
        """A model, macro or YAML file is far larger than anything that people write.

        Such a file is not read. Larger data belongs into a topic or a table, not into a project.
        """,
    ),
    StageFinding(
        "outside-project",
        "project",
        """A folder of the settings is outside of the project.

        Nothing outside of the project's folder is read, so that what is compiled depends on the
        project alone.

        Bad:

            # streamsql.toml
            name = "shop"
            macro-paths = ["../macros"]

        Good:

            # streamsql.toml
            name = "shop"
            macro-paths = ["macros"]
        """,
    ),
    StageFinding(
        "unknown-path",
        "project",
        """A folder that the settings name does not exist.

        `model-paths`, `macro-paths`, `seed-paths` and `model-tests` name folders of the project.
        Make the folder, or take the name away.

        Bad:

            # streamsql.toml
            name = "shop"
            seed-paths = ["lookups"]

        Good:

            # streamsql.toml
            name = "shop"
            seed-paths = ["lookups"]

            # lookups/rates.csv
            currency,rate
            EUR,1.0
        """,
    ),
    StageFinding(
        "toml-syntax",
        "project",
        """A settings file is not TOML.

        Nothing else can be checked until it is. Texts need quotes, and each key stands once.

        Bad:

            # streamsql.toml
            name = shop

        Good:

            # streamsql.toml
            name = "shop"
        """,
    ),
    StageFinding(
        "yaml-syntax",
        "project",
        """A file is not YAML, or is YAML that is not accepted.

        Indent with blanks, put quotes around a value that begins with Jinja, and use neither tags
        nor aliases that multiply. What the file declares is missing until it can be read.

        Bad:

            # models/more.yml
            models:
              - name: orders
                description: [unclosed

        Good:

            # models/more.yml
            models: []
        """,
    ),
    StageFinding(
        "duplicate-key",
        "project",
        """A mapping has the same key twice.

        YAML would keep one of the two values and drop the other in silence. Keep the one that is
        meant.

        Bad:

            # models/more.yml
            sources: []
            sources: []

        Good:

            # models/more.yml
            sources: []
        """,
    ),
    StageFinding(
        "duplicate-name",
        "project",
        """Two things of a project have one name.

        Models and seeds share their names, and a source table, a column, a macro or a docs block
        is there once. Rename one, or take it away; the hint says where the first is.

        Bad:

            -- models/a/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            -- models/b/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/a/orders.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

            -- models/b/orders_again.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "bad-name",
        "project",
        """A name cannot be used for what it names.

        Names of models, seeds, sources and macros become part of SQL identifiers: letters, digits
        and underscores, not beginning with a digit, and no name that streamsql itself uses.

        Bad:

            -- models/orders-by-day.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}

        Good:

            -- models/orders_by_day.sql
            SELECT order_id FROM {{ source('shop', 'orders') }}
        """,
    ),
    StageFinding(
        "docs-syntax",
        "project",
        """A docs block of a Markdown file cannot be read.

        A block is begun by `{% docs name %}` and ended by `{% enddocs %}`; blocks are not nested.

        Bad:

            # models/orders.md
            {% docs order %}
            One row an order.

        Good:

            # models/orders.md
            {% docs order %}
            One row an order.
            {% enddocs %}
        """,
    ),
)

_VALUES = (
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
    StageFinding(
        "bad-schema",
        "project",
        """The schema that a format needs is not there, or cannot be used.

        `format_options` name a file of the project, in `schema-paths`: Avro's own `.avsc`, or
        the versions of a registry's subject with their ids. The message says what is wrong: a file
        or version that is not there, text that is no schema, a type that Spark does not have, or
        framed records without the ids of their schemas.

        Bad:

            # models/web.yml
            sources:
              - name: web
                connection: kafka
                tables:
                  - name: clicks
                    topic: web.clicks
                    format: avro
                    format_options: {schema: schemas/clicks.avsc}

        Good:

            # models/web.yml
            sources:
              - name: web
                connection: kafka
                tables:
                  - name: clicks
                    topic: web.clicks
                    format: avro
                    format_options: {schema: schemas/clicks.avsc}

            # schemas/clicks.avsc
            {"type": "record", "name": "Click", "fields": [{"name": "id", "type": "long"}]}
        """,
    ),
    StageFinding(
        "schema-mismatch",
        "project",
        """A source declares a column otherwise than its schema has it.

        The columns of an Avro source are the fields of its schema, with their types. What is
        declared under `columns` adds descriptions and tests to them; a name or a type that is
        not the schema's is a mistake in one of the two.

        Bad:

            # models/web.yml
            sources:
              - name: web
                connection: kafka
                tables:
                  - name: clicks
                    topic: web.clicks
                    format: avro
                    format_options: {schema: schemas/clicks.avsc}
                    columns: [{name: id, data_type: string}]

            # schemas/clicks.avsc
            {"type": "record", "name": "Click", "fields": [{"name": "id", "type": "long"}]}

        Good:

            # models/web.yml
            sources:
              - name: web
                connection: kafka
                tables:
                  - name: clicks
                    topic: web.clicks
                    format: avro
                    format_options: {schema: schemas/clicks.avsc}
                    columns: [{name: id, description: Counted up by the shop.}]

            # schemas/clicks.avsc
            {"type": "record", "name": "Click", "fields": [{"name": "id", "type": "long"}]}
        """,
    ),
    StageFinding(
        "bad-seed",
        "project",
        """A seed is not a CSV with a header and rows as wide as it.

        Put cells with the delimiter in them into quotes. A seed that cannot be read whole is not
        used.

        Bad:

            # seeds/cities.csv
            id,place
            1,Paris, France

        Good:

            # seeds/cities.csv
            id,place
            1,"Paris, France"
        """,
    ),
    StageFinding(
        "bad-cell",
        "project",
        """A cell of a seed is not of the type that its column is declared to have.

        Mend the cell or the declaration. An empty cell is null, of any type.

        Bad:

            # seeds/rates.csv
            currency,rate
            EUR,one

            # seeds/rates.yml
            seeds:
              - name: rates
                columns: [{name: rate, data_type: double}]

        Good:

            # seeds/rates.csv
            currency,rate
            EUR,1.0

            # seeds/rates.yml
            seeds:
              - name: rates
                columns: [{name: rate, data_type: double}]
        """,
    ),
    StageFinding(
        "seed-too-large",
        "project",
        """A seed is larger than what can be written into a query.

        Seeds are inlined as values, so that executors need no file. Larger data belongs into a
        topic or a table.
        """,
    ),
)

FILE_FINDINGS: tuple[StageFinding, ...] = (*_FILES, *_VALUES)
