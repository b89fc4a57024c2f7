"""Every setting of a model: its type, who accepts it, what it is for, and how it is merged.

The one table below serves ``config()`` in SQL, ``config:`` in YAML, folder defaults in the
settings, the documentation and the JSON Schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from streamsql.findings import Finding, Location, did_you_mean
from streamsql.formats import find_format, unknown_format, unknown_options
from streamsql.project.faults import Faults
from streamsql.project.marked import Marked, Table, mark
from streamsql.project.nodes import Connection, Dedup, Model, ModelConfig, Trigger, Watermark
from streamsql.project.quarantine import quarantine_topic, with_unique
from streamsql.project.schema_files import SchemaFiles
from streamsql.project.shapes import (
    MISSING,
    Choice,
    ColumnName,
    Flag,
    FreeMap,
    Interval,
    JsonSchema,
    Key,
    Name,
    OneOrMany,
    Record,
    Section,
    Shape,
    Text,
    TextMap,
    Whole,
    report_unknown_key,
)


class Merge(StrEnum):
    """What happens where a setting is given in several places, from folder to SQL."""

    REPLACE = "replace"
    ADD = "add"
    BY_KEY = "by key"


MATERIALIZATIONS = ("view", "topic", "table", "sink")
_WORDS_OF_DBT = {
    "incremental": "use 'table': new rows are appended, or merged where there is a unique_key",
    "ephemeral": "use 'view': it is inlined into the queries that read it",
    "materialized_view": "use 'table' or 'topic': both are kept up to date",
}
_ALL = (*MATERIALIZATIONS, "seed")
_WRITTEN = ("topic", "table", "sink")
_KEPT = ("topic", "table")
_TABLE_FORMATS = ("delta", "parquet")
_FILE_FORMATS = ("avro", "csv", "json", "orc", "parquet", "text", "xml")


@dataclass(frozen=True, slots=True)
class TriggerShape:
    """``available_now``, ``processing_time``, or ``{processing_time: 10 seconds}``."""

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return a Trigger."""
        if not isinstance(marked.value, Table):
            if isinstance(marked.value, str) and marked.value[:1].isdigit():
                hint = "write it as {processing_time: 10 seconds}"
                message = f"'{marked.value}' alone is no trigger"
                faults.add("unknown-value", message, marked.location, hint)
                return MISSING
            kind = _TRIGGER_KIND.read(marked, faults)
            return MISSING if kind is MISSING else Trigger(kind)
        return _TRIGGER.read(marked, faults)

    def schema(self) -> JsonSchema:
        """Return the schema of a trigger."""
        return {"anyOf": [_TRIGGER_KIND.schema(), _TRIGGER.schema()]}


def _trigger(record: Record) -> Any:
    if record.get("available_now"):
        return Trigger("available_now")
    return Trigger("processing_time", record.get("processing_time"))


_TRIGGER_KIND = Choice(("processing_time", "available_now"))
_TRIGGER = Section(
    "a trigger",
    (
        Key("processing_time", Interval(), "Start a batch every so often: `10 seconds`."),
        Key("available_now", Flag(), "Process what is there, then stop."),
    ),
    _trigger,
)


def _watermark(record: Record) -> Watermark:
    optional = {"max_ahead": record.values["max_ahead"]} if "max_ahead" in record.values else {}
    place = record.place("column")
    return Watermark(record.values["column"], record.values["delay"], place, **optional)


_WATERMARK_KEYS = (
    Key("column", ColumnName(), "The column with the event time.", required=True),
    Key("delay", Interval(), "How late a row may come: `10 minutes`.", required=True),
)
WATERMARK = Section("a watermark", _WATERMARK_KEYS, _watermark)
SOURCE_WATERMARK = Section(
    "a watermark",
    (
        *_WATERMARK_KEYS,
        Key(
            "max_ahead",
            Interval(),
            "An event time further ahead of the record's own time makes a bad record: `1 day`.",
        ),
    ),
    _watermark,
)
DEDUP = Section(
    "dedup",
    (
        Key("keys", OneOrMany(ColumnName()), "Rows alike in these are duplicates.", required=True),
        Key("within", Interval(), "How far apart duplicates may be; the watermark's delay if not."),
    ),
    lambda record: Dedup(record.values["keys"], record.get("within")),
)


