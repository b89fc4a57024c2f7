"""The file of a registry's subject, as it is pulled, reviewed and compiled from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from streamsql.formats.avro_schema import SchemaError, parse_schema, schema_text

TYPES = ("AVRO", "JSON")


class SubjectVersion(NamedTuple):
    """A version of a subject. ``id`` is None for one that is proposed, and not registered yet."""

    version: int
    id: int | None
    schema: Any

    @property
    def text(self) -> str:
        """The schema as JSON, without blanks."""
        return schema_text(self.schema)


class SubjectFile(NamedTuple):
    """A subject with all its versions, oldest first.

    ``level`` is its compatibility level, None if nobody has asked the registry.
    """

    subject: str
    type: str
    level: str | None
    versions: tuple[SubjectVersion, ...]

    @property
    def registered(self) -> tuple[SubjectVersion, ...]:
        """The versions that the registry knows."""
        return tuple(v for v in self.versions if v.id is not None)

    @property
    def proposed(self) -> SubjectVersion | None:
        """The version that is to be registered."""
        return next((v for v in reversed(self.versions) if v.id is None), None)


def read_subject(text: str) -> SubjectFile | None:
    """Return the subject of a schema file; None if it is a schema by itself.

    Raises:
        SchemaError: it is no JSON, or a version of it is none.
    """
    node = parse_schema(text)
    if not (isinstance(node, dict) and "versions" in node and "subject" in node):
        return None
    level = node.get("compatibility")
    return SubjectFile(
        str(node["subject"]),
        str(node.get("type", "AVRO")),
        None if level is None else str(level),
        tuple(sorted(map(_version, node["versions"]), key=lambda v: v.version)),
    )


def _version(entry: Any) -> SubjectVersion:
    number = entry.get("version") if isinstance(entry, dict) else None
    if not isinstance(number, int) or "schema" not in entry:
        hint = "write it as {version: 1, id: 7, schema: …}"
        raise SchemaError("a version has no number or no schema", hint)
    return SubjectVersion(number, entry.get("id"), entry["schema"])


def subject_text(subject: SubjectFile) -> str:
    """Return the text of a subject's file: the same for the same subject, line by line."""
    whole: dict[str, Any] = {"subject": subject.subject, "type": subject.type}
    if subject.level is not None:
        whole["compatibility"] = subject.level
    whole["versions"] = [_entry(version) for version in subject.versions]
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _entry(version: SubjectVersion) -> Mapping[str, Any]:
    known = {"version": version.version, "id": version.id, "schema": version.schema}
    return {name: value for name, value in known.items() if value is not None}
