"""A schema registry as it is asked: Confluent's client, whose errors become ours.

The client is imported when the first question is asked: it takes a third of a second, and it
comes with the extra ``registry``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from streamsql.errors import EnvironmentFault
from streamsql.project.nodes import Connection
from streamsql.registry.faults import no_registry, reason, refused, unreachable

# Without them the client waits for ever, and asks four times over a minute.
PATIENCE: Mapping[str, float] = {"timeout": 10.0, "max.retries": 1}
_NUMBERS = ("timeout", "max.retries")
_ABSENT = (40401, 40402, 40403, 40408)  # subject, version, schema, subject's own config

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RegistryConnection:
    """A schema registry by name: ``options`` are those of the client, and may hold secrets.

    ``may_register`` is whether a run may add schemas.
    """

    name: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    may_register: bool = False


def reached(connection: Connection, url: str) -> RegistryConnection:
    """Return a connection of the profile as it can be reached now."""
    return RegistryConnection(connection.name, url, connection.options, connection.register_schemas)


@dataclass(frozen=True, slots=True)
class Reference:
    """A schema that another one refers to: by which name, and where it is."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema as the registry has it. ``version`` is its number in the subject."""

    id: int
    version: int
    type: str
    text: str
    references: tuple[Reference, ...] = ()


class Registry:
    """The questions that are put to a registry.

    Each raises ConnectionFault if it cannot be reached or refuses us, and EnvironmentFault if
    its client is not installed.
    """

    def __init__(self, connection: RegistryConnection) -> None:
        self._connection = connection

    @property
    def name(self) -> str:
        """The connection's name."""
        return self._connection.name

    @property
    def may_register(self) -> bool:
        """Whether the profile lets a run add schemas."""
        return self._connection.may_register

    def subjects(self) -> tuple[str, ...]:
        """Return all subjects that we may see."""
        return tuple(sorted(self._ask(lambda c: c.get_subjects())))

    def level(self, subject: str) -> str:
        """Return a subject's compatibility level: its own, else that of the registry."""
        own = self._find(lambda c: c.get_compatibility(subject))
        return str(own or self._ask(lambda c: c.get_compatibility()))

    def versions(self, subject: str) -> tuple[Registered, ...]:
        """Return all versions of a subject, oldest first; nothing if there is no such subject."""
        numbers = self._find(lambda c: c.get_versions(subject)) or ()
        found = (self.version(subject, number) for number in sorted(numbers))
        return tuple(version for version in found if version is not None)

    def version(self, subject: str, number: int) -> Registered | None:
        """Return one version of a subject, if it is there."""
        found = self._find(lambda c: c.get_version(subject, number))
        return None if found is None else _registered(found)

    def lookup(self, subject: str, text: str, type_: str = "AVRO") -> int | None:
        """Return the id of a schema in a subject; None if the subject does not have it."""
        found = self._find(lambda c: c.lookup_schema(subject, _schema(text, type_)))
        return None if found is None else int(found.schema_id)

    def register(self, subject: str, text: str, type_: str = "AVRO") -> int:
        """Add a schema to a subject, or find it there; return its id."""
        return int(self._ask(lambda c: c.register_schema(subject, _schema(text, type_))))

    def accepts(self, subject: str, text: str, type_: str = "AVRO") -> bool:
        """Ask for the registry's own verdict on a schema that would come next."""
        schema = _schema(text, type_)
        return bool(self._find(lambda c: c.test_compatibility_all_versions(subject, schema)))

    def close(self) -> None:
        """End the connections that are open; a later question opens them again."""
        client = self.__dict__.pop("_client", None)
        if client is not None:
            client.close()

    @cached_property
    def _client(self) -> Any:
        library = _library("confluent_kafka.schema_registry")
        try:
            return library.SchemaRegistryClient(_settings(self._connection))
        except (ValueError, TypeError, OSError) as error:  # OSError: a certificate's file
            raise EnvironmentFault(
                f"the connection '{self.name}' cannot be used: {reason(error)}",
                hint="correct its url and options in profiles.yml",
            ) from None

    def _find(self, question: Callable[[Any], T]) -> T | None:
        """Return the answer; None if the registry has no such thing."""
        return self._asked(question, absent_is_none=True)

    def _ask(self, question: Callable[[Any], T]) -> T:
        answer = self._asked(question, absent_is_none=False)
        assert answer is not None, "what is absent was raised"
        return answer

    def _asked(self, question: Callable[[Any], T], *, absent_is_none: bool) -> T | None:
        client, connection = self._client, self._connection
        protocol = _library("confluent_kafka.schema_registry.error").SchemaRegistryError
        http = _library("confluent_kafka.schema_registry.common._httpx_compat").httpx
        try:
            return question(client)
        except protocol as error:
            if absent_is_none and error.error_code in _ABSENT:
                return None
            raise refused(connection.name, connection.url, error) from None
        except (http.TransportError, http.InvalidURL, OSError) as error:
            raise unreachable(connection.name, connection.url, error) from None
        except (ValueError, TypeError, KeyError, AttributeError):
            # Something that is not of the protocol: a login page, say.
            raise no_registry(connection.name, connection.url, "no JSON of a registry") from None


def _library(name: str) -> Any:
    """Import a part of the client."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentFault(
            f"the client of schema registries is not installed: {error.name} is missing",
            hint="install it with: pip install 'streamsql[registry]'",
        ) from None


def _settings(connection: RegistryConnection) -> dict[str, Any]:
    options: dict[str, Any] = {**PATIENCE, **connection.options, "url": connection.url}
    for name in _NUMBERS:
        options[name] = float(options[name])
    if "bearer.auth.token" in options:
        options["bearer.auth.credentials.source"] = "STATIC_TOKEN"
        # Asked for by the client, and known to Confluent's cloud alone.
        options.setdefault("bearer.auth.logical.cluster", "")
    if "ssl.certificate.location" in options:
        # Without a password TLS would ask for it on the terminal.
        options.setdefault("ssl.key.password", "")
    return options


def _schema(text: str, type_: str) -> Any:
    return _library("confluent_kafka.schema_registry").Schema(text, type_)


def _registered(found: Any) -> Registered:
    schema = found.schema
    references = tuple(
        Reference(str(r.name), str(r.subject), int(r.version)) for r in schema.references or ()
    )
    kind = schema.schema_type or "AVRO"
    return Registered(int(found.schema_id), int(found.version), kind, schema.schema_str, references)
