"""Which types files of a format can hold: Spark refuses others in the first batch.

Tried on Spark 4.1.1, type by type, with its streaming sinks; ``void`` in parquet and ``binary`` in
csv are written. Of avro and xml nothing is claimed.
"""

from __future__ import annotations

from streamsql.datatypes import Array, DataType, Map, Primitive, Struct, parse_type


def fits_file(format_name: str, data_type: str) -> bool:
    """Whether files of a format can hold a column of a type.

    >>> fits_file("csv", "array<int>"), fits_file("json", "array<int>"), fits_file("text", "int")
    (False, True, False)
    """
    found = parse_type(data_type)
    match format_name:
        case "csv":
            return not isinstance(found, Array | Map | Struct) and _fits(found, _CSV)
        case "text":
            return isinstance(found, Primitive) and found.name.startswith(_TEXTUAL)
        case "parquet" if _has_empty_struct(found):
            return False
        case "json" | "parquet" | "orc":
            return _fits(found, _NOT_IN[format_name])
    return True


_CSV = frozenset({"interval", "void", "variant"})
_NOT_IN = {
    "json": frozenset({"interval"}),
    "orc": frozenset({"interval", "void", "variant"}),
    "parquet": frozenset({"interval"}),
}
_TEXTUAL = ("string", "char(", "varchar(")


def _fits(found: DataType, refused: frozenset[str]) -> bool:
    match found:
        case Array(element):
            return _fits(element, refused)
        case Map(key, value):
            return _fits(key, refused) and _fits(value, refused)
        case Struct(fields):
            return all(_fits(f.type, refused) for f in fields)
        case Primitive(name):
            return name not in refused
    return True


def _has_empty_struct(found: DataType) -> bool:
    match found:
        case Array(element):
            return _has_empty_struct(element)
        case Map(key, value):
            return _has_empty_struct(key) or _has_empty_struct(value)
        case Struct(fields):
            return not fields or any(_has_empty_struct(f.type) for f in fields)
    return False
