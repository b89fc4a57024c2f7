"""Every setting of a model: its type, who accepts it, what it is for, and how it is merged.

The one table below serves ``config()`` in SQL, ``config:`` in YAML, folder defaults in the
settings, the documentation and the JSON Schemas.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from streamsql.project.faults import Faults
from streamsql.project.marked import Marked, Table
from streamsql.project.nodes import Dedup, Trigger, Watermark
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
)


class Merge(StrEnum):
    """What happens where a setting is given in several places, from folder to SQL."""

    REPLACE = "replace"
    ADD = "add"
    BY_KEY = "by key"


MATERIALIZATIONS = ("view", "topic", "table", "sink")
_ALL = (*MATERIALIZATIONS, "seed")
_WRITTEN = ("topic", "table", "sink")
_KEPT = ("topic", "table")


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


class ConfigKey(NamedTuple):
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
