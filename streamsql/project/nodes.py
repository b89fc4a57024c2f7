"""What a project is made of once it is read: plain values, each knowing where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from streamsql.findings import Finding, Location
from streamsql.formats import KeyOutput, RecordSchema, find_format


class DataTest(NamedTuple):
    """What must hold for each row of a relation, and what becomes of a row for which it does not.

    ``on_failure`` is ``warn`` (counted), ``drop``, ``quarantine`` or ``fail``. ``column`` is None
    for a test of whole rows. ``arguments`` of a built-in test are SQL or text, those of a macro
    plain values; ``places`` is where each stands. ``where`` is a condition: rows that do not
    meet it are not tested. ``label`` is the test's own name, if it was given one.
    """

    name: str
    column: str | None
    location: Location
    arguments: Mapping[str, Any] = MappingProxyType({})
    places: Mapping[str, Location] = MappingProxyType({})
    on_failure: str = "warn"
    where: str | None = None
    where_location: Location | None = None
    failure_location: Location | None = None
    label: str | None = None
    description: str = ""


class Column(NamedTuple):
    """A declared column. ``data_type`` is Spark DDL (``decimal(10,2)``), or None if undeclared.

    ``not_null`` on a source's column is part of decoding: a record without it is a bad record.
    """

    name: str
    data_type: str | None
    description: str
    location: Location
    not_null: bool = False
    meta: Mapping[str, Any] = MappingProxyType({})
    data_tests: tuple[DataTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Watermark:
    """Event time of a relation. ``delay`` and ``max_ahead`` are intervals (``10 minutes``).

    A record whose event time is further than ``max_ahead`` ahead of its own Kafka
    timestamp is a bad record: it would drag the watermark past everything else.
    """

    column: str
    delay: str
    location: Location
    max_ahead: str = "1 day"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Where a source's bad records go: a topic on a connection."""

    topic: str
    connection: str


class SourceKey(NamedTuple):
    """How the key of a source's records is written: readers get it decoded as ``_key``."""

    format: str
    format_options: Mapping[str, str]
    columns: tuple[Column, ...]
    location: Location
    schema: RecordSchema | None = None


class Source(NamedTuple):
    """A Kafka topic (or topic pattern) that the project reads and does not write.

    Exactly one of ``topic`` and ``topic_pattern`` is set. ``on_error`` is one of
    ``dead_letter``, ``fail``, ``drop``. ``options`` are Spark's Kafka source options. The
    columns of a source with a ``schema`` are those of the schema. ``partitions`` are those of the
    topic that are read; none means all.
    """

    source_name: str
    name: str
    connection: str
    topic: str | None
    topic_pattern: str | None
    format: str
    format_options: Mapping[str, str]
    columns: tuple[Column, ...]
    watermark: Watermark | None
    on_error: str
    dead_letter: DeadLetter | None
    options: Mapping[str, str]
    description: str
    tags: tuple[str, ...]
    location: Location
    meta: Mapping[str, Any] = MappingProxyType({})
    schema: RecordSchema | None = None
    key: SourceKey | None = None
    partitions: tuple[int, ...] = ()

    @property
    def relation(self) -> str:
        """The identifier that ``source()`` renders to; users cannot write it themselves."""
        return f"source__{self.source_name}__{self.name}"

    @property
    def unique_name(self) -> str:
        """The name users select it by: ``shop.orders``."""
        return f"{self.source_name}.{self.name}"

    @property
    def tests(self) -> tuple[DataTest, ...]:
        """The data tests of its columns, but for those that decoding does itself."""
        return tuple(test for column in self.columns for test in column.data_tests)


class Seed(NamedTuple):
    """A small CSV of the project, typed, inlined into the queries that read it.

    ``rows`` hold the cells as written; None is an empty cell. Every column has a type.
    """

    name: str
    path: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    description: str
    tags: tuple[str, ...]
    location: Location

    @property
    def relation(self) -> str:
        """The identifier that ``ref()`` renders to."""
        return f"ref__{self.name}"


