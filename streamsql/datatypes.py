"""Spark's data types as values: read from DDL (``decimal(10,2)``), written back normalised.

What is accepted, and how it is spelled, follows ``DataType.simpleString`` and the type grammar
of Spark 4.1 (``dataType`` in ``SqlBaseParser.g4``); ``tests/test_datatypes.py`` asks Spark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from streamsql.findings import did_you_mean


@dataclass(frozen=True, slots=True)
class Primitive:
    """A type without parts, by its Spark name: ``bigint``, ``varchar(10)``, ``interval day``."""

    name: str


@dataclass(frozen=True, slots=True)
class Decimal:
    """An exact number: ``precision`` digits in all (at most 38), ``scale`` after the point."""

    precision: int = 10
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Array:
    """A list of one type. ``weight`` is the number of types in it."""

    element: DataType
    weight: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", 1 + weight_of(self.element))


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping from one type to another."""

    key: DataType
    value: DataType
    weight: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", 1 + weight_of(self.key) + weight_of(self.value))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct. Names keep their case; Spark compares them without it."""

    name: str
    type: DataType
    nullable: bool = True
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields in order."""

    fields: tuple[Field, ...]
    weight: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", 1 + sum(weight_of(f.type) for f in self.fields))


DataType = Primitive | Decimal | Array | Map | Struct


def weight_of(data_type: DataType) -> int:
    """Return how many types a type is made of, itself included: how long its DDL is.

    Kept in the type, because types share parts: ``struct(x, x)`` over and over has few objects
    and a DDL of gigabytes.
    """
    return 1 if isinstance(data_type, Primitive | Decimal) else data_type.weight


class DataTypeError(ValueError):
    """A text is no data type of Spark's. ``offset`` is where in the text (0-based)."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


_SIMPLE = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "byte": "tinyint",
    "smallint": "smallint",
    "short": "smallint",
    "int": "int",
    "integer": "int",
    "bigint": "bigint",
    "long": "bigint",
    "float": "float",
    "real": "float",
    "double": "double",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_ltz": "timestamp",
    "timestamp_ntz": "timestamp_ntz",
    "string": "string",
    "binary": "binary",
    "void": "void",
    "variant": "variant",
}
_DECIMALS = ("decimal", "dec", "numeric")
_SIZED = {"char": "char", "character": "char", "varchar": "varchar"}
_SPATIAL = ("geometry", "geography")
_YEAR_MONTH = ("year", "month")
_DAY_TIME = ("day", "hour", "minute", "second")
_COLLATION = r"(?i)(UTF8_BINARY|UTF8_LCASE|UNICODE|[a-z]{2,3}(_[a-z]+)*)(_[a-z]+)*"
# What people write who come from other systems, and what Spark calls it.
_FOREIGN = {
    "text": "string",
    "str": "string",
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "number": "decimal(38,0)",
    "float32": "float",
    "float64": "double",
    "bytes": "binary",
    "bytea": "binary",
    "json": "variant",
    "jsonb": "variant",
    "datetime": "timestamp",
    "timestamptz": "timestamp",
    "null": "void",
    "list": "array<…>",
    "record": "struct<…>",
    "object": "struct<…>",
}
_KNOWN = (*_SIMPLE, *_DECIMALS, *_SIZED, "array", "map", "struct", "interval", "time")
_DEEPEST = 100
_MAX_PRECISION = 38
_MAX_TIME_PRECISION = 6
_TOKEN = re.compile(
    r"\s+|--[^\n]*|/\*.*?\*/"
    r"|(?P<word>[A-Za-z0-9_]+)"
    r"|(?P<quoted>`(?:[^`]|``)+`)"
    r"|(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\")"
    r"|(?P<mark>[<>(),:])",
    re.DOTALL,
)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@lru_cache(maxsize=4096)
def parse_type(text: str) -> DataType:
    """Read a data type as Spark writes it in DDL.

    >>> ddl(parse_type("STRUCT<id: LONG NOT NULL, tags: array<string>>"))
    'struct<id:bigint,tags:array<string>>'

    Raises:
        DataTypeError: a ``ValueError`` that says what is wrong, and where.
    """
    reader = _Reader(text, _tokens(text))
    found = reader.type(depth=0)
    reader.expect_end()
    return found


