"""Numbers that would stop a query: Spark writes out all digits of ``1e400000000``.

When it reads a decimal it moves the point before it compares the size, and is busy with
that for hours (seen on Spark 4.1.1 with a record of 12 bytes). So a text that might hold such
an exponent, as a number or in quotes, is looked at more closely before it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping

from streamsql.datatypes import Array, DataType, Decimal, Field, Map, Primitive, Struct, ddl
from streamsql.formats.records import literal

# What follows a text in a condition.
HUGE = "RLIKE '[eE][+-]?[0-9]{6}'"


def can_be_read(text: str, columns: Mapping[str, DataType]) -> str | None:
    """Return the condition under which no decimal of a text has a huge exponent.

    One regular expression is all that most records cost. Where it matches, what stands in
    quotes is taken away to look at plain numbers; decimals in quotes are read as text and
    written again, with nothing but them. No higher-order function may be used here: one
    would keep Spark from compiling the whole stage. None if no column holds a decimal.
    """
    decimals = _decimals(Struct(tuple(Field(name, kind) for name, kind in columns.items())))
    if decimals is None:
        return None
    unescaped = f"regexp_replace({text}, '\\\\\\\\.', '')"
    unquoted = f"regexp_replace({unescaped}, '\"[^\"]*\"', '')"
    schema = literal(f"v array<{ddl(decimals)}>, _corrupt_record string")
    quoted = f"to_json(from_json(concat('{{\"v\":[', {text}, ']}}'), {schema}))"
    return f"(NOT {text} {HUGE}\n      OR (NOT {unquoted} {HUGE}\n        AND NOT {quoted} {HUGE}))"


def _decimals(kind: DataType) -> DataType | None:
    """Return the part of a type that leads to decimals, these as text; None if there is none."""
    match kind:
        case Decimal():
            return Primitive("string")
        case Array(element):
            inner = _decimals(element)
            return Array(inner) if inner else None
        case Map(_, value):
            inner = _decimals(value)
            return Map(Primitive("string"), inner) if inner else None
        case Struct(fields):
            led = [Field(f.name, inner) for f in fields if (inner := _decimals(f.type))]
            return Struct(tuple(led)) if led else None
        case _:
            return None
