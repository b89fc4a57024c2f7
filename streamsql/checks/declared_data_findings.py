"""What may be wrong with schema files and seeds."""

from __future__ import annotations

from streamsql.checks.stage_finding import StageFinding

DECLARED_DATA_FINDINGS: tuple[StageFinding, ...] = (
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