@dataclass(frozen=True, slots=True)
class Dedup:
    """Keep the first row of each key, by Spark's dropDuplicatesWithinWatermark.

    ``within`` is how far apart in event time two rows may be and still count as
    duplicates (an interval); None means the delay of the watermark.
    """

    keys: tuple[str, ...]
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a query's next micro-batch starts: ``processing_time`` with an interval
    (None: as soon as the last one ended), or ``available_now``."""

    kind: str = "processing_time"
    interval: str | None = None


class ModelConfig(NamedTuple):
    """The settings of one model after folder defaults, YAML and ``config()`` are merged.

    Which of them are allowed depends on ``materialized``; ``project.config_keys`` knows.
    ``contract`` is whether one is enforced, None if nobody said.
    """

    materialized: str = "view"
    enabled: bool = True
    tags: tuple[str, ...] = ()
    connection: str | None = None
    topic: str | None = None
    key: tuple[str, ...] = ()
    format: str | None = None
    format_options: Mapping[str, str] = MappingProxyType({})
    schema: RecordSchema | None = None
    key_format: str | None = None
    key_options: Mapping[str, str] = MappingProxyType({})
    key_schema: RecordSchema | None = None
    headers: tuple[tuple[str, str], ...] = ()
    partitions: int | None = None
    replication: int | None = None
    topic_config: Mapping[str, str] = MappingProxyType({})
    location: str | None = None
    table: str | None = None
    partition_by: tuple[str, ...] = ()
    unique_key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    change_feed: bool = False
    on_schema_change: str = "fail"
    partition: str | None = None
    delete_when: str | None = None
    output_mode: str | None = None
    trigger: Trigger = Trigger()
    watermark: Watermark | None = None
    dedup: Dedup | None = None
    dead_letter: DeadLetter | None = None
    options: Mapping[str, str] = MappingProxyType({})
    renamed_from: str | None = None
    meta: Mapping[str, Any] = MappingProxyType({})
    contract: bool | None = None

    @property
    def written_key(self) -> KeyOutput:
        """How the keys of a topic's records are written."""
        written = find_format(self.key_format) if self.key_format else None
        return KeyOutput(self.key, written, self.key_options, self.key_schema)


class Model(NamedTuple):
    """A SQL file as the user wrote it, with what YAML says about it.

    ``yaml_config`` is the merged mapping of folder defaults and YAML ``config:``
    (already validated key by key, each value with its Location in ``config_locations``);
    ``config()`` inside the SQL is merged over it by ``render``. ``of`` is the relation of a
    source that stands as a model, for its data tests.
    """

    name: str
    path: str
    template: str
    description: str
    columns: tuple[Column, ...]
    yaml_config: Mapping[str, Any]
    config_locations: Mapping[str, Location]
    location: Location
    yaml_location: Location | None = None
    data_tests: tuple[DataTest, ...] = ()
    of: str | None = None

    @property
    def relation(self) -> str:
        """The identifier that ``ref()`` renders to; users cannot write it themselves."""
        return self.of or f"ref__{self.name}"

    @property
    def tests(self) -> tuple[DataTest, ...]:
        """The data tests of its columns and of its rows."""
        return (*(t for c in self.columns for t in c.data_tests), *self.data_tests)


class MacroFile(NamedTuple):
    """A file of Jinja macros."""

    path: str
    template: str


class DocBlock(NamedTuple):
    """A ``{% docs name %}`` block of a Markdown file, for ``doc()``."""

    name: str
    text: str
    location: Location


REGISTRY = "schema_registry"  # the type of a connection


@dataclass(frozen=True, slots=True)
class Connection:
    """A system that the target can reach. ``options`` may hold secrets: never print them.

    ``type`` is ``kafka`` (``embedded`` or ``bootstrap_servers``), ``schema_registry``
    (``embedded`` or ``url``), ``jdbc`` (``url``, ``user``, ``password``, ``driver``) or another
    connector's name. ``schema_registry`` names the registry of a Kafka connection;
    ``register_schemas`` lets a run add schemas to a registry.
    """

    name: str
    type: str
    options: Mapping[str, str]
    location: Location
    embedded: bool = False
    bootstrap_servers: str | None = None
    create_topics: bool = True
    url: str | None = None
    user: str | None = None
    password: str | None = None
    driver: str | None = None
    schema_registry: str | None = None
    register_schemas: bool = False

    def __repr__(self) -> str:
        return f"Connection(name={self.name!r}, type={self.type!r})"


