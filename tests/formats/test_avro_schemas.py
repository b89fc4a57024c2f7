"""Schema files: which columns they give, what they can be asked for, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from avro_types import REFUSED, TYPES
from format_sources import HERE

from streamsql.datatypes import ddl
from streamsql.formats import SchemaError, check_output, load_schema, subject_path
from streamsql.formats.avro_schema import schema_fields

ORDER: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "order_id", "type": "long"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 5}},
    ],
}
SUBJECT = {
    "subject": "orders-value",
    "versions": [
        {"version": 1, "id": 9, "schema": {**ORDER, "fields": ORDER["fields"][:1]}},
        {"version": 2, "id": 4, "schema": ORDER},
    ],
}
TEXTS = {
    "schemas/orders.avsc": json.dumps(ORDER),
    "schemas/orders-value.json": json.dumps(SUBJECT),
    "schemas/broken.avsc": '{"type": ',
}


def record(kind: str) -> Any:
    return {"type": "record", "name": "Whole", "fields": [{"name": "c", "type": json.loads(kind)}]}


@pytest.mark.parametrize(("kind", "expected"), TYPES.items())
def test_types(kind: str, expected: str) -> None:
    (field,) = schema_fields(record(kind))
    assert ddl(field.type) == expected


@pytest.mark.parametrize(("kind", "message"), REFUSED.items())
def test_what_has_no_type(kind: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        schema_fields(record(kind))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "record", "name": "R", "fields": []}, "has no fields"),
        ({"type": "record", "name": "R"}, "no list of fields"),
        ({"type": "record", "fields": []}, "with the name None"),
        (record('"nothing"'), "the type 'nothing', which is not defined before"),
        (record('{"type":"enum","name":"E"}'), "no list of symbols"),
        (record('{"type":"fixed","name":"E"}'), "no size"),
        (record('["null"]'), "a union of nothing but null"),
        (record('{"type":"record","name":"Whole","fields":[]}'), "Whole is defined twice"),
        (record("5"), "Whole.c has no Avro type"),
        (
            {**ORDER, "fields": [*ORDER["fields"], {"name": "NOTE", "type": "int"}]},
            "has the field 'NOTE' twice",
        ),
    ],
)
def test_what_is_no_schema(schema: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        schema_fields(schema)


def test_a_schema_that_is_no_record_is_one_column() -> None:
    (field,) = schema_fields({"type": "array", "items": "string"})
    assert (field.name, ddl(field.type), field.nullable) == ("value", "array<string>", False)


def load(**options: str) -> Any:
    return load_schema(options, TEXTS, ("schemas", "more"))


def test_what_a_schema_file_gives() -> None:
    plain = load(schema="schemas/orders.avsc")
    assert (plain.framed, plain.writers, plain.id) == (False, (), None)
    assert [f.name for f in plain.fields] == ["order_id", "note", "amount"]
    assert [f.nullable for f in plain.fields] == [False, True, False]
    newest = load(subject="orders-value")
    assert newest.framed
    assert (newest.id, [w.id for w in newest.writers]) == (4, [4, 9])
    first = load(schema="./schemas/orders-value.json", version="1")
    assert (first.id, [f.name for f in first.fields]) == (9, ["order_id"])
    assert [w.id for w in first.writers] == [4, 9]
    unframed = load(subject="orders-value", framing="none")
    assert (unframed.framed, unframed.writers) == (False, ())


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({}, "avro needs a schema", "write schema: schemas/NAME.avsc, or subject: NAME"),
        ({"schema": "schemas/order.avsc"}, "there is no schema file", "did you mean"),
        ({"subject": "payments"}, "no schema file 'schemas/payments.json'", "put it there"),
        ({"subject": "a", "schema": "b"}, "not both", ""),
        ({"schema": "schemas/broken.avsc"}, "schemas/broken.avsc: it is not JSON", ""),
        ({"subject": "orders-value", "version": "3"}, "no version 3", "its versions are 1, 2"),
        ({"schema": "schemas/orders.avsc", "version": "3"}, "it has no versions", ""),
        ({"schema": "schemas/orders.avsc", "framing": "confluent"}, "need the ids", "versions"),
        ({"subject": "orders-value", "framing": "confluence"}, "no framing", "did you mean"),
    ],
)
def test_what_cannot_be_loaded(options: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(SchemaError, match=message) as raised:
        load(**options)
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize(
    "file",
    [
        {"subject": "s", "versions": []},
        {"subject": "s", "type": "PROTOBUF", "versions": [{"version": 1, "id": 1, "schema": "x"}]},
        {"subject": "s", "versions": [{"version": 1, "id": 1}]},
        {"subject": "s", "versions": [{"version": 1, "id": 2**32, "schema": "int"}]},
        {"subject": "s", "versions": [{"version": True, "id": 1, "schema": "int"}]},
    ],
)
def test_files_of_a_subject_that_are_none(file: Any) -> None:
    with pytest.raises(SchemaError, match=r"f\.json: "):
        load_schema({"schema": "f.json"}, {"f.json": json.dumps(file)}, ("schemas",))


def test_subjects_are_files() -> None:
    assert subject_path("a/b:c", "schemas") == "schemas/a%2Fb%3Ac.json"


def output(*columns: tuple[str, str]) -> list[str]:
    schema = load(schema="schemas/orders.avsc")
    return [f.message for f in check_output("avro", columns, HERE, schema=schema)]


def test_what_can_be_written() -> None:
    assert output(("ORDER_ID", "int"), ("amount", "decimal(4,0)")) == []
    assert output(("order_id", "bigint"), ("amount", "decimal(5,0)"), ("note", "string")) == []
    path = "the schema schemas/orders.avsc"
    assert output(("order_id", "bigint")) == [f"{path} needs the field 'amount'"]
    assert output(("order_id", "string"), ("amount", "decimal(6,0)"), ("x", "int")) == [
        f"{path} has no field 'x'",
        "column 'order_id' is string, and the schema has bigint",
        "column 'amount' is decimal(6,0), and the schema has decimal(5,0)",
    ]
