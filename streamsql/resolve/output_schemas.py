"""The schema that a topic is written with: its file's, else one derived from its columns."""

from __future__ import annotations

from streamsql.formats import RecordSchema, SchemaError, derived_schema, find_format
from streamsql.resolve.relations import ResolvedModel


def output_schema(model: ResolvedModel) -> RecordSchema | None:
    """Return the schema of a topic's values; None where its format has none.

    Raises:
        SchemaError: it is to be derived, and Avro has no name or type for a column.
    """
    config = model.parsed.rendered.config
    known = find_format(config.format or "json")
    if config.schema is not None or known is None or known.schema != "AVRO":
        return config.schema
    if config.format_options.keys() & {"schema", "subject"}:
        return None  # a file is named that cannot be used, which was found where it is loaded
    untyped = next((c.name for c in model.columns if c.data_type is None), None)
    if untyped is not None:
        raise SchemaError(f"the type of the column '{untyped}' is not known", "cast it")
    return derived_schema(model.name, [(c.name, c.data_type or "") for c in model.columns])