class SparkSettings(NamedTuple):
    """How the target reaches Spark. ``version`` is what analysis assumes (``4.1.1``)."""

    master: str
    version: str
    conf: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """One output of a profile: where the project runs.

    ``checkpoints`` and ``warehouse`` (tables without a ``location``) are paths or URIs;
    relative ones count from the project's folder.
    """

    profile: str
    name: str
    spark: SparkSettings
    checkpoints: str
    warehouse: str
    connections: Mapping[str, Connection]
    vars: Mapping[str, Any]
    location: Location

    def registry_of(self, kafka: str | None) -> Connection | None:
        """Return the schema registry of a Kafka connection: the one it names, else the only one."""
        own = self.connections.get(kafka or "")
        if own is not None and own.schema_registry is not None:
            return self.connections.get(own.schema_registry)
        registries = [c for c in self.connections.values() if c.type == REGISTRY]
        return registries[0] if len(registries) == 1 else None


@dataclass(frozen=True, slots=True)
class LintSettings:
    """``[tool.streamsql.lint]``: which findings count, and where.

    ``rules`` maps a rule to ``off``, ``info``, ``warning`` or ``error``; ``folders`` does so for
    what is in a folder, ``naming`` maps a folder to the pattern of its models' names. ``places``
    are those of the entries: ``("folders", folder, rule)``.
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    naming: Mapping[str, str] = field(default_factory=dict)
    fail_on: str = "error"
    baseline: str = "lint-baseline.json"
    project_rules: bool = False
    places: Mapping[tuple[str, ...], Location] = field(default_factory=dict)


class Settings(NamedTuple):
    """``[tool.streamsql]`` of pyproject.toml, or the same table of streamsql.toml."""

    name: str
    profile: str
    model_paths: tuple[str, ...]
    macro_paths: tuple[str, ...]
    seed_paths: tuple[str, ...]
    model_tests: tuple[str, ...]
    vars: Mapping[str, Any]
    location: Location
    dev_events: str | None = None  # a Python file that makes sample events, for ``dev``
    lint: LintSettings = LintSettings()
    schema_paths: tuple[str, ...] = ("schemas",)


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """Everything that was read from disk or given from outside: the whole input of a compile.

    ``texts`` maps project-relative paths to text. ``profiles`` is the path shown to the
    user and the text of profiles.yml. ``env`` is what ``env_var`` sees, ``vars`` what
    ``--vars`` gave.
    """

    texts: Mapping[str, str]
    profiles: tuple[str, str] | None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    vars: Mapping[str, Any] = field(default_factory=dict)
    root: str = "."
    unreadable: tuple[Finding, ...] = ()

    @property
    def own_texts(self) -> Mapping[str, str]:
        """The project's own files: profiles that are kept outside of it are private."""
        path, text = self.profiles or ("~", "")
        return self.texts if path.startswith(("~", "/")) else {**self.texts, path: text}


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was read: what could be understood, and the findings for the rest.

    ``secrets`` are the values of ``STREAMSQL_ENV_SECRET_*`` variables that were used, and
    of connection options known to be secret: whatever prints masks them. ``schemas`` are the
    texts of the schema files, by path.
    """

    settings: Settings
    target: Target
    sources: tuple[Source, ...]
    models: tuple[Model, ...]
    seeds: tuple[Seed, ...]
    macros: tuple[MacroFile, ...]
    docs: tuple[DocBlock, ...]
    env: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False, default=())
    schemas: Mapping[str, str] = field(repr=False, default_factory=dict)
    findings: tuple[Finding, ...] = ()