DEAD_LETTER = Section(
    "dead_letter",
    (
        Key("topic", Text("a topic"), "The topic of bad records; `<topic>.dead_letter`."),
        Key("connection", Text("the name of a connection"), "Its connection; the source's own."),
    ),
)
CONTRACT = Section(
    "a contract",
    (
        Key(
            "enforced",
            Flag(),
            "Declared columns and types must be those that are produced.",
            required=True,
        ),
    ),
    lambda record: record.values["enforced"],
)


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A setting: its shape, the materializations that accept it, and a line of help."""

    name: str
    shape: Shape
    accepted_by: tuple[str, ...]
    help: str
    merge: Merge = Merge.REPLACE


_COLUMNS = OneOrMany(ColumnName())

CONFIG_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey(
        "materialized", Choice(MATERIALIZATIONS), MATERIALIZATIONS, "What the model becomes."
    ),
    ConfigKey("enabled", Flag(), MATERIALIZATIONS, "False leaves the model out of everything."),
    ConfigKey("tags", OneOrMany(Text("a tag")), _ALL, "Words to select the model by.", Merge.ADD),
    ConfigKey("meta", FreeMap(), MATERIALIZATIONS, "Anything you want to note.", Merge.BY_KEY),
    ConfigKey(
        "connector",
        Text("the name of a connector"),
        ("sink",),
        "What writes a sink: `console`, `jdbc`, any format of Spark's; `format` says the same.",
    ),
    ConfigKey(
        "connection",
        Text("the name of a connection"),
        ("topic", "sink"),
        "The connection of the profile that is written to; the only Kafka one if not given.",
    ),
    ConfigKey("topic", Text("the name of a topic"), ("topic",), "The topic; the model's name."),
    ConfigKey("key", _COLUMNS, ("topic",), "The columns that make the record's key."),
    ConfigKey(
        "format",
        Text("a format"),
        _WRITTEN,
        "How values are written: `json`, `avro`, `csv`, … for topics, `delta` or `parquet` for "
        "tables.",
    ),
    ConfigKey(
        "format_options",
        TextMap(),
        ("topic",),
        "Options of the format: which schema `avro` writes.",
        Merge.BY_KEY,
    ),
    ConfigKey(
        "key_format",
        Text("a format"),
        ("topic",),
        "How keys are written; one string as it is and others as JSON if not given.",
    ),
    ConfigKey("key_options", TextMap(), ("topic",), "Options of the key's format.", Merge.BY_KEY),
    ConfigKey("headers", TextMap(), ("topic",), "Record headers: name to column.", Merge.BY_KEY),
    ConfigKey(
        "partition", ColumnName(), ("topic",), "The column, an int, that says which partition."
    ),
    ConfigKey(
        "delete_when",
        ColumnName(),
        ("topic", "sink"),
        "A boolean column: where it is true, the record is a tombstone, or the row is deleted.",
    ),
    ConfigKey("partitions", Whole(), ("topic",), "Partitions of a topic that is created."),
    ConfigKey("replication", Whole(), ("topic",), "Replicas of a topic that is created."),
    ConfigKey(
        "topic_config",
        TextMap(),
        ("topic",),
        "Kafka's settings of a topic that is created.",
        Merge.BY_KEY,
    ),
    ConfigKey(
        "location", Text("a path or URI"), ("table", "sink"), "Where the files are; a path or URI."
    ),
    ConfigKey(
        "table",
        Text("the name of a table"),
        ("sink",),
        "The table of a database, `schema.table`; the model's name.",
    ),
    ConfigKey("partition_by", _COLUMNS, ("table", "sink"), "Columns that files are divided by."),
    ConfigKey(
        "unique_key",
        _COLUMNS,
        ("table", "sink"),
        "Rows alike in these replace each other, in a `delta` table or one of a database.",
    ),
    ConfigKey(
        "order_by",
        _COLUMNS,
        ("table", "sink"),
        "Of rows with one unique key the greatest wins; Delta needs it.",
    ),
    ConfigKey(
        "on_schema_change",
        Choice(("fail", "append_new_columns", "ignore")),
        ("table", "sink"),
        "What a table that lacks columns of the model means: an error, new columns, or nothing.",
    ),
    ConfigKey(
        "change_feed", Flag(), ("table",), "Let models read the changes of a merged delta table."
    ),
    ConfigKey(
        "output_mode",
        Choice(("append", "update", "complete")),
        _WRITTEN,
        "Spark's output mode; inferred if not given.",
    ),
    ConfigKey("trigger", TriggerShape(), _WRITTEN, "When the next batch starts."),
    ConfigKey("watermark", WATERMARK, _KEPT, "The event time that readers of this model get."),
    ConfigKey("dedup", DEDUP, MATERIALIZATIONS, "Keep the first row of each key."),
    ConfigKey(
        "dead_letter",
        DEAD_LETTER,
        _WRITTEN,
        "Where rows go that data tests quarantine; the topic is `<topic>.dead_letter`.",
    ),
    ConfigKey(
        "contract",
        CONTRACT,
        MATERIALIZATIONS,
        "`{enforced: true}`: declared columns are those produced; so for topics that type all.",
    ),
    ConfigKey("options", TextMap(), _WRITTEN, "Options of Spark's writer.", Merge.BY_KEY),
    ConfigKey("renamed_from", Name("model"), _WRITTEN, "The name whose checkpoint goes on."),
    ConfigKey("delimiter", Text("one character"), ("seed",), "What stands between two cells."),
    ConfigKey("quote", Text("one character"), ("seed",), "What stands around a cell."),
)
CONFIG = {key.name: key for key in CONFIG_KEYS}


def config_section(kind: str) -> Section:
    """Return the section of the settings that ``model`` or ``seed`` accept, as raw values."""
    accepted = [
        key
        for key in CONFIG_KEYS
        if ("seed" in key.accepted_by if kind == "seed" else key.accepted_by != ("seed",))
    ]
    keys = tuple(Key(key.name, key.shape, key.help) for key in accepted)
    return Section(f"the config of a {kind}", keys)


_MODEL_SECTION = config_section("model")


@dataclass(frozen=True, slots=True)
class Given:
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
        _check_table(config, given, place, faults)
        _check_sink(config, accepted, given.places, place, faults)
        _check_tombstones(config, given.places, faults)
        _check_mode(config, given.places, faults)
    if connections is not None:
        config = _with_connection(config, given, connections, place, faults)
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


def is_folder_default(place: Location | None) -> bool:
    """Tell whether a setting was given for a whole folder: only that is written in TOML."""
    return place is not None and place.path.endswith(".toml")


_PLAIN_SETTINGS = frozenset(f.name for f in fields(ModelConfig)) - {"dead_letter"}


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


def _check_table(config: ModelConfig, given: Given, place: Location, faults: Faults) -> None:
    if config.materialized != "table":
        return
    format_place = given.places.get("format", place)
    if config.format not in _TABLE_FORMATS:
        hint = did_you_mean(str(config.format), _TABLE_FORMATS) or "tables are delta or parquet"
        message = f"a table cannot have the format '{config.format}'"
        faults.add("unknown-value", message, format_place, hint)
        return
    for name in ("unique_key", "change_feed"):
        if getattr(config, name) and config.format != "delta":
            message = f"'{name}' needs a delta table, this one is {config.format}"
            faults.add("config-not-allowed", message, given.places.get(name, place))
    if "on_schema_change" in given.values and config.format != "delta":
        message = f"'on_schema_change' needs a delta table, this one is {config.format}"
        faults.add("config-not-allowed", message, given.places.get("on_schema_change", place))
    pair = {"unique_key": "order_by", "order_by": "unique_key"}
    for name, other in pair.items():
        if getattr(config, name) and not getattr(config, other):
            faults.add(
                "missing-config",
                f"'{name}' needs '{other}'",
                given.places.get(name, place),
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
    return replace(config, schema=schema)


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
        return replace(config, key_format=None)
    options = config.key_options
    faults.found += unknown_options(known, options, given.places.get("key_options", where))
    if known.needs_schema and not {"schema", "subject"} & options.keys():
        options = {"subject": f"{config.topic or faults.model}-key", **options}
    config = replace(config, key_options=options)
    if schemas is None or (known.schema is not None and schemas.lacks(options)):
        return config  # unregistered-schema speaks of it, as above
    schema = schemas.schema(name, options, where, faults)
    return replace(config, key_schema=schema)


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
    return config if dead_letter is None else replace(config, dead_letter=dead_letter)


def _with_connection(
    config: ModelConfig,
    given: Given,
    connections: Mapping[str, Connection],
    place: Location,
    faults: Faults,
) -> ModelConfig:
    if config.connection is not None:
        place = given.places.get("connection", place)
        check_connection(config.connection, connections, place, faults)
        _check_kind(config, connections, place, faults)
        return config
    kind = _kind_of_connection(config)
    if kind is None:
        return config
    only = only_connection(connections, kind)
    if only is None:
        what = "topic" if kind == "kafka" else "table"
        faults.add(
            "missing-config",
            f"it is not clear which connection the {what} is on: give 'connection'",
            place,
            _known_connections(connections),
        )
        return config
    return replace(config, connection=only)


def _check_kind(
    config: ModelConfig,
    connections: Mapping[str, Connection],
    place: Location,
    faults: Faults,
) -> None:
    connection, kind = connections.get(str(config.connection)), _kind_of_connection(config)
    if connection is not None and kind is not None and connection.type != kind:
        faults.add(
            "unknown-connection",
            f"the connection '{connection.name}' is of the type {connection.type}, not {kind}",
            place,
            _known_connections({n: c for n, c in connections.items() if c.type == kind}),
        )


def _kind_of_connection(config: ModelConfig) -> str | None:
    """Return the type of the connection that a model must have, None if it needs none."""
    if config.materialized == "topic":
        return "kafka"
    is_jdbc = config.materialized == "sink" and config.format == "jdbc"
    return "jdbc" if is_jdbc else None


def only_kafka(connections: Mapping[str, Connection]) -> str | None:
    """Return the name of the one Kafka connection, or None if there are more or none."""
    return only_connection(connections, "kafka")


def only_connection(connections: Mapping[str, Connection], kind: str) -> str | None:
    """Return the name of the one connection of a type, or None if there are more or none."""
    names = [c.name for c in connections.values() if c.type == kind]
    return names[0] if len(names) == 1 else None


def check_connection(
    name: str, connections: Mapping[str, Connection], place: Location, faults: Faults
) -> None:
    """Report a connection that the target does not have."""
    if name not in connections:
        hint = did_you_mean(name, connections) or _known_connections(connections)
        message = f"the target has no connection '{name}'"
        faults.add("unknown-connection", message, place, hint)


def _known_connections(connections: Mapping[str, Connection]) -> str:
    names = ", ".join(sorted(connections))
    return f"connections of this target: {names}" if names else "the target has no connections"
