"""Made-up records as Avro: what is made up for Spark's types, as the schema writes it."""

from __future__ import annotations

import base64
import json
import random
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from streamsql.formats import RecordSchema
from streamsql.formats.avro_names import NamedTypes

_EPOCH = date(1970, 1, 1)
_TICKS = {"millis": 1_000, "micros": 1_000_000}


def avro_datum(schema: RecordSchema, record: Mapping[str, Any], chance: random.Random) -> bytes:
    """Return made-up columns as a datum of their schema, without a frame.

    ``record`` has JSON's idea of each column. What Spark calls a string or bytes, and the schema
    calls an enum, a UUID or fixed, is made up here.
    """
    names = NamedTypes(json.loads(schema.text))
    value = dict(record) if schema.record else next(iter(record.values()), None)
    return _Writer(names, chance).written(names.root, value)


@dataclass(frozen=True, slots=True)
class _Writer:
    """A walk over a schema beside a value."""

    names: NamedTypes
    chance: random.Random

    def written(self, node: Any, value: Any) -> bytes:
        node = self.names.follow(node)
        if isinstance(node, list):
            return self.union([self.names.follow(member) for member in node], value)
        match node["type"]:
            case "record":
                return b"".join(self.written(f["type"], value[f["name"]]) for f in node["fields"])
            case "array":
                return _blocks([self.written(node["items"], item) for item in value])
            case "map":
                pairs = value.items()
                return _blocks([_text(k) + self.written(node["values"], v) for k, v in pairs])
            case "enum":
                return _number(self.chance.randrange(len(node["symbols"])))
            case "fixed" if isinstance(value, str):
                return self.chance.randbytes(node["size"])
            case "fixed":
                return _unscaled(node, value).to_bytes(node["size"], "big", signed=True)
        return self.primitive(node, value)

    def union(self, members: list[Any], value: Any) -> bytes:
        """Null where it is null, else the one other member; of several any, as Spark calls it."""
        others = [n for n, member in enumerate(members) if member["type"] != "null"]
        if value is None:
            return _number(next(n for n in range(len(members)) if n not in others))
        if len(others) > 1 and not isinstance(value, dict):  # numbers, of which Spark has the wide
            others = [n for n in others if members[n]["type"] in ("long", "double")]
        chosen = self.chance.choice(others)
        inner = value[f"member{others.index(chosen)}"] if len(others) > 1 else value
        return _number(chosen) + self.written(members[chosen], inner)

    def primitive(self, node: Mapping[str, Any], value: Any) -> bytes:
        logical = str(node.get("logicalType", ""))
        match node["type"]:
            case "null":
                return b""
            case "boolean":
                return bytes([bool(value)])
            case "float":
                return struct.pack("<f", value)
            case "double":
                return struct.pack("<d", value)
            case "string" if logical == "uuid":
                return _text(str(uuid.UUID(int=self.chance.getrandbits(128), version=4)))
            case "string":
                return _text(str(value))
            case "bytes" if isinstance(value, str):
                return _bytes(base64.b64decode(value))
            case "bytes":
                unscaled = _unscaled(node, value)
                return _bytes(unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True))
        return _number(_whole(logical, value))


def _whole(logical: str, value: Any) -> int:
    """Return what stands for a date or a time, and any other number as it is."""
    if logical == "date" and isinstance(value, str):
        return (date.fromisoformat(value) - _EPOCH).days
    if isinstance(value, str):
        at = datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
        ticks = _TICKS[logical.rpartition("-")[2]]
        return round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * ticks)
    return int(value)


def _unscaled(node: Mapping[str, Any], value: Any) -> int:
    return int(Decimal(str(value)).scaleb(int(node.get("scale", 0))))


def _number(value: int) -> bytes:
    """Return a whole number as Avro writes int and long: zigzag, seven bits a byte."""
    left = (value << 1) ^ (value >> 63)
    made = bytearray()
    while left > 0x7F:
        made.append(left & 0x7F | 0x80)
        left >>= 7
    made.append(left)
    return bytes(made)


def _bytes(value: bytes) -> bytes:
    return _number(len(value)) + value


def _text(value: str) -> bytes:
    return _bytes(value.encode())


def _blocks(items: list[bytes]) -> bytes:
    return (_number(len(items)) + b"".join(items) if items else b"") + _number(0)
