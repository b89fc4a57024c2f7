"""Before a query starts: the registry knows the schemas that it writes, by the same ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from streamsql.errors import ConnectionFault
from streamsql.plan.nodes import Query, WrittenSchema
from streamsql.registry.client import Registry, RegistryConnection
from streamsql.registry.pulling import same_schema

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Registries:
    """The registries of a target as they can be reached now, and those that were asked."""

    connections: Mapping[str, RegistryConnection] = field(default_factory=dict)
    _open: dict[str, Registry] = field(default_factory=dict)

    def find(self, name: str | None) -> Registry | None:
        """Return a registry by its connection's name; None if there is none."""
        if name is None or name not in self.connections:
            return None
        return self._open.setdefault(name, Registry(self.connections[name]))

    def close(self) -> None:
        """End the connections that were opened to them."""
        for registry in self._open.values():
            registry.close()


def ensure_schemas(queries: Iterable[Query], registries: Registries, say: Say) -> None:
    """Make sure that readers will find the schemas that these queries write.

    Those that the registry lacks are registered where the profile allows it. ``say`` is told of
    those that were, and of those that no registry was asked about.

    Raises:
        ConnectionFault: a registry cannot be reached, lacks a schema, or has it under another id.
    """
    written = {schema: None for q in queries for write in q.writes for schema in write.schemas}
    for schema in written:
        registry = registries.find(schema.registry)
        if registry is None:
            say(
                f"the target has no schema registry: nobody looked whether it has {schema.subject} "
                f"with the id {schema.id}"
            )
        elif _ensure(schema, registry):
            say(f"registered {schema.subject} with the id {schema.id} at '{registry.name}'")


def _ensure(schema: WrittenSchema, registry: Registry) -> bool:
    """Return whether it was registered only now."""
    found = registry.lookup(schema.subject, schema.text, schema.kind)
    if found is None and _is_there(schema, registry):
        return False
    new = found is None
    if new:
        found = _registered(schema, registry)
    if found != schema.id:
        raise ConnectionFault(
            f"'{registry.name}' has the schema of {schema.subject} under the id {found}, and "
            f"{schema.id} is compiled in",
            hint=f"take its ids over: streamsql schema pull {schema.subject}",
        )
    return new


def _is_there(schema: WrittenSchema, registry: Registry) -> bool:
    """Whether a version has this id and schema: a text may be written in other ways."""
    same_id = [v for v in registry.versions(schema.subject) if v.id == schema.id]
    return any(v.references or same_schema(v.text, schema.text) for v in same_id)


def _registered(schema: WrittenSchema, registry: Registry) -> int:
    if registry.may_register:
        return registry.register(schema.subject, schema.text, schema.kind)
    raise ConnectionFault(
        f"the schema registry '{registry.name}' has no schema {schema.id} of {schema.subject}, "
        "so nobody could read what is written",
        hint="register it: streamsql schema register; or register_schemas: true in profiles.yml",
    )
