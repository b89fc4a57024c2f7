from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, source_rule
from streamsql.findings import Severity
from streamsql.project.nodes import Source


@source_rule(Severity.WARNING)
def fail_on_data_loss_off(source: Source) -> Iterator[Fault]:
    """A source is told to go on in silence when records are lost.

    With `failOnDataLoss` off, a topic that was deleted and made again, or records that
    retention removed before they were read, are skipped without a word, and nothing tells a
    complete result from one with a hole. Left on, the query stops and says what is missing.

    Bad:

        # models/sources.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: clicks
                topic: web.clicks
                format: json
                options: {failOnDataLoss: false}
                columns: [{name: id, data_type: bigint}]

    Good:

        # models/sources.yml
        sources:
          - name: web
            connection: kafka
            tables:
              - name: clicks
                topic: web.clicks
                format: json
                columns: [{name: id, data_type: bigint}]
    """
    for name, value in source.options.items():
        if name.lower() == "failondataloss" and str(value).lower() == "false":
            yield Fault(
                f"source '{source.unique_name}' goes on in silence when records are lost",
                source.location,
                hint="take failOnDataLoss away; switch it off for one restart only, knowingly",
            )
