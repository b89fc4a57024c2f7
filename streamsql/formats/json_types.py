"""How Spark's types stand in JSON: what is read, what is written, and what cannot be.

Most types survive as ``from_json`` and ``to_json`` of Spark 4.1 have them. The others are
read as another type (the *wire* type) and made from it, and turned back before writing:

==========================  =================================================================
type                        in JSON
==========================  =================================================================
map with keys not string    an object whose keys are the keys as text
char, varchar, collated     text
void                        null
==========================  =================================================================
"""

from __future__ import annotations

from collections.abc import Iterator

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, ddl, quote_name

_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
_KEYS = (*_NUMBERS, "boolean", "date", "timestamp", "timestamp_ntz", "string")
_PLAIN = (*_KEYS, "binary", "variant", "void")
TIMESTAMP = "yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSSXXX"
TIMESTAMP_NTZ = "yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSS"


def parts(kind: DataType) -> Iterator[DataType]:
    """Yield a type and everything inside it."""
    yield kind
    match kind:
        case Array(element):
            yield from parts(element)
        case Map(key, value):
            yield from parts(key)
            yield from parts(value)
        case Struct(fields):
            for field in fields:
                yield from parts(field.type)


def holds(kind: DataType, *names: str) -> bool:
    """Whether a type is, or has inside it, one of the plain types named."""
    return any(isinstance(p, Primitive) and p.name in names for p in parts(kind))


def refusal(kind: DataType) -> str | None:
    """Return why a type cannot stand in JSON, or None if it can."""
    for part in parts(kind):
        if isinstance(part, Primitive) and not _known(part.name):
            return f"JSON cannot hold the type {part.name}"
        if isinstance(part, Map) and not _is_key(part.key):
            return f"JSON cannot hold a map with keys of type {ddl(part.key)}"
        if isinstance(part, Struct) and (twice := _twice(part)):
            return f"a JSON object cannot have the field '{twice}' twice"
    return None


def _known(name: str) -> bool:
    return name in _PLAIN or _is_text(name) or _is_interval(name)


def _is_text(name: str) -> bool:
    return name.startswith(("char(", "varchar(", "string collate"))


def _is_interval(name: str) -> bool:
    return name.startswith("interval")


def _is_key(kind: DataType) -> bool:
    return isinstance(kind, Decimal) or (isinstance(kind, Primitive) and kind.name in _KEYS)


def _twice(struct: Struct) -> str | None:
    names = [f.name for f in struct.fields]
    return next((n for n in names if names.count(n) > 1), None)


def wire(kind: DataType) -> DataType:
    """Return the type that is read from JSON for a type."""
    match kind:
        case Primitive(name) if _is_text(name) or name == "void":
            return Primitive("string")
        case Array(element):
            return Array(wire(element))
        case Map(_, value):
            return Map(Primitive("string"), wire(value))
        case Struct(fields):
            return Struct(tuple(type(f)(f.name, wire(f.type)) for f in fields))
        case _:
            return kind


def from_wire(value: str, kind: DataType, depth: int = 0) -> str:
    """Return the expression that makes a type from its wire type, where they differ.

    It never throws: what cannot be made is null, and ``is_sound`` tells so.
    """
    if wire(kind) == kind:
        return value
    item = f"item{depth}"
    match kind:
        case Array(element):
            return f"transform({value}, {item} -> {from_wire(item, element, depth + 1)})"
        case Map(key, of):
            pair = (
                f"{_key_from_text(f'{item}.key', key)}, {from_wire(f'{item}.value', of, depth + 1)}"
            )
            return f"map_from_entries(transform(map_entries({value}), {item} -> struct({pair})))"
        case Struct(fields):
            made = ", ".join(
                f"'{_escaped(f.name)}', {from_wire(f'{value}.{quote_name(f.name)}', f.type, depth)}"
                for f in fields
            )
            return f"IF({value} IS NULL, NULL, named_struct({made}))"
        case Primitive("void"):
            return "NULL"
        case _:
            return f"try_cast({value} AS {ddl(kind)})"


def is_sound(value: str, kind: DataType, depth: int = 0) -> str | None:
    """Return the condition, never null, that ``from_wire`` can make the type from ``value``.

    None if it always can.
    """
    item = f"item{depth}"
    match kind:
        case Array(element):
            inner = is_sound(item, element, depth + 1)
            return f"coalesce(forall({value}, {item} -> {inner}), true)" if inner else None
        case Map(key, of):
            return _sound_map(value, key, of, depth)
        case Struct(fields):
            tests = [is_sound(f"{value}.{quote_name(f.name)}", f.type, depth) for f in fields]
            return " AND ".join(t for t in tests if t) or None
        case Primitive("void"):
            return f"{value} IS NULL"
        case _:
            return None


def _sound_map(value: str, key: DataType, of: DataType, depth: int) -> str | None:
    item = f"item{depth}"
    tests = []
    if wire(Map(key, of)) != Map(key, of):
        # Keys that differ as text may be one key once cast, and Spark throws at a key twice.
        keys = f"transform(map_keys({value}), {item} -> {_key_from_text(item, key)})"
        tests.append(f"NOT array_contains(transform({keys}, {item} -> {item} IS NULL), true)")
        tests.append(f"size(array_distinct({keys})) = size({value})")
    if inner := is_sound(item, of, depth + 1):
        tests.append(f"forall(map_values({value}), {item} -> {inner})")
    return f"({value} IS NULL OR ({' AND '.join(tests)}))" if tests else None


def _key_from_text(text: str, kind: DataType) -> str:
    return text if kind == Primitive("string") else f"try_cast({text} AS {ddl(kind)})"


def to_wire(value: str, kind: DataType, depth: int = 0) -> str:
    """Return the expression to give to ``to_json`` so that the type can be read back."""
    if _writes_as_it_is(kind):
        return value
    item = f"item{depth}"
    match kind:
        case Array(element):
            return f"transform({value}, {item} -> {to_wire(item, element, depth + 1)})"
        case Map(key, of):
            pair = f"{_key_to_text(f'{item}.key', key)}, {to_wire(f'{item}.value', of, depth + 1)}"
            return f"map_from_entries(transform(map_entries({value}), {item} -> struct({pair})))"
        case Struct(fields):
            made = ", ".join(
                f"'{_escaped(f.name)}', {to_wire(f'{value}.{quote_name(f.name)}', f.type, depth)}"
                for f in fields
            )
            return f"IF({value} IS NULL, NULL, named_struct({made}))"
        case _:
            return f"CAST({value} AS STRING)"


def _writes_as_it_is(kind: DataType) -> bool:
    return not any(
        (isinstance(p, Map) and p.key != Primitive("string")) or p == Primitive("void")
        for p in parts(kind)
    )


def _key_to_text(key: str, kind: DataType) -> str:
    if kind == Primitive("timestamp"):
        return f"date_format({key}, '{TIMESTAMP}')"
    return key if kind == Primitive("string") else f"CAST({key} AS STRING)"


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")
