"""What reading a project's files may find wrong with the files themselves and the names in them."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

FILE_FINDINGS: tuple[StageFinding, ...] = (
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
