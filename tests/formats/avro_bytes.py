"""A small encoder of Avro's binary form, to make good and broken records with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def whole(number: int) -> bytes:
    """Encode an int or a long: zigzag, seven bits a byte."""
    bits = (number << 1) ^ (number >> 63)
    made = b""
    while bits & ~0x7F:
        made += bytes([bits & 0x7F | 0x80])
        bits >>= 7
    return made + bytes([bits])


def sized(data: bytes) -> bytes:
    """Encode bytes or a string."""
    return whole(len(data)) + data


def datum(schema: Any, value: Any) -> bytes:
    """Encode a value of a schema; unions are of null and one type."""
    kind = schema["type"] if isinstance(schema, Mapping) else schema
    if isinstance(kind, list):
        branch = kind.index("null") if value is None else 1 - kind.index("null")
        return whole(branch) + (b"" if value is None else datum(kind[branch], value))
    if isinstance(kind, Mapping):
        return datum(kind, value)
    match kind:
        case "record":
            return b"".join(datum(f, value[f["name"]]) for f in schema["fields"])
        case "array":
            items = b"".join(datum(schema["items"], v) for v in value)
            return (whole(len(value)) + items if value else b"") + whole(0)
        case "map":
            pairs = b"".join(
                sized(k.encode()) + datum(schema["values"], v) for k, v in value.items()
            )
            return (whole(len(value)) + pairs if value else b"") + whole(0)
        case "enum":
            return whole(schema["symbols"].index(value))
        case "boolean":
            return bytes([value])
        case "string":
            return sized(value.encode() if isinstance(value, str) else value)
        case "bytes":
            return sized(value)
        case "fixed":
            return bytes(value)
        case _:
            return whole(value)
