from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, source_rule
from streamsql.findings import Severity
from streamsql.formats import check_source
from streamsql.project.nodes import Source


@source_rule(Severity.ERROR)
def undecodable_source(source: Source) -> Iterator[Fault]:
    """A source declares what its format cannot give.

    Decoding turns a record's bytes into the declared columns, so the columns, their types and
    the options must be such that the format can produce them: JSON needs columns of types
    that JSON has, raw and text have the one column `value`.

    Bad:

        # models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: clicks
                topic: web.clicks
                format: json

    Good:

        # models/web.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: clicks
                topic: web.clicks
                format: json
                columns: [{name: url, data_type: string}]
    """
    for found in check_source(source):
        yield Fault(found.message, found.location, found.hint)
