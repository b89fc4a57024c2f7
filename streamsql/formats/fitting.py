"""Whether the columns of a model go into the fields of a schema."""

from __future__ import annotations

from streamsql.datatypes import DataType, Decimal, Primitive, ddl, parse_type, quote_name
from streamsql.formats.avro_schema import SchemaField
from streamsql.formats.format import Columns
from streamsql.formats.records import is_string
from streamsql.formats.schemas import RecordSchema

_WHOLE = ("tinyint", "smallint", "int", "bigint")


def misfits(columns: Columns, schema: RecordSchema) -> list[tuple[str, str]]:
    """Return what a schema does not take: messages and hints.

    That is a column of another type, a field that has no column and may not be null, and, where
    the schema lists all that there may be, a column without a field.
    """
    kinds = {name.lower(): (name, data_type) for name, data_type in columns}
    fields = {f.name.lower() for f in schema.fields}
    known = ", ".join(f.name for f in schema.fields)
    faults = [
        (f"the schema {schema.path} has no field '{name}'", f"its fields are {known}")
        for name, _ in columns
        if schema.closed and name.lower() not in fields
    ]
    for field in schema.fields:
        if field.name.lower() in kinds:
            faults += _misfit(field, *kinds[field.name.lower()], schema)
        elif not field.nullable:
            message = f"the schema {schema.path} needs the field '{field.name}'"
            faults.append((message, "select it, or let the schema have null there"))
    return faults


def _misfit(
    field: SchemaField, name: str, data_type: str, schema: RecordSchema
) -> list[tuple[str, str]]:
    if field.shape.kind == "union":
        hint = "write a schema with one type there, or with null and one type"
        return [(f"column '{name}': a union of several types cannot be written", hint)]
    try:
        kind = parse_type(data_type)
    except ValueError:
        return []  # a type that is none is found where it was declared
    if _fits(kind, field.type) or (schema.kind == "JSON" and _is_number(kind, field.type)):
        return []
    wanted = ddl(field.type)
    message = f"column '{name}' is {ddl(kind)}, and the schema has {wanted}"
    return [(message, f"write CAST({quote_name(name)} AS {wanted})")]


def _fits(kind: DataType, into: DataType) -> bool:
    """Whether every value of a type is one of the other: then it is cast without a word."""
    if ddl(kind) == ddl(into):
        return True
    if isinstance(kind, Decimal) and isinstance(into, Decimal):
        whole = kind.precision - kind.scale
        return kind.scale <= into.scale and whole <= into.precision - into.scale
    if isinstance(kind, Primitive) and isinstance(into, Primitive):
        if is_string(kind) and into.name == "string":
            return True
        if kind.name in _WHOLE and into.name in _WHOLE:
            return _WHOLE.index(kind.name) <= _WHOLE.index(into.name)
        return (kind.name, into.name) == ("float", "double")
    return False


def _is_number(kind: DataType, into: DataType) -> bool:
    """Whether JSON's one type of numbers takes it, as it is written."""
    plain = isinstance(kind, Primitive) and kind.name in (*_WHOLE, "float")
    return into == Primitive("double") and (plain or isinstance(kind, Decimal))
