"""profiles.yml: where the project runs. Only the chosen target's Jinja is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from streamsql.connectors.jdbc import URL
from streamsql.errors import ProjectError
from streamsql.findings import Finding, Location, did_you_mean, sort_findings
from streamsql.project.faults import Faults
from streamsql.project.lookups import EnvLookup, VarLookup
from streamsql.project.marked import Marked, Table, read_yaml
from streamsql.project.masking import mask_finding, secret_options, secret_parameters
from streamsql.project.nodes import (
    REGISTRY,
    Connection,
    ProjectFiles,
    Settings,
    SparkSettings,
    Target,
)
from streamsql.project.shapes import (
    MISSING,
    Flag,
    FreeMap,
    JsonSchema,
    Key,
    Record,
    Refused,
    Section,
    Text,
    TextMap,
    Version,
    report_unknown_key,
)
from streamsql.project.values import render_values

DEFAULT_SPARK = "4.1.1"
# Those of the client that make sense in a profile, as its documentation names them.
REGISTRY_OPTIONS = (
    "basic.auth.user.info",
    "bearer.auth.token",
    "bearer.auth.logical.cluster",
    "bearer.auth.identity.pool.id",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "ssl.key.password",
    "timeout",
    "max.retries",
)
_CONNECT = (
    "Spark Connect ('remote') is not supported yet",
    "give 'master' instead: local[*], spark://…, k8s://… or yarn",
)

SPARK = Section(
    "spark",
    (
        Key("master", Text(), "Spark's master: `local[*]`, `spark://…`, `k8s://…`, `yarn`."),
        Key("version", Version(), "The Spark that analysis assumes; the installed one if absent."),
        Key("conf", TextMap(), "Settings of the Spark session."),
        Key("remote", Refused("unsupported-remote", *_CONNECT), "Spark Connect: not supported."),
    ),
)
CONNECTION = Section(
    "a connection",
    (
        Key("type", Text(), "`kafka`, `schema_registry`, `jdbc`, `files`, …", required=True),
        Key("embedded", Flag(), "Use the broker, or registry, that streamsql starts itself."),
        Key("bootstrap_servers", Text(), "Kafka's brokers: `host:9092,host:9092`."),
        Key("url", Text(), "A database or registry: `jdbc:postgresql://host:5432/name`."),
        Key("user", Text(), "Who logs in to the database."),
        Key("password", Text(), "The password of that user: give it by `env_var`."),
        Key("driver", Text(), "The class of the JDBC driver; PostgreSQL's if not given."),
        Key("create_topics", Flag(), "Whether topics that are missing are made: `true`."),
        Key(
            "schema_registry",
            Text("the name of a connection"),
            "The registry of a Kafka connection; the only one of the target if not given.",
        ),
        Key("register_schemas", Flag(), "Let a run add schemas to this registry.  `false`"),
        Key("options", TextMap(), "Options of the connection, such as `security.protocol`."),
    ),
)


class NamedSections(NamedTuple):
    """A mapping of the user's own names to sections of one kind."""

    section: Section

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the records by name."""
        if not isinstance(marked.value, Table):
            return FreeMap().read(marked, faults)
        records = {
            name: self.section.read(entry, faults) for name, entry in marked.value.entries.items()
        }
        return {name: record for name, record in records.items() if record is not MISSING}

    def schema(self) -> JsonSchema:
        """Return the schema of the mapping."""
        return {"type": "object", "additionalProperties": self.section.schema()}


OUTPUT = Section(
    "a target",
    (
        Key("spark", SPARK, "How Spark is reached."),
        Key("checkpoints", Text(), "Where checkpoints are kept: `target/checkpoints`."),
        Key("warehouse", Text(), "Where tables without a location are: `target/warehouse`."),
        Key("connections", NamedSections(CONNECTION), "The systems this target can reach."),
        Key("vars", FreeMap(), "What `var()` gives for this target."),
    ),
)
PROFILE = Section(
    "a profile",
    (
        Key("target", Text(), "The target that is used unless `--target` says otherwise."),
        Key("outputs", NamedSections(OUTPUT), "The targets by name.", required=True),
    ),
)


def profiles_schema() -> JsonSchema:
    """Return the JSON Schema of profiles.yml."""
    return {"type": "object", "additionalProperties": PROFILE.schema()}


class ChosenTarget(NamedTuple):
    """The target that was asked for, and the secrets its values hold."""

    target: Target
    secrets: frozenset[str]


def read_target(
    files: ProjectFiles,
    settings: Settings,
    name: str | None,
    installed_spark: str | None,
    faults: Faults,
) -> ChosenTarget:
    """Choose and read the target.

    Raises:
        ProjectError: there is no profiles.yml, no such profile or target, or it is unreadable.
    """
    if files.profiles is None:
        raise ProjectError(
            "there is no profiles.yml, neither in the project nor in ~/.streamsql",
            hint=f"write one with the profile '{settings.profile}', or give --profiles-dir",
        )
    path, text = files.profiles
    mine = Faults()
    profile = _profile(path, text, settings, mine)
    env = EnvLookup(files.env, secrets_allowed=True)
    names = {"env_var": env, "var": VarLookup({**settings.vars, **files.vars})}
    chosen = _chosen_name(profile, path, name, names, mine)
    outputs = _entry(profile, "outputs")
    _check_others(outputs, chosen, mine)
    _require(outputs, chosen, settings.profile, path)
    rendered = render_values(_entry(outputs, chosen), names, mine)
    record = OUTPUT.read(_or_empty(rendered), mine)
    mine.found = [mask_finding(f, env.used_secrets) for f in mine.found]
    _stop_if_broken(mine, path)
    faults.found += mine.found
    target = _target(record, chosen, settings, files, installed_spark)
    for connection in target.connections.values():
        _check_broker(connection, faults)
        _check_database(connection, faults)
        _check_registry(connection, target.connections, faults)
    secrets = {s for s in env.used_secrets if s}
    for connection in target.connections.values():
        secrets |= secret_options(connection.options) | secret_parameters(connection.url or "")
        secrets |= {connection.password} if connection.password else set()
    return ChosenTarget(target, frozenset(secrets | secret_options(target.spark.conf)))


# Findings after which a target is not what its author meant.
_TOLERABLE = ("unknown-key",)


def _stop_if_broken(faults: Faults, path: str) -> None:
    broken = [f for f in faults.found if f.rule not in _TOLERABLE]
    if broken:
        raise ProjectError(
            f"{path}: {broken[0].message}" + _more(broken),
            hint=broken[0].hint,
            findings=sort_findings(faults.found),
        )


def _more(findings: list[Finding]) -> str:
    return f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""


def _profile(path: str, text: str, settings: Settings, faults: Faults) -> Marked:
    whole = read_yaml(text, path, faults)
    _stop_if_broken(faults, path)
    profiles = whole.value.entries if whole and isinstance(whole.value, Table) else {}
    if settings.profile not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        near = did_you_mean(settings.profile, profiles)
        raise ProjectError(
            f"{path} has no profile '{settings.profile}'",
            hint=f"{near} profiles there: {known}" if near else f"profiles there: {known}",
        )
    profile = profiles[settings.profile]
    known_keys = [key.name for key in PROFILE.keys]
    for key, place in _key_places(profile).items():
        if key not in known_keys:
            report_unknown_key(key, PROFILE.what, known_keys, place, faults)
    outputs = _entry(profile, "outputs")
    if not isinstance(outputs.value, Table) or not outputs.value.entries:
        location = outputs.location if outputs.value is not None else profile.location
        faults.add("missing-key", "a profile needs 'outputs' with a target in it", location)
        _stop_if_broken(faults, path)
    return profile


def _key_places(marked: Marked) -> Mapping[str, Location]:
    return marked.value.key_locations if isinstance(marked.value, Table) else {}


def _entry(marked: Marked, name: str) -> Marked:
    empty = Marked(None, marked.location)
    return marked.value.entries.get(name, empty) if isinstance(marked.value, Table) else empty


def _or_empty(marked: Marked) -> Marked:
    return Marked(Table({}, {}), marked.location) if marked.value is None else marked


def _chosen_name(
    profile: Marked, path: str, asked: str | None, names: Mapping[str, Any], faults: Faults
) -> str:
    if asked is not None:
        return asked
    outputs = _entry(profile, "outputs").value.entries
    default = _entry(profile, "target")
    if default.value is None:
        if len(outputs) == 1:
            return str(next(iter(outputs)))
        raise ProjectError(
            f"{path} does not say which target to use",
            hint=f"give 'target' there, or --target; targets: {', '.join(sorted(outputs))}",
        )
    text = Text("the name of a target").read(render_values(default, names, faults), faults)
    _stop_if_broken(faults, path)
    return str(text)


def _require(outputs: Marked, chosen: str, profile: str, path: str) -> None:
    if chosen not in outputs.value.entries:
        near = did_you_mean(chosen, outputs.value.entries)
        known = ", ".join(sorted(outputs.value.entries))
        raise ProjectError(
            f"the profile '{profile}' in {path} has no target '{chosen}'",
            hint=f"{near} targets there: {known}" if near else f"targets there: {known}",
        )


def _check_others(outputs: Marked, chosen: str, faults: Faults) -> None:
    """Look for unknown keys in targets that are not chosen; their Jinja is not rendered."""
    aside = Faults()
    for name, entry in outputs.value.entries.items():
        if name != chosen:
            OUTPUT.read(_or_empty(entry), aside)
    faults.found += [f for f in aside.found if f.rule in ("unknown-key", "unsupported-remote")]


def _target(
    record: Record,
    name: str,
    settings: Settings,
    files: ProjectFiles,
    installed_spark: str | None,
) -> Target:
    spark = record.get("spark") or Record({}, {}, record.location)
    connections = {n: _connection(n, r) for n, r in record.get("connections", {}).items()}
    return Target(
        profile=settings.profile,
        name=name,
        spark=SparkSettings(
            master=spark.get("master", "local[*]"),
            version=spark.get("version") or installed_spark or DEFAULT_SPARK,
            conf=spark.get("conf", {}),
        ),
        checkpoints=record.get("checkpoints", "target/checkpoints"),
        warehouse=record.get("warehouse", "target/warehouse"),
        connections=connections,
        vars={**settings.vars, **record.get("vars", {}), **files.vars},
        location=record.location,
    )


def _check_broker(connection: Connection, faults: Faults) -> None:
    if connection.type == "kafka" and connection.embedded == bool(connection.bootstrap_servers):
        faults.add(
            "missing-key",
            f"the connection '{connection.name}' needs either 'bootstrap_servers' or 'embedded'",
            connection.location,
            "embedded: true starts a broker for you",
        )


def _check_database(connection: Connection, faults: Faults) -> None:
    if connection.type != "jdbc":
        return
    if connection.url is None:
        message = f"the connection '{connection.name}' needs 'url'"
        hint = f"such as {URL}//host:5432/database"
        faults.add("missing-key", message, connection.location, hint)
    elif not connection.url.startswith(URL):
        faults.add(
            "unknown-value",
            f"the connection '{connection.name}' is no database that streamsql writes",
            connection.location,
            f"PostgreSQL is: its URL begins with {URL}",
        )


def _check_registry(
    connection: Connection, connections: Mapping[str, Connection], faults: Faults
) -> None:
    if connection.type == REGISTRY:
        if connection.embedded == bool(connection.url):
            faults.add(
                "missing-key",
                f"the connection '{connection.name}' needs either 'url' or 'embedded'",
                connection.location,
                "embedded: true starts a registry for you",
            )
        _check_registry_options(connection, faults)
        return
    named = connection.schema_registry
    if named is not None and getattr(connections.get(named), "type", None) != REGISTRY:
        known = sorted(c.name for c in connections.values() if c.type == REGISTRY)
        hint = did_you_mean(named, known) or f"registries of this target: {', '.join(known)}"
        faults.add(
            "unknown-connection",
            f"the target has no schema registry '{named}'",
            connection.location,
            hint if known else f"add a connection of the type {REGISTRY}",
        )


def _check_registry_options(connection: Connection, faults: Faults) -> None:
    for option in connection.options:
        if option not in REGISTRY_OPTIONS:
            faults.add(
                "unknown-option",
                f"a schema registry has no option '{option}'",
                connection.location,
                did_you_mean(option, REGISTRY_OPTIONS)
                or f"its options are: {', '.join(REGISTRY_OPTIONS)}",
            )


def _connection(name: str, record: Record) -> Connection:
    return Connection(
        name=name,
        type=record.values["type"],
        options=record.get("options", {}),
        location=record.place("type"),
        embedded=record.get("embedded", False),
        bootstrap_servers=record.get("bootstrap_servers"),
        create_topics=record.get("create_topics", True),
        url=record.get("url"),
        user=record.get("user"),
        password=record.get("password"),
        driver=record.get("driver"),
        schema_registry=record.get("schema_registry"),
        register_schemas=record.get("register_schemas", False),
    )
