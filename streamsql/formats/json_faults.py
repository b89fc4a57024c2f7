"""What can be wrong with a text that was to be a JSON object, as SQL: looked for afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from streamsql.datatypes import DataType, Decimal, Primitive, ddl
from streamsql.formats.json_parse import END, SPACE, STRICT, JsonObject
from streamsql.formats.json_types import is_sound, wire
from streamsql.formats.records import literal


def shape_faults(json: JsonObject) -> list[tuple[str, str]]:
    """Return why a text is no object: conditions and what to say."""
    text, empty = json.text, json.is_empty
    first = f"from_json({text}, '_none string, _corrupt_record string', {STRICT})"
    listed = (
        f"from_json(concat('{{\"v\":[', {text}, ']}}'), "
        f"'v array<string>, _corrupt_record string', {STRICT})"
    )
    end, made = json.end, json.part.text
    whole = f"from_json({made}, '{end} bigint, _corrupt_record string', {STRICT})"
    ends = f"({empty} OR coalesce({whole}.{end} = {END}, false))"
    is_object = f"{text} RLIKE '^{SPACE}\\\\{{'"
    is_value = f"NOT {is_object} AND {listed}._corrupt_record IS NULL"
    follows = f"{is_object} AND {first}._corrupt_record IS NULL AND NOT {ends}"
    faults = [
        (f"NOT is_valid_utf8({text})", "'invalid UTF-8'"),
        (f"{text} RLIKE '^{SPACE}$'", "'empty value'"),
        (f"contains({text}, '{END}')", f"'holds the reserved number {END}'"),
    ]
    if readable := json.decimals_guard():
        faults.append((f"NOT {readable}", "'wrong type: a number with a huge exponent'"))
    return [
        *faults,
        (f"{text} RLIKE '^{SPACE}null{SPACE}$'", "'JSON null, not an object'"),
        (f"{is_value} AND {text} RLIKE '^{SPACE}\\\\['", "'a JSON array, not an object'"),
        (is_value, "'a JSON value, not an object'"),
        (follows, "'not one JSON object: something follows it'"),
        (f"NOT {ends}", "'not valid JSON'"),
    ]


def type_faults(json: JsonObject) -> list[tuple[str, str]]:
    """Return what is wrong with the fields of an object: conditions and what to say."""
    values = json.values(json.part.row)
    fields = f"from_json({json.text}, 'map<string,string>', {STRICT})"
    wrong = wrong_fields(fields, {n: (kind, kind) for n, kind in json.fields.items()}, values)
    faults = [(f"{wrong} <> ''", f"concat('wrong type: ', {wrong})")]
    if json.whole is not None:
        told = "'no variant can hold it: a field comes twice, or it is too large'"
        faults.append((f"{json.part.row}.whole IS NULL", told))
    return faults


def wrong_fields(
    fields: str,
    kinds: Mapping[str, tuple[DataType, DataType]],
    values: Mapping[str, str],
    also: Mapping[str, str] | None = None,
) -> str:
    """Return the expression that lists the columns whose value is not of their type.

    ``fields`` is the object as a map of texts; a column's ``kinds`` are its own and the one
    that its value was read as; ``also`` are further conditions for a wrong one.
    """
    faults = []
    for name, (kind, read_as) in kinds.items():
        tests = [_is_wrong(f"fields[{literal(name)}]", values[name], read_as)]
        tests.append((also or {}).get(name))
        told = literal(f"{name} is not {ddl(kind)}")
        if test := " OR ".join(t for t in tests if t):
            faults.append(f"IF({test}, {told}, NULL)")
    if not faults:
        return "''"
    listed = f"concat_ws(', ', {', '.join(faults)})"
    return f"transform(array({fields}), fields -> {listed})[0]"


def _is_wrong(text: str, value: str, kind: DataType) -> str | None:
    """Return the condition for a field that is there and could not be read as its type."""
    if wire(kind) == Primitive("string"):
        sound = is_sound(value, kind)
        return f"NOT {sound}" if sound else None
    if isinstance(kind, Primitive | Decimal):
        return f"({text} IS NOT NULL AND {value} IS NULL)"
    schema = literal(f"v {ddl(wire(kind))}, _corrupt_record string")
    # Without options Spark would read nothing but the field that is asked for.
    parsed = f"from_json(concat('{{\"v\":', {text}, '}}'), {schema}, {STRICT})"
    wrong = f"{parsed}._corrupt_record IS NOT NULL"
    if sound := is_sound(value, kind):
        wrong = f"({wrong} OR NOT {sound})"
    return f"({text} IS NOT NULL AND {wrong})"
