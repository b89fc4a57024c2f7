"""What the data tests of a model ask of its settings: where rows go that fail, and ``dedup``."""

from __future__ import annotations

from collections.abc import Iterable

from streamsql.findings import Location
from streamsql.project.faults import Faults
from streamsql.project.nodes import DataTest, DeadLetter, Dedup, Model, ModelConfig


def quarantine_topic(
    config: ModelConfig,
    model: Model,
    topic: str | None,
    connection: str | None,
    place: Location | None,
    faults: Faults,
) -> DeadLetter | None:
    """Return where rows of a model go that are quarantined; None if nothing can go there.

    ``topic`` and ``connection`` are what was given or follows, ``place`` where the setting is.
    A topic model always has one: what its readers cannot decode goes there too.
    """
    quarantining = [t for t in model.tests if t.on_failure == "quarantine"]
    if config.materialized == "view":
        for test in quarantining:
            _report_impossible(test, _BY_VIEW, faults)
        return None
    if not quarantining and config.materialized != "topic":
        if place is not None:
            message = "'dead_letter' means nothing here: no data test of the model quarantines"
            hint = "say on_failure: quarantine in the config of a test"
            faults.add("conflicting-keys", message, place, hint)
        return None
    if quarantining and config.materialized == "table" and config.format == "parquet":
        _report_impossible(quarantining[0], _BESIDE_PARQUET, faults)
        return None
    if connection is None:
        for test in quarantining[:1]:
            _report_impossible(test, _NOWHERE, faults)
        return None
    return DeadLetter(topic or f"{config.topic or model.name}.dead_letter", connection)


# Why rows cannot be quarantined, and what to do instead.
_BY_VIEW = (
    "a view cannot quarantine rows: each of its readers would send them again",
    "quarantine in the models that write, make the view a topic, or use drop or fail",
)
_BESIDE_PARQUET = (
    "parquet files cannot be written beside dead letters: after a crash rows would be doubled",
    "use format='delta', or say on_failure: drop",
)
_NOWHERE = (
    "it is not clear which Kafka connection the quarantined rows go to",
    "name it: dead_letter: {connection: …} in the model's config",
)


def _report_impossible(test: DataTest, why: tuple[str, str], faults: Faults) -> None:
    message, hint = why
    place = test.failure_location or test.location
    faults.add("impossible-quarantine", message, place, hint)


def with_unique(
    config: ModelConfig, tests: Iterable[DataTest], place: Location | None, faults: Faults
) -> ModelConfig:
    """Let ``dedup`` make true what ``unique`` asks for: nothing else in a stream can.

    ``place`` is where ``dedup`` was set. What is unique by ``unique_key`` or ``dedup`` already
    needs nothing.
    """
    for test in tests:
        if test.name != "unique" or test.column is None:
            continue
        key = test.column.lower()
        own = [k.lower() for k in config.dedup.keys] if config.dedup else []
        if [k.lower() for k in config.unique_key] == [key]:
            continue
        if own == [key] and "within" not in test.arguments:
            continue
        if config.dedup is not None:
            message = f"'unique' needs a dedup by '{test.column}', and there is another one"
            where = f"dedup is at {place}" if place else "there is another test 'unique'"
            faults.add("conflicting-keys", message, test.location, f"keep one: {where}")
        elif test.on_failure != "drop":
            _report_unbounded(test, faults)
        else:
            config = config._replace(dedup=Dedup((test.column,), test.arguments.get("within")))
    return config


def _report_unbounded(test: DataTest, faults: Faults) -> None:
    faults.add(
        "unbounded-test",
        f"'unique' cannot {test.on_failure}: to know a second row, a stream drops it",
        test.failure_location or test.location,
        "say on_failure: drop, which keeps the first row within the watermark's delay, or "
        "give the model dedup or unique_key",
    )
