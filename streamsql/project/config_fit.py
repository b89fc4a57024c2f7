"""Settings of a model that do not fit each other: each fine alone, and wrong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamsql.findings import Location, did_you_mean
from streamsql.project.faults import Faults
from streamsql.project.nodes import ModelConfig

_TABLE_FORMATS = ("delta", "parquet")
_FILE_FORMATS = ("avro", "csv", "json", "orc", "parquet", "text", "xml")


def check_fit(
    config: ModelConfig,
    values: Mapping[str, Any],
    places: Mapping[str, Location],
    place: Location,
    faults: Faults,
) -> None:
    """Report them; ``values`` were given, at ``places``; ``place`` stands for the whole."""
    _check_table(config, values, places, place, faults)
    _check_sink(config, values, places, place, faults)
    _check_tombstones(config, places, faults)
    _check_mode(config, places, faults)


def is_folder_default(place: Location | None) -> bool:
    """Tell whether a setting was given for a whole folder: only that is written in TOML."""
    return place is not None and place.path.endswith(".toml")


def _check_table(
    config: ModelConfig,
    values: Mapping[str, Any],
    places: Mapping[str, Location],
    place: Location,
    faults: Faults,
) -> None:
    if config.materialized != "table":
        return
    format_place = places.get("format", place)
    if config.format not in _TABLE_FORMATS:
        hint = did_you_mean(str(config.format), _TABLE_FORMATS) or "tables are delta or parquet"
        message = f"a table cannot have the format '{config.format}'"
        faults.add("unknown-value", message, format_place, hint)
        return
    for name in ("unique_key", "change_feed"):
        if getattr(config, name) and config.format != "delta":
            message = f"'{name}' needs a delta table, this one is {config.format}"
            faults.add("config-not-allowed", message, places.get(name, place))
    if "on_schema_change" in values and config.format != "delta":
        message = f"'on_schema_change' needs a delta table, this one is {config.format}"
        faults.add("config-not-allowed", message, places.get("on_schema_change", place))
    pair = {"unique_key": "order_by", "order_by": "unique_key"}
    for name, other in pair.items():
        if getattr(config, name) and not getattr(config, other):
            faults.add(
                "missing-config",
                f"'{name}' needs '{other}'",
                places.get(name, place),
                "of the rows with one unique_key the greatest by order_by wins",
            )


def _check_mode(config: ModelConfig, places: Mapping[str, Location], faults: Faults) -> None:
    """Report a mode that Spark's sink of files, or Delta's, does not have."""
    if config.materialized not in ("table", "sink") or config.output_mode in (None, "append"):
        return
    adds_only = config.format in _FILE_FORMATS
    cannot_update = config.format == "delta" and not config.unique_key
    if adds_only or (cannot_update and config.output_mode == "update"):
        faults.add(
            "config-not-allowed",
            f"{config.format} cannot be written in {config.output_mode} mode",
            places["output_mode"],
            "take append mode"
            if adds_only
            else "give unique_key and order_by: then rows replace each other",
        )


def _check_tombstones(config: ModelConfig, places: Mapping[str, Location], faults: Faults) -> None:
    if config.materialized == "topic" and config.delete_when and not config.key:
        faults.add(
            "missing-config",
            "'delete_when' needs 'key'",
            places["delete_when"],
            "a tombstone says by its key what is deleted",
        )


def _check_sink(
    config: ModelConfig,
    values: Mapping[str, Any],
    places: Mapping[str, Location],
    place: Location,
    faults: Faults,
) -> None:
    if config.materialized != "sink":
        return
    if config.format is None:
        faults.add(
            "missing-config",
            "a sink needs a 'connector'",
            place,
            "for example connector='console', connector='jdbc' or connector='json'",
        )
    elif values.get("connector", config.format) != config.format:
        faults.add(
            "config-not-allowed",
            f"the connector is '{values['connector']}', and the format '{config.format}'",
            places.get("connector", place),
            "both name what writes the sink: give one of them",
        )
    else:
        _check_sink_settings(config, values, places, faults)


_OF_DATABASES = ("table", "unique_key", "order_by", "delete_when", "on_schema_change")
_OF_FILES = ("location", "partition_by")


def _check_sink_settings(
    config: ModelConfig,
    values: Mapping[str, Any],
    places: Mapping[str, Location],
    faults: Faults,
) -> None:
    is_jdbc = config.format == "jdbc"
    for name in _OF_FILES if is_jdbc else _OF_DATABASES:
        if name in values and not is_folder_default(places.get(name)):
            message = f"the connector '{config.format}' does not take '{name}'"
            hint = "it writes a table of a database" if is_jdbc else f"'{name}' is for jdbc"
            faults.add("config-not-allowed", message, places[name], hint)
    if config.format in (*_FILE_FORMATS, "delta") and config.location is None:
        message = f"a sink of the format '{config.format}' needs 'location'"
        place = next(places[n] for n in ("connector", "format") if n in places)
        faults.add("missing-config", message, place, "the folder of its files: a path or URI")
    for name in ("order_by", "delete_when"):
        if is_jdbc and getattr(config, name) and not config.unique_key:
            message = f"'{name}' needs 'unique_key'"
            hint = "without a unique_key rows are only added"
            faults.add("missing-config", message, places[name], hint)