def parse_columns(text: str) -> Struct:
    """Read columns with their types, as in CREATE TABLE: ``id BIGINT, tags ARRAY<STRING>``.

    Raises:
        DataTypeError: as ``parse_type`` does.
    """
    reader = _Reader(text, _tokens(text))
    fields = [reader.column()]
    while reader.accept(","):
        fields.append(reader.column())
    reader.expect_end()
    return Struct(tuple(fields))


def ddl(data_type: DataType) -> str:
    """Write a type as Spark's ``simpleString`` does: lower case, no blanks, no comments.

    Field names that Spark could not read back are quoted with backticks.
    """
    if isinstance(data_type, Primitive):
        return data_type.name
    match data_type:
        case Decimal(precision, scale):
            return f"decimal({precision},{scale})"
        case Array(element):
            return f"array<{ddl(element)}>"
        case Map(key, value):
            return f"map<{ddl(key)},{ddl(value)}>"
        case Struct(fields):
            inner = ",".join(f"{quote_name(f.name)}:{ddl(f.type)}" for f in fields)
            return f"struct<{inner}>"


def quote_name(name: str) -> str:
    """Put a field's name in backticks if Spark would not read it as one word."""
    return name if _PLAIN_NAME.fullmatch(name) else "`" + name.replace("`", "``") + "`"


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


def _tokens(text: str) -> tuple[_Token, ...]:
    tokens = []
    offset = 0
    while offset < len(text):
        found = _TOKEN.match(text, offset)
        if found is None:
            hint = "put the name in backticks" if text[offset] not in "<>" else None
            raise DataTypeError(f"'{text[offset]}' does not belong in a data type", offset, hint)
        if found.lastgroup:
            tokens.append(_Token(found.lastgroup, found[0], offset))
        offset = found.end()
    return (*tokens, _Token("end", "", len(text)))


