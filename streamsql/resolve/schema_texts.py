"""Schemas that a call is given as text: ``from_json(value, 'id BIGINT')``.

Tried on Spark 4.1, which reads such a text as a data type, as columns, or as its own JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import (
    Array,
    DataType,
    DataTypeError,
    Map,
    Primitive,
    Struct,
    ddl,
)
from streamsql.dialect import function_name
from streamsql.resolve.arguments import Arguments
from streamsql.resolve.coercion import STRING, VARIANT
from streamsql.resolve.functions import schema_type
from streamsql.resolve.walk import Walk


class _Taken(NamedTuple):
    """Which argument of a function is the schema, and what it can be."""

    place: int
    fits: Callable[[DataType], bool]
    kinds: str


def _is_in_json(found: DataType) -> bool:
    return found == VARIANT or (isinstance(found, Array | Map | Struct) and _has_plain_keys(found))


def _has_plain_keys(found: DataType) -> bool:
    match found:
        case Array(element):
            return _has_plain_keys(element)
        case Map(key, value):
            return not isinstance(key, Array | Map | Struct) and _has_plain_keys(value)
        case Struct(fields):
            return all(_has_plain_keys(f.type) for f in fields)
    return True


def _is_in_variants(found: DataType) -> bool:
    """Whether Spark casts a variant to a type."""
    match found:
        case Array(element):
            return _is_in_variants(element)
        case Map(key, value):
            return key == STRING and _is_in_variants(value)
        case Struct(fields):
            return all(_is_in_variants(f.type) for f in fields)
        case Primitive(name):
            return not name.startswith(("interval", "void"))
    return True


_ONE_VALUE = _Taken(2, _is_in_variants, "a type that a variant can hold")
_TAKEN: Mapping[str, _Taken] = {
    "from_csv": _Taken(1, lambda f: isinstance(f, Struct), "columns"),
    "from_json": _Taken(1, _is_in_json, "columns, an array, a map with plain keys or VARIANT"),
    "from_xml": _Taken(1, lambda f: isinstance(f, Struct) or f == VARIANT, "columns or VARIANT"),
    "try_variant_get": _ONE_VALUE,
    "variant_get": _ONE_VALUE,
}
_SAMPLES = frozenset({"schema_of_csv", "schema_of_json", "schema_of_xml"})


def _sized(found: DataType) -> Iterator[str]:
    match found:
        case Array(element):
            yield from _sized(element)
        case Map(key, value):
            yield from (*_sized(key), *_sized(value))
        case Struct(fields):
            yield from (name for field in fields for name in _sized(field.type))
        case Primitive(name) if name.startswith(("char(", "varchar(")):
            yield name


def check_schema(name: str, arguments: Arguments, walk: Walk) -> None:
    """Report a schema that is no text, or whose text Spark would not read."""
    if name in _SAMPLES and arguments and arguments[0].node.find(exp.Column):
        walk.report(
            "bad-schema-text",
            f"{name}(…) needs one text as a sample, and this is another in each row",
            arguments[0].node,
            "give it a record as it comes, in quotes",
        )
    taken = _TAKEN.get(name)
    if taken is None or len(arguments) <= taken.place:
        return
    argument = arguments[taken.place]
    text, node = argument.constant, argument.node
    if text is not None:
        _check_text(name, text, taken, node, walk)
    elif node.find(exp.Column) or _is_null(node) or isinstance(node, exp.Literal):
        message = f"the schema of {name}(…) is one text for all rows, and this is none"
        walk.report("bad-schema-text", message, node, "write it in quotes: 'id BIGINT'")


def _is_null(node: exp.Expr) -> bool:
    """Whether a text is NULL, or put together with it."""
    joined = isinstance(node, (exp.DPipe, exp.Concat)) or function_name(node) == "concat"
    return isinstance(node, exp.Null) or (
        joined and any(_is_null(p.unnest()) for p in node.iter_expressions())
    )


def _check_text(name: str, text: str, taken: _Taken, node: exp.Expr, walk: Walk) -> None:
    try:
        found = schema_type(text)
    except DataTypeError as error:
        message = f"Spark cannot read this schema: {error}"
        walk.report("bad-schema-text", message, node, error.hint)
        return
    sized = next(_sized(found), None) if found is not None else None
    if sized is not None:
        message = f"a schema in text has no {sized}"
        walk.report("bad-schema-text", message, node, "write STRING")
    elif found is not None and not taken.fits(found):
        message = f"{name}(…) takes {taken.kinds}, and this is {ddl(found)}"
        walk.report("bad-schema-text", message, node, "write 'name TYPE' for each field")
