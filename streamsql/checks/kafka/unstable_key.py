from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.datatypes import Array, DataType, DataTypeError, Map, Primitive, Struct, parse_type
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.WARNING)
def unstable_key(model: ResolvedModel) -> Iterator[Fault]:
    """A record's key is made of a type whose bytes are not always the same.

    Kafka knows records of one key by the key's bytes: it decides the partition, and which record
    compaction keeps. The entries of a map come in any order, and two ways of computing one
    floating-point number differ in the last digit, so that one key becomes several.

    Bad:

        -- models/by_amount.sql
        {{ config(materialized='topic', key='amount') }}
        SELECT order_id, CAST(amount AS DOUBLE) AS amount FROM {{ source('shop', 'orders') }}

    Good:

        -- models/by_amount.sql
        {{ config(materialized='topic', key='amount') }}
        SELECT order_id, amount FROM {{ source('shop', 'orders') }}
    """
    config = model.parsed.rendered.config
    types = {c.name.lower(): c.data_type for c in model.columns}
    for name in config.key if config.materialized == "topic" else ():
        unstable = _unstable_part(types.get(name.lower()))
        if unstable is not None:
            yield Fault(
                f"the key '{name}' holds a {unstable}, whose bytes differ for equal values",
                model.parsed.rendered.place("key"),
                hint="use a string, a whole number or a decimal",
            )


def _unstable_part(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return _in_type(parse_type(text))
    except DataTypeError:
        return None


def _in_type(kind: DataType) -> str | None:
    match kind:
        case Map():
            return "map"
        case Array(element):
            return _in_type(element)
        case Struct(fields):
            return next((found for f in fields if (found := _in_type(f.type))), None)
        case Primitive(name) if name in ("float", "double", "variant"):
            return name
    return None