class _Reader:
    """A recursive-descent reader over the tokens of one type."""

    def __init__(self, text: str, tokens: tuple[_Token, ...]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.next
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Step over the given words if they come next, in any case."""
        ahead = [t.text.lower() for t in self.tokens[self.at : self.at + len(words)]]
        if ahead != list(words):
            return False
        self.at += len(words)
        return True

    def expect(self, mark: str, within: str) -> None:
        if not self.accept(mark):
            raise self.fault(f"expected '{mark}' in {within}")

    def expect_end(self) -> None:
        if self.next.kind != "end":
            raise self.fault("the data type ends before this")

    def fault(self, message: str, hint: str | None = None) -> DataTypeError:
        token = self.next
        seen = f"'{token.text}'" if token.text else "the end"
        return DataTypeError(f"{message}, found {seen}", token.offset, hint)

    def type(self, depth: int) -> DataType:
        if depth > _DEEPEST:
            raise DataTypeError(f"nested deeper than {_DEEPEST} levels", self.next.offset)
        if self.next.kind != "word":
            raise self.fault("expected a data type")
        token = self.take()
        name = token.text.lower()
        match name:
            case "array" | "map" | "struct":
                return self.nested(name, depth + 1)
            case "interval":
                return self.interval()
            case "time":
                return self.time()
            case "string":
                return self.string()
            case "timestamp" if self.accept("without", "time", "zone"):
                return Primitive("timestamp_ntz")
        return self.atomic(name, token)

    def atomic(self, name: str, token: _Token) -> DataType:
        if name in _SIMPLE:
            if self.next.text == "(":
                raise self.fault(f"{name} takes no size")
            return Primitive(_SIMPLE[name])
        if name in _DECIMALS:
            return self.decimal(token)
        if name in _SIZED:
            sizes = self.sizes()
            if len(sizes) != 1:
                raise DataTypeError(
                    f"{name} needs one length: {name}(10)", token.offset, "or use string"
                )
            return Primitive(f"{_SIZED[name]}({sizes[0]})")
        if name in _SPATIAL and len(sizes := self.sizes()) == 1:
            return Primitive(f"{name}({sizes[0]})")
        near = _FOREIGN.get(name)
        hint = f"Spark calls it {near}" if near else did_you_mean(name, _KNOWN)
        raise DataTypeError(f"Spark has no data type '{token.text}'", token.offset, hint)

    def sizes(self) -> tuple[int, ...]:
        if not self.accept("("):
            return ()
        numbers = [self.number()]
        while self.accept(","):
            numbers.append(self.number())
        self.expect(")", "the size")
        return tuple(numbers)

    def number(self) -> int:
        if not (self.next.text.isascii() and self.next.text.isdigit()):
            raise self.fault("expected a whole number")
        return int(self.take().text[:9])

    def decimal(self, token: _Token) -> Decimal:
        sizes = self.sizes()
        if len(sizes) > 2:
            raise DataTypeError("decimal takes a precision and a scale", token.offset)
        precision, scale = (*sizes, *(10, 0)[len(sizes) :])
        if precision > _MAX_PRECISION:
            raise DataTypeError(
                f"decimal precision {precision} is above Spark's {_MAX_PRECISION}", token.offset
            )
        if scale > precision:
            raise DataTypeError(
                f"decimal scale {scale} is above its precision {precision}", token.offset
            )
        return Decimal(precision, scale)

    def string(self) -> Primitive:
        if self.next.text == "(":
            raise self.fault("string takes no size", "use varchar(n) to bound the length")
        if not self.accept("collate"):
            return Primitive("string")
        if not re.fullmatch(_COLLATION, self.next.text):
            raise self.fault("expected a collation such as UTF8_LCASE")
        collation = self.take().text
        plain = collation.upper() == "UTF8_BINARY"
        return Primitive("string" if plain else f"string collate {collation}")

    def time(self) -> Primitive:
        sizes = self.sizes() or (_MAX_TIME_PRECISION,)
        if len(sizes) > 1 or sizes[0] > _MAX_TIME_PRECISION:
            raise self.fault(f"time takes one precision from 0 to {_MAX_TIME_PRECISION}")
        self.accept("without", "time", "zone")
        return Primitive(f"time({sizes[0]})")

    def interval(self) -> Primitive:
        first = self.next.text.lower()
        units = next((u for u in (_YEAR_MONTH, _DAY_TIME) if first in u), None)
        if units is None:
            return Primitive("interval")
        self.take()
        if not self.accept("to"):
            return Primitive(f"interval {first}")
        last = self.next.text.lower()
        if last not in units[units.index(first) + 1 :]:
            raise self.fault(f"'interval {first} to' needs a smaller unit")
        self.take()
        return Primitive(f"interval {first} to {last}")

    def nested(self, name: str, depth: int) -> DataType:
        example = {"array": "array<int>", "map": "map<string,int>", "struct": "struct<a:int>"}[name]
        if not self.accept("<"):
            raise self.fault(f"{name} needs its parts: {example}")
        if name == "struct":
            return self.struct(depth)
        first = self.type(depth)
        if name == "map":
            self.expect(",", "map<key,value>")
            second = self.type(depth)
            self.expect(">", "map<key,value>")
            return Map(first, second)
        self.expect(">", "array<…>")
        return Array(first)

    def struct(self, depth: int) -> Struct:
        fields: list[Field] = []
        if self.accept(">"):
            return Struct(())
        while True:
            fields.append(self.field(depth))
            if self.accept(">"):
                return Struct(tuple(fields))
            self.expect(",", "struct<name:type,…>")

    def column(self) -> Field:
        """Read a field that has no colon after its name."""
        if len(self.tokens) > self.at + 1 and self.tokens[self.at + 1].text == ":":
            self.at += 1
            raise self.fault("expected a data type", "leave the colon out, or write struct<…>")
        return self.field(0)

    def field(self, depth: int) -> Field:
        name = self.field_name()
        self.accept(":")
        found = self.type(depth)
        nullable = not self.accept("not", "null")
        comment = None
        if self.accept("comment"):
            if self.next.kind != "text":
                raise self.fault("expected a quoted comment")
            comment = _unquote(self.take().text)
        return Field(name, found, nullable, comment)

    def field_name(self) -> str:
        token = self.next
        if token.kind == "quoted":
            return self.take().text[1:-1].replace("``", "`")
        if token.kind != "word" or token.text.isdigit():
            raise self.fault("expected a field name", "put unusual names in backticks")
        return self.take().text


def _unquote(literal: str) -> str:
    quote, body = literal[0], literal[1:-1]
    return re.sub(r"\\(.)", r"\1", body.replace(quote * 2, quote), flags=re.DOTALL)
