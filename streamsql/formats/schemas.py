"""Schema files of a project: one schema as it is, or all versions of a registry's subject.

A file of a registry's subject holds its versions and their ids::

    {"subject": "shop.orders-value", "type": "AVRO", "compatibility": "BACKWARD",
     "versions": [{"version": 1, "id": 7, "schema": {…}}, …]}

A version without an id is one that is proposed: no record is written with it before the
registry knows it. Nothing here opens a connection: what is compiled depends on the files alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from streamsql.findings import did_you_mean
from streamsql.formats.avro_schema import (
    SchemaError,
    SchemaField,
    is_record,
    parse_schema,
    schema_fields,
    schema_text,
)
from streamsql.formats.json_schema import is_closed, json_schema_fields

FRAMINGS = ("confluent", "none")
MAX_ID = 2**31 - 1


class Writer(NamedTuple):
    """A schema that records are written with, by its id in the registry."""

    id: int
    version: int
    text: str


class RecordSchema(NamedTuple):
    """The schema of a source's or a topic's values.

    ``text`` is the reader's schema, as JSON; ``id`` its id in the registry, if it is
    framed; ``writers`` are all versions that records may have been written with; ``subject``
    is what the registry calls it. ``kind`` is ``AVRO`` or ``JSON``; a ``closed`` schema lists
    all the fields that there may be.
    """

    path: str
    text: str
    fields: tuple[SchemaField, ...]
    record: bool
    id: int | None = None
    writers: tuple[Writer, ...] = ()
    kind: str = "AVRO"
    closed: bool = True
    subject: str | None = None

    @property
    def framed(self) -> bool:
        """Whether each value begins with a zero byte and its schema's id, in four bytes."""
        return self.id is not None


def load_schema(
    options: Mapping[str, str],
    texts: Mapping[str, str],
    folders: Sequence[str],
    kind: str = "AVRO",
) -> RecordSchema:
    """Return the schema of a kind that ``format_options`` name, from the project's files.

    Raises:
        SchemaError: there is no such file or version, or it cannot be used.
    """
    path = _path(options, folders, kind)
    if path not in texts:
        near = [p for p in texts if p.endswith((".avsc", ".json"))]
        hint = did_you_mean(path, near, 0.8) or "put it there: schemas are files of the project"
        raise SchemaError(f"there is no schema file '{path}' in {', '.join(folders)}", hint)
    try:
        return _read(path, parse_schema(texts[path]), options, kind)
    except SchemaError as fault:
        raise SchemaError(f"{path}: {fault}", fault.hint) from None


def subject_path(subject: str, folder: str) -> str:
    """Return the file that holds a subject's versions; what no file name takes is escaped.

    >>> subject_path("shop.orders-value", "schemas")
    'schemas/shop.orders-value.json'
    """
    safe = "".join(c if c.isalnum() or c in "._-" else f"%{ord(c):02X}" for c in subject)
    return f"{folder}/{safe}.json"


def _path(options: Mapping[str, str], folders: Sequence[str], kind: str) -> str:
    given = [name for name in ("schema", "subject") if name in options]
    if not given:
        hint = "write schema: schemas/NAME.avsc, or subject: NAME, under format_options"
        raise SchemaError(f"{kind.lower()} needs a schema", hint)
    if len(given) == 2:
        raise SchemaError("give 'schema' or 'subject', not both", "both name the schema's file")
    if given == ["subject"]:
        return subject_path(options["subject"], folders[0] if folders else "schemas")
    return options["schema"].replace("\\", "/").removeprefix("./")


def _read(path: str, node: Any, options: Mapping[str, str], kind: str) -> RecordSchema:
    framing = options.get("framing")
    if framing is not None and framing not in FRAMINGS:
        hint = did_you_mean(framing, FRAMINGS) or f"it is {' or '.join(FRAMINGS)}"
        raise SchemaError(f"there is no framing '{framing}'", hint)
    if not (isinstance(node, dict) and "versions" in node and "subject" in node):
        if framing == "confluent":
            hint = "give a file of the subject's versions, each with its id"
            raise SchemaError("framed records need the ids of the registry's schemas", hint)
        if "version" in options:
            raise SchemaError("it has no versions", "'version' is for a registry's subject")
        return _one(path, node, kind)
    writers = _writers(node, kind)
    reader = _chosen(writers, options.get("version"))
    schema = _one(path, parse_schema(reader.text), kind)
    if framing == "none":
        return schema
    return schema._replace(id=reader.id, writers=writers, subject=str(node["subject"]))


def _one(path: str, node: Any, kind: str) -> RecordSchema:
    fields = _fields(node, kind)
    if kind == "JSON":
        return RecordSchema(
            path, schema_text(node), fields, record=True, kind=kind, closed=is_closed(node)
        )
    return RecordSchema(path, schema_text(node), fields, is_record(node), kind=kind)


def _fields(node: Any, kind: str) -> tuple[SchemaField, ...]:
    return json_schema_fields(node) if kind == "JSON" else schema_fields(node)


def _writers(node: Mapping[str, Any], wanted: str) -> tuple[Writer, ...]:
    kind, versions = node.get("type", "AVRO"), node["versions"]
    if kind != wanted:
        raise SchemaError(f"its schemas are of the type {kind}, not {wanted}")
    if not isinstance(versions, list) or not versions:
        raise SchemaError("it has no versions", "write it as {version: 1, id: 7, schema: …}")
    found = []
    for entry in versions:
        if not isinstance(entry, dict) or "schema" not in entry:
            raise SchemaError(
                "a version has no schema", "write it as {version: 1, id: 7, schema: …}"
            )
        if entry.get("id") is None:
            continue
        id_, version = _whole(entry.get("id")), _whole(entry.get("version"))
        _fields(entry["schema"], wanted)
        found.append(Writer(id_, version, schema_text(entry["schema"])))
    if not found:
        raise SchemaError(
            "no version of it has an id yet", "register it: streamsql schema register"
        )
    # The newest first: most records are of it.
    return tuple(sorted(found, key=lambda w: w.version, reverse=True))


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_ID:
        return value
    raise SchemaError(
        "a version needs 'id' and 'version', whole numbers",
        "write it as {version: 1, id: 7, schema: …}",
    )


def _chosen(writers: tuple[Writer, ...], version: str | None) -> Writer:
    if version is None:
        return writers[0]
    for writer in writers:
        if str(writer.version) == version:
            return writer
    known = ", ".join(str(w.version) for w in reversed(writers))
    raise SchemaError(f"there is no version {version}", f"its versions are {known}")
