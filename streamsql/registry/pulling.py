"""From a registry to schema files: the same registry gives the same text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from streamsql.errors import PlanError
from streamsql.formats import SchemaError
from streamsql.formats.avro_schema import parse_schema
from streamsql.formats.subject_files import TYPES, SubjectFile, SubjectVersion
from streamsql.registry.client import Reference, Registered, Registry

_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_NAMED = ("record", "error", "enum", "fixed")


def pulled(registry: Registry, subject: str, old: SubjectFile | None) -> SubjectFile | None:
    """Return a subject as the registry has it; None if it has no such subject.

    A version that the old file proposes is kept for as long as the registry does not have it.

    Raises:
        PlanError: its schemas are of a type that is not known, or refer to what is not there.
        ConnectionFault: the registry cannot be reached, or refuses us.
    """
    registered = registry.versions(subject)
    if not registered:
        return None
    kind = registered[-1].type
    if kind not in TYPES:
        raise PlanError(
            f"the subject '{subject}' has schemas of the type {kind}",
            hint=f"those of the types {' and '.join(TYPES)} can be pulled",
        )
    versions = [SubjectVersion(r.version, r.id, _whole(registry, subject, r)) for r in registered]
    proposed = old.proposed if old else None
    if proposed is not None and all(v.schema != proposed.schema for v in versions):
        number = max(v.version for v in versions) + 1
        versions.append(SubjectVersion(number, None, proposed.schema))
    return SubjectFile(subject, kind, registry.level(subject), tuple(versions))


def changes(old: SubjectFile | None, new: SubjectFile) -> tuple[str, ...]:
    """Say what is different in a subject that was pulled anew."""
    if old is None:
        return (f"new, {_counted(len(new.versions))}",)
    before = {v.version: v for v in old.versions}
    after = {v.version: v for v in new.versions}
    told = [f"version {n} is new" for n in after if n not in before]
    told += [f"version {n} is gone" for n in before if n not in after]
    for number in before.keys() & after.keys():
        one, two = before[number], after[number]
        if one.id != two.id:
            told.append(f"version {number} has the id {two.id}, not {one.id}")
        if one.schema != two.schema:
            told.append(f"version {number} has another schema")
    if old.level != new.level:
        told.append(f"its compatibility level is {new.level}, not {old.level}")
    return tuple(told) or ("written anew",)


def _counted(count: int) -> str:
    return "1 version" if count == 1 else f"{count} versions"


def _whole(registry: Registry, subject: str, registered: Registered) -> Any:
    """Return a schema with all that it refers to inside it."""
    node = _parsed(subject, registered)
    if not registered.references:
        return node
    if registered.type != "AVRO":
        raise PlanError(
            f"version {registered.version} of '{subject}' refers to other schemas",
            hint="references are resolved in Avro alone: register it as one schema",
        )
    known: dict[str, Any] = {}
    for name, found in _referred(registry, registered.references, set()):
        known.setdefault(name, found)
    return _inlined(node, "", known, set())


def _parsed(subject: str, registered: Registered) -> Any:
    try:
        return parse_schema(registered.text)
    except SchemaError:
        # Avro's primitives may stand there without quotation marks.
        if registered.text.strip() in _PRIMITIVES:
            return registered.text.strip()
        raise PlanError(f"version {registered.version} of '{subject}' is no JSON") from None


def _referred(
    registry: Registry, references: tuple[Reference, ...], seen: set[Reference]
) -> Iterator[tuple[str, Any]]:
    for reference in references:
        if reference in seen:
            continue
        seen.add(reference)
        found = registry.version(reference.subject, reference.version)
        if found is None:
            raise PlanError(
                f"a schema refers to version {reference.version} of '{reference.subject}', "
                "which the registry does not have",
                hint="register it again, or take the reference away",
            )
        yield from _referred(registry, found.references, seen)
        yield reference.name, _parsed(reference.subject, found)


def _inlined(node: Any, space: str, known: Mapping[str, Any], done: set[str]) -> Any:
    """Put the definition of each type that is referred to where it is first named."""
    if isinstance(node, str):
        full = node if "." in node or not space else f"{space}.{node}"
        name = next((n for n in (full, node) if n in known and n not in done), None)
        if name is None:
            return node
        done.add(name)
        return _inlined(known[name], "", known, done)
    if isinstance(node, list):
        return [_inlined(member, space, known, done) for member in node]
    if not isinstance(node, dict):
        return node
    inner = _space(node, space) if node.get("type") in _NAMED else space
    made = dict(node)
    for key in ("type", "items", "values"):
        if key in node and not (key == "type" and node["type"] in _NAMED):
            made[key] = _inlined(node[key], inner, known, done)
    if isinstance(node.get("fields"), list):
        made["fields"] = [_inlined(f, inner, known, done) for f in node["fields"]]
    return made


def _space(node: Mapping[str, Any], space: str) -> str:
    name = str(node.get("name", ""))
    return name.rpartition(".")[0] if "." in name else str(node.get("namespace", space) or "")


def same_schema(one: str, other: str) -> bool:
    """Whether two texts are one schema, however they are written."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one.strip() == other.strip()
