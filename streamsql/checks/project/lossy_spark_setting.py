from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Location, Severity

_STREAMING = "spark.sql.streaming."
_LOSSY = {
    f"{_STREAMING}multipleWatermarkPolicy": (
        "max",
        "the source that is ahead says what is late, and rows of the others are dropped",
    ),
    f"{_STREAMING}noDataMicroBatches.enabled": (
        "false",
        "what waits for the watermark is written only when more rows come",
    ),
    f"{_STREAMING}statefulOperator.checkCorrectness.enabled": (
        "false",
        "Spark runs what may drop rows between two operators that keep state",
    ),
    f"{_STREAMING}unsupportedOperationCheck": (
        "false",
        "Spark runs queries of which it knows that they cannot be right",
    ),
    f"{_STREAMING}stateStore.stateSchemaCheck": (
        "false",
        "a query that has changed takes the state of the old one for its own",
    ),
}


@project_rule(Severity.WARNING)
def lossy_spark_setting(whole: WholeProject) -> Iterator[Fault]:
    """A setting of Spark makes it lose rows, or run what it would refuse, in silence.

    `multipleWatermarkPolicy: max` lets the fastest source move the watermark, so that a query
    does not wait for a silent one: all that a slower source sends is late then, and dropped
    without a word. Without `noDataMicroBatches` the last windows stay unwritten until more rows
    come. The checks of Spark that can be switched off stand before wrong results. What lint
    says of watermarks and output modes is meant for the defaults.

    Bad:

        # profiles.yml
        shop:
          target: dev
          outputs:
            dev:
              spark: {version: 4.1.1, conf: {spark.sql.streaming.multipleWatermarkPolicy: max}}
              connections: {kafka: {type: kafka, embedded: true}}

    Good:

        # profiles.yml
        shop:
          target: dev
          outputs:
            dev:
              spark: {version: 4.1.1}
              connections: {kafka: {type: kafka, embedded: true}}
    """
    for name, value in whole.project.target.spark.conf.items():
        lossy, effect = _LOSSY.get(name, (None, ""))
        if lossy == str(value).strip().lower():
            yield Fault(
                f"{name} is {lossy}: {effect}",
                _place(name, whole),
                hint="leave it out: the default is right",
            )


def _place(name: str, whole: WholeProject) -> Location:
    for path, text in whole.texts.items():
        before, found, _ = text.partition(name)
        if found and path.rpartition("/")[2] in ("profiles.yml", "profiles.yaml"):
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            return Location(path, line, column, line, column + len(name))
    return Location("profiles.yml")
