"""Schema files as sources and models name them, and the columns that they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streamsql.datatypes import ddl, parse_type
from streamsql.findings import Location, did_you_mean
from streamsql.formats import (
    RecordSchema,
    SchemaError,
    find_format,
    load_schema,
    subject_path,
)
from streamsql.formats.subject_files import read_subject
from streamsql.project.faults import Faults
from streamsql.project.nodes import Column, Settings


class SchemaFiles(NamedTuple):
    """The texts of a project's schema files, by path."""

    texts: Mapping[str, str]
    settings: Settings

    def schema(
        self, format_name: str, options: Mapping[str, str], place: Location, faults: Faults
    ) -> RecordSchema | None:
        """Return the schema that ``format_options`` name, if the format takes one."""
        found = find_format(format_name)
        if found is None or found.schema is None:
            return None
        if not found.needs_schema and not {"schema", "subject", "version"} & options.keys():
            return None
        try:
            return load_schema(options, self.texts, self.settings.schema_paths, found.schema)
        except SchemaError as fault:
            faults.add("bad-schema", str(fault), place, fault.hint)
            return None

    def lacks(self, options: Mapping[str, str]) -> bool:
        """Whether a subject is named of which no version is registered, as far as files say."""
        if "subject" not in options or "schema" in options:
            return False
        folders = self.settings.schema_paths
        text = self.texts.get(subject_path(options["subject"], (*folders, "schemas")[0]))
        try:
            found = None if text is None else read_subject(text)
        except SchemaError:
            return False  # found where it is loaded
        if found is None:
            return text is None
        return found.proposed is not None and not found.registered


def columns_of(
    schema: RecordSchema, declared: tuple[Column, ...], place: Location, faults: Faults
) -> tuple[Column, ...]:
    """Return the columns of a schema; those declared say more about them, never less."""
    said = {c.name.lower(): c for c in declared}
    names = [f.name for f in schema.fields]
    for column in declared:
        if column.name.lower() not in {n.lower() for n in names}:
            hint = did_you_mean(column.name, names) or f"its fields are {', '.join(names)}"
            message = f"the schema {schema.path} has no field '{column.name}'"
            faults.add("schema-mismatch", message, column.location, hint)
    made = []
    for field in schema.fields:
        column = said.get(field.name.lower()) or Column(field.name, None, field.about, place)
        kind = ddl(field.type)
        if column.data_type is not None and _normal(column.data_type) != kind:
            message = f"'{column.name}' is {column.data_type}, and {kind} in {schema.path}"
            hint = "leave data_type out: it comes from the schema"
            faults.add("schema-mismatch", message, column.location, hint)
        # A property that a JSON Schema requires is part of what a good record is.
        not_null = column.not_null or (schema.kind == "JSON" and not field.nullable)
        made.append(column._replace(name=field.name, data_type=kind, not_null=not_null))
    return tuple(made)


def _normal(data_type: str) -> str:
    try:
        return ddl(parse_type(data_type))
    except ValueError:
        return data_type  # found where it is declared
