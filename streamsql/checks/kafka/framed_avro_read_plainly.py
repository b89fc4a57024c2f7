from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Severity
from streamsql.formats.schemas import subject_path
from streamsql.project.nodes import Source


@project_rule(Severity.WARNING)
def framed_avro_read_plainly(whole: WholeProject) -> Iterator[Fault]:
    """A source reads Avro as it is, and its topic is known to a schema registry.

    Who writes through a registry puts a zero byte and the id of the schema before each record.
    Read as plain Avro, these five bytes are taken for values: Spark gives wrong ones, or empty
    ones, and no error, not even with FAILFAST. A source that names the subject takes them off.

    Bad:

        # models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: clicks
                topic: clicks
                format: avro
                format_options: {schema: schemas/click.avsc}

        # schemas/click.avsc
        {"type": "record", "name": "Click", "fields": [{"name": "id", "type": "long"}]}

        # schemas/clicks-value.json
        {"subject": "clicks-value", "versions": [{"version": 1, "id": 7, "schema":
          {"type": "record", "name": "Click", "fields": [{"name": "id", "type": "long"}]}}]}

    Good:

        # models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: clicks
                topic: clicks
                format: avro
                format_options: {subject: clicks-value}

        # schemas/clicks-value.json
        {"subject": "clicks-value", "versions": [{"version": 1, "id": 7, "schema":
          {"type": "record", "name": "Click", "fields": [{"name": "id", "type": "long"}]}}]}
    """
    folders = whole.project.settings.schema_paths
    for source in whole.project.sources:
        if not _is_plain(source) or source.topic is None:
            continue
        subject = f"{source.topic}-value"
        files = [subject_path(subject, folder) for folder in folders]
        known = next((path for path in files if path in whole.texts), None)
        if known is not None:
            yield Fault(
                f"'{source.unique_name}' reads plain Avro, and {known} says that its records carry"
                " the id of a schema before them",
                source.location,
                hint=f"set format_options: {{subject: {subject}}}",
            )


def _is_plain(source: Source) -> bool:
    framing = source.format_options.get("framing")
    named = "subject" in source.format_options
    return source.format == "avro" and (framing == "none" or (framing is None and not named))
