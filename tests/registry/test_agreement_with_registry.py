"""Our verdicts on pairs of schemas, held against those of a registry."""

from __future__ import annotations

import json

import pytest
from formats.avro_pairs import PAIRS, Pair
from registry.json_pairs import JSON_PAIRS, JsonPair
from registry.registry_project import Level

from streamsql.formats import json_compatibility
from streamsql.formats.avro_compatibility import clashes
from streamsql.formats.avro_schema import SchemaError
from streamsql.formats.compatibility import LEVELS, breaches
from streamsql.formats.schemas import Writer
from streamsql.registry import Registry


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: p.name.replace(" ", "-"))
def test_ours(pair: Pair) -> None:
    found = clashes(pair.reader, pair.writer)
    assert (found[0].field if found else None) == pair.field, found


@pytest.mark.slow
def test_the_registry_agrees(client: Registry, set_level: Level) -> None:
    differing = []
    for number, pair in enumerate(PAIRS):
        subject = f"agreement.{number}"
        client.register(subject, json.dumps(pair.writer))
        for level, ours in (
            ("BACKWARD", not clashes(pair.reader, pair.writer)),
            ("FORWARD", not clashes(pair.writer, pair.reader)),
        ):
            set_level(subject, level)
            if client.accepts(subject, json.dumps(pair.reader)) != ours:
                differing.append((pair.name, level))
    assert len(PAIRS) >= 40
    assert differing == []


@pytest.mark.parametrize("pair", JSON_PAIRS, ids=lambda p: p.name.replace(" ", "-"))
def test_ours_of_json_schemas(pair: JsonPair) -> None:
    found = json_compatibility.clashes(pair.reader, pair.writer)
    assert (found[0].field if found else None) == pair.field, found


@pytest.mark.slow
def test_the_registry_agrees_about_json_schemas(client: Registry, set_level: Level) -> None:
    """But for the pairs that say otherwise, in which it still does."""
    differing = []
    for number, pair in enumerate(JSON_PAIRS):
        expected = pair.field is None if pair.registry is None else pair.registry
        for level, held, asked in (
            ("BACKWARD", pair.writer, pair.reader),
            ("FORWARD", pair.reader, pair.writer),
        ):
            subject = f"agreement.json.{number}.{level}"
            client.register(subject, json.dumps(held), "JSON")
            set_level(subject, level)
            if client.accepts(subject, json.dumps(asked), "JSON") != expected:
                differing.append((pair.name, level))
    assert len(JSON_PAIRS) >= 90
    assert differing == []


def test_what_a_json_schema_refers_to_is_there() -> None:
    whole = {"properties": {"x": {"$ref": "#/definitions/none"}}}
    with pytest.raises(SchemaError, match="which is not there"):
        json_compatibility.clashes(whole, whole)
    with pytest.raises(SchemaError, match="refers to itself"):
        json_compatibility.clashes({"$ref": "#"}, {})


def _writers(*schemas: object) -> list[Writer]:
    return [Writer(n, n, json.dumps(s)) for n, s in enumerate(schemas, 1)]


def _schema(**types: object) -> dict[str, object]:
    fields = [{"name": n, "type": t} for n, t in types.items()]
    return {"type": "record", "name": "A", "fields": fields}


def test_a_level_says_whose_readers_count() -> None:
    versions = _writers(_schema(x="string"), _schema(x="long"), _schema(x="int"))
    new = json.dumps(_schema(x="long"))
    found = {
        level: sorted((b.version, b.reads) for b in breaches(level, new, versions, clashes))
        for level in LEVELS
    }
    assert found == {
        "NONE": [],
        "BACKWARD": [],
        "BACKWARD_TRANSITIVE": [(1, "old")],
        "FORWARD": [(3, "new")],
        "FORWARD_TRANSITIVE": [(1, "new"), (3, "new")],
        "FULL": [(3, "new")],
        "FULL_TRANSITIVE": [(1, "new"), (1, "old"), (3, "new")],
    }


def test_decimals_of_other_digits_clash_though_registries_let_them_pass() -> None:
    def money(precision: int, scale: int) -> object:
        digits = {"precision": precision, "scale": scale}
        return _schema(x={"type": "bytes", "logicalType": "decimal", **digits})

    assert clashes(money(10, 2), money(10, 2)) == ()
    (clash,) = clashes(money(12, 4), money(10, 2))
    assert str(clash.why) == "it is decimal(10,2), where decimal(12,4) is read"
