"""The types of Spark's functions over arrays, maps and structs."""

from __future__ import annotations

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Field, Map, Struct
from streamsql.resolve.arguments import Arguments, Rule, widest_of
from streamsql.resolve.coercion import VOID, is_integral, wider, widest


def _element(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    match found:
        case Array(element):
            return element
        case Map(_, value):
            return value
    return None


def _array_of_first(arguments: Arguments) -> DataType | None:
    return Array(arguments[0].type) if arguments[0].type else None


def _array_of_widest(arguments: Arguments) -> DataType | None:
    element = widest_of(arguments) if arguments else VOID
    return Array(element) if element else None


def _array_with(arguments: Arguments) -> DataType | None:
    """Return the array type that an appended, prepended or inserted item gives."""
    found = arguments[0].type
    item = arguments[-1].type
    if not isinstance(found, Array) or item is None:
        return None
    element = wider(found.element, item)
    return Array(element) if element else None


def _array_without(arguments: Arguments) -> DataType | None:
    """Return the type of array_remove, which widens the array to hold what it looks for."""
    found = _array_with(arguments)
    return found if found == arguments[0].type else None


def _if_array(arguments: Arguments) -> DataType | None:
    return arguments[0].type if isinstance(arguments[0].type, Array) else None


def _union_of_arrays(arguments: Arguments) -> DataType | None:
    found = widest_of(arguments)
    return found if isinstance(found, Array) else None


def _flattened(arguments: Arguments) -> DataType | None:
    match arguments[0].type:
        case Array(Array(element)):
            return Array(element)
    return None


def _zipped(arguments: Arguments) -> DataType | None:
    fields = []
    for argument in arguments:
        name = _field_name(argument.node)
        if name is None or not isinstance(argument.type, Array):
            return None
        fields.append(Field(name, argument.type.element))
    return Array(Struct(tuple(fields)))


def _field_name(node: exp.Expr) -> str | None:
    if isinstance(node, (exp.Column, exp.Alias, exp.Identifier)):
        return str(node.output_name)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return str(node.expression.name)
    return None


def _struct(arguments: Arguments) -> DataType | None:
    fields = []
    for number, argument in enumerate(arguments, 1):
        if argument.type is None:
            return None
        fields.append(Field(_field_name(argument.node) or f"col{number}", argument.type))
    return Struct(tuple(fields))


def _named_struct(arguments: Arguments) -> DataType | None:
    fields = []
    for name, value in zip(arguments[::2], arguments[1::2], strict=False):
        if name.text is None or value.type is None:
            return None
        fields.append(Field(name.text, value.type))
    return Struct(tuple(fields))


def _map(arguments: Arguments) -> DataType | None:
    if not arguments:
        return Map(VOID, VOID)
    key = widest_of(arguments[::2])
    value = widest_of(arguments[1::2])
    return Map(key, value) if key and value else None


def _map_keys(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return Array(found.key) if isinstance(found, Map) else None


def _map_values(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return Array(found.value) if isinstance(found, Map) else None


def _map_entries(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    if not isinstance(found, Map):
        return None
    return Array(Struct((Field("key", found.key), Field("value", found.value))))


def _map_from_arrays(arguments: Arguments) -> DataType | None:
    match [a.type for a in arguments]:
        case [Array(key), Array(value)]:
            return Map(key, value)
    return None


def _map_from_entries(arguments: Arguments) -> DataType | None:
    match arguments[0].type:
        case Array(Struct((Field(type=key), Field(type=value)))):
            return Map(key, value)
    return None


def _sequence(arguments: Arguments) -> DataType | None:
    found = widest(a.type for a in arguments[:2])
    if is_integral(found) and len(arguments) > 2:
        found = wider(found, arguments[2].type)
    return Array(found) if found else None


COLLECTION_RULES: dict[str, Rule] = {
    "array": _array_of_widest,
    "array_agg": _array_of_first,
    "array_append": _array_with,
    "array_compact": _if_array,
    "array_distinct": _if_array,
    "array_except": _union_of_arrays,
    "array_insert": _array_with,
    "array_intersect": _union_of_arrays,
    "array_max": _element,
    "array_min": _element,
    "array_prepend": _array_with,
    "array_remove": _array_without,
    "array_repeat": _array_of_first,
    "array_sort": _if_array,
    "array_union": _union_of_arrays,
    "arrays_zip": _zipped,
    "collect_list": _array_of_first,
    "collect_set": _array_of_first,
    "element_at": _element,
    "filter": _if_array,
    "flatten": _flattened,
    "get": _element,
    "map": _map,
    "map_entries": _map_entries,
    "map_from_arrays": _map_from_arrays,
    "map_from_entries": _map_from_entries,
    "map_keys": _map_keys,
    "map_values": _map_values,
    "named_struct": _named_struct,
    "sequence": _sequence,
    "shuffle": _if_array,
    "slice": _if_array,
    "sort_array": _if_array,
    "struct": _struct,
    "map_concat": widest_of,
    "try_element_at": _element,
}
