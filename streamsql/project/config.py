"""A model's settings: read, merged from folder to YAML to SQL, and filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from streamsql.findings import Finding, Location, did_you_mean
from streamsql.formats import find_format, unknown_format, unknown_options
from streamsql.project.config_fit import check_fit, is_folder_default
from streamsql.project.config_keys import CONFIG, ConfigKey, Merge, config_section
from streamsql.project.connections import check_connection, only_kafka, with_connection
from streamsql.project.faults import Faults
from streamsql.project.marked import mark
from streamsql.project.nodes import Connection, Model, ModelConfig
from streamsql.project.quarantine import quarantine_topic, with_unique
from streamsql.project.schema_files import SchemaFiles
from streamsql.project.shapes import MISSING, Record, report_unknown_key

_WORDS_OF_DBT = {
    "incremental": "use 'table': new rows are appended, or merged where there is a unique_key",
    "ephemeral": "use 'view': it is inlined into the queries that read it",
    "materialized_view": "use 'table' or 'topic': both are kept up to date",
}
_MODEL_SECTION = config_section("model")


class Given(NamedTuple):
    """Settings gathered so far, and where each was given last."""

    values: Mapping[str, Any]
    places: Mapping[str, Location]

    def over(self, values: Mapping[str, Any], places: Mapping[str, Location]) -> Given:
        """Return these settings with others merged over them."""
        merged = dict(self.values)
        for name, value in values.items():
            merged[name] = _merged(CONFIG[name].merge, merged.get(name), value)
        return Given(merged, {**self.places, **places})


def _merged(how: Merge, old: Any, new: Any) -> Any:
    if old is None or how is Merge.REPLACE:
        return new
    if how is Merge.ADD:
        return tuple(dict.fromkeys((*old, *new)))
    return {**old, **new}


def merge_config(
    model: Model,
    call_config: Mapping[str, Any],
    call_locations: Mapping[str, Location],
    connections: Mapping[str, Connection] | None = None,
    schemas: SchemaFiles | None = None,
) -> tuple[ModelConfig, tuple[Finding, ...]]:
    """Merge what ``config()`` was called with over the model's YAML and folder defaults.

    ``call_config`` holds plain values as templates give them. With ``connections`` the
    model's connection is checked, and filled in where there is only one of Kafka; with
    ``schemas`` a topic gets the schema that its ``format_options`` name.
    A folder default that the model's materialization does not accept is left out.
    """
    faults = Faults(model.name)
    values, places = read_config(call_config, call_locations, model.location, faults)
    given = Given(model.yaml_config, model.config_locations).over(values, places)
    wrong = [name for name in call_config if name in CONFIG and name not in values]
    wrong += [name for name in given.places if name not in given.values]
    if any(name not in CONFIG and did_you_mean(name, ("materialized",)) for name in call_config):
        wrong.append("materialized")  # misspelt: what the model was to become is not known
    materialized = given.values.get("materialized", "view")
    accepted = _accepted(given, materialized, wrong, faults)
    place = given.places.get("materialized", model.location)
    config = _model_config(model, accepted, materialized)
    if not wrong:
        check_fit(config, accepted, given.places, place, faults)
    if connections is not None:
        config = with_connection(config, given.places, connections, place, faults)
    if config.materialized == "topic":
        config = _with_schema(config, given, schemas, place, faults)
        config = _with_key(config, given, schemas, place, faults)
    config = with_unique(config, model.tests, given.places.get("dedup"), faults)
    config = with_dead_letter(config, model, given, connections or {}, faults)
    return config, tuple(faults.found)


def read_config(
    config: Mapping[str, Any], places: Mapping[str, Location], whole: Location, faults: Faults
) -> tuple[dict[str, Any], dict[str, Location]]:
    """Read plain settings: those that are sound, with their places; findings for the rest."""
    values: dict[str, Any] = {}
    found: dict[str, Location] = {}
    for name, value in config.items():
        place = places.get(name, whole)
        known = CONFIG.get(name)
        if known is None or known.accepted_by == ("seed",):
            report_unknown_key(
                name, "the config of a model", [k.name for k in _MODEL_SECTION.keys], place, faults
            )
            continue
        if value is None:
            continue
        read = _read_value(known, value, place, faults)
        if read is not MISSING:
            values[name] = read
            found[name] = place
    return values, found


def _read_value(key: ConfigKey, value: Any, place: Location, faults: Faults) -> Any:
    if key.name == "materialized" and value == "seed":
        faults.add(
            "unknown-value", "a model cannot be a seed", place, "put a CSV file into seed-paths"
        )
        return MISSING
    if key.name == "materialized" and isinstance(value, str) and value in _WORDS_OF_DBT:
        faults.add(
            "unknown-value", f"'{value}' is not known here", place, hint=_WORDS_OF_DBT[value]
        )
        return MISSING
    return key.shape.read(mark(value, place), faults)


def _accepted(
    given: Given, materialized: str, wrong: Iterable[str], faults: Faults
) -> dict[str, Any]:
    """Return the settings that the materialization takes; report the others that were meant."""
    accepted = {}
    for name, value in given.values.items():
        takers = CONFIG[name].accepted_by
        if materialized in takers:
            accepted[name] = value
        elif not is_folder_default(given.places.get(name)) and "materialized" not in wrong:
            faults.add(
                "config-not-allowed",
                f"a model materialized as '{materialized}' does not take '{name}'",
                given.places[name],
                f"'{name}' is for {' or '.join(takers)}",
            )
    return accepted


_PLAIN_SETTINGS = frozenset(ModelConfig._fields) - {"dead_letter"}


def _model_config(model: Model, values: dict[str, Any], materialized: str) -> ModelConfig:
    given = {name: value for name, value in values.items() if name in _PLAIN_SETTINGS}
    if "headers" in given:
        given["headers"] = tuple(given["headers"].items())
    if "connector" in values:
        given.setdefault("format", values["connector"])
    defaults: dict[str, Any] = {}
    if materialized == "sink" and given.get("format") == "jdbc":
        defaults = {"table": model.name}
    if materialized == "topic":
        defaults = {"topic": model.name, "format": "json"}
    elif materialized == "table":
        defaults = {"format": "delta"}
    return ModelConfig(**{**defaults, **given})


def _with_schema(
    config: ModelConfig,
    given: Given,
    schemas: SchemaFiles | None,
    place: Location,
    faults: Faults,
) -> ModelConfig:
    place = given.places.get("format_options", given.places.get("format", place))
    known = find_format(config.format or "json")
    if known is not None:
        faults.found += unknown_options(known, config.format_options, place)
    if schemas is None or known is None:
        return config
    if not config.format_options.keys() & {"schema", "subject"}:
        return config  # then it is derived from the columns
    if known.schema is not None and schemas.lacks(config.format_options):
        return config  # unregistered-schema speaks of it, and 'schema generate' can mend it
    schema = schemas.schema(known.name, config.format_options, place, faults)
    return config._replace(schema=schema)


def _with_key(
    config: ModelConfig,
    given: Given,
    schemas: SchemaFiles | None,
    place: Location,
    faults: Faults,
) -> ModelConfig:
    """Return the config with the schema of its key; that of Avro is of ``<topic>-key``."""
    name = config.key_format
    if name is None:
        if config.key_options:
            where = given.places.get("key_options", place)
            faults.add("missing-config", "'key_options' needs 'key_format'", where)
        return config
    where = given.places.get("key_format", place)
    if not config.key:
        faults.add("missing-config", "'key_format' needs 'key', the columns of the key", where)
    known = find_format(name)
    if known is None:
        unknown = unknown_format(name, where)
        faults.add("unknown-format", unknown.message, where, unknown.hint)
        return config._replace(key_format=None)
    options = config.key_options
    faults.found += unknown_options(known, options, given.places.get("key_options", where))
    if known.needs_schema and not {"schema", "subject"} & options.keys():
        options = {"subject": f"{config.topic or faults.model}-key", **options}
    config = config._replace(key_options=options)
    if schemas is None or (known.schema is not None and schemas.lacks(options)):
        return config  # unregistered-schema speaks of it, as above
    schema = schemas.schema(name, options, where, faults)
    return config._replace(key_schema=schema)


def with_dead_letter(
    config: ModelConfig,
    model: Model,
    given: Given,
    connections: Mapping[str, Connection],
    faults: Faults,
) -> ModelConfig:
    """Fill in where rows go that data tests quarantine, and what cannot be read back."""
    told: Record | None = given.values.get("dead_letter")
    topic = told.get("topic") if told else None
    connection = told.get("connection") if told else None
    if told and connection:
        check_connection(connection, connections, told.place("connection"), faults)
    kafka = config.connection if config.materialized == "topic" else None
    where = connection or kafka or only_kafka(connections)
    place = told.location if told else None
    dead_letter = quarantine_topic(config, model, topic, where, place, faults)
    return config if dead_letter is None else config._replace(dead_letter=dead_letter)
