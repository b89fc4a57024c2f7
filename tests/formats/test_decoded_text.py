"""The SQL that formats answer with, beside what it was asked for: see ``golden/``.

A file begins with the source in comments and goes on with what is expected;
``UPDATE_GOLDEN=1`` writes the expectation anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from format_sources import HERE, column, source

from streamsql.errors import PlanError
from streamsql.findings import Finding
from streamsql.formats import (
    FORMATS,
    Format,
    KeyOutput,
    RecordSchema,
    check_output,
    check_source,
    decode,
    encode,
    find_format,
    load_schema,
)
from streamsql.project.nodes import Column, SourceKey

CASES = sorted((Path(__file__).parent / "golden").glob("*.sql"))


def answer(asked: dict[str, object]) -> str:
    given = SimpleNamespace(**{"columns": {}, "format": "json", **asked})
    if hasattr(given, "write"):
        return encode(
            given.write,
            tuple(given.columns.items()),
            key=KeyOutput(
                getattr(given, "key", ()),
                find_format(getattr(given, "key_format", "")),
                schema=loaded(getattr(given, "key_schema", None)),
            ),
            headers=tuple(getattr(given, "headers", {}).items()),
            format=given.format,
            options=getattr(given, "options", None),
            schema=loaded(getattr(given, "schema", None), find_format(given.format)),
        )
    key = getattr(given, "key", None)
    decoded = decode(
        source(
            *columns_of(given.columns),
            key=key and SourceKey(key["format"], {}, columns_of(key.get("columns", {})), HERE),
            format=given.format,
            on_error=getattr(given, "on_error", "drop"),
            event_time=getattr(given, "event_time", None),
            options=getattr(given, "options", None),
            schema=loaded(getattr(given, "schema", None)),
        ),
        "kafka__shop__orders",
        hidden=getattr(given, "hidden", ()),
    )
    return decoded.good + (f"\n--- bad\n{decoded.bad}" if decoded.bad else "")


def columns_of(declared: dict[str, str]) -> tuple[Column, ...]:
    return tuple(
        column(name, kind.removesuffix(" not null"), not_null=kind.endswith(" not null"))
        for name, kind in declared.items()
    )


def loaded(schema: object, of: Format | None = None) -> RecordSchema | None:
    if schema is None:
        return None
    kind = (of and of.schema) or "AVRO"
    return load_schema({"schema": "s.json"}, {"s.json": json.dumps(schema)}, ["schemas"], kind)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_text(case: Path) -> None:
    lines = case.read_text().splitlines()
    head = [line for line in lines if line.startswith("-- ")]
    asked = yaml.safe_load("\n".join(line.removeprefix("-- ") for line in head))
    found = "\n".join([*head, answer(asked)]) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        case.write_text(found)
    assert found == case.read_text()


def rules(findings: tuple[object, ...]) -> list[str]:
    return [f.rule for f in findings]  # type: ignore[attr-defined]


def test_there_are_cases_of_every_format() -> None:
    written = "".join(case.read_text() for case in CASES)
    assert all(f"-- format: {f.name}\n" in written for f in FORMATS)


def test_an_unknown_format_names_those_there_are() -> None:
    (finding,) = check_source(source(column("a", "int"), format="jsn"))
    assert finding.rule == "unknown-format"
    assert finding.hint == "did you mean 'json'?"
    (finding,) = check_output("protobuf3", (("value", "string"),), HERE)
    assert finding.hint == "formats are: avro, csv, debezium_json, json, raw, text"
    with pytest.raises(PlanError, match="no format 'jsn'"):
        decode(source(column("a", "int"), format="jsn"), "v")
    assert find_format("jsn") is None


def test_protobuf_cannot_be_had_and_says_what_to_do() -> None:
    (finding,) = check_source(source(column("a", "int"), format="protobuf"))
    assert finding.message == "the format protobuf cannot be had"
    assert "not published for this Spark" in (finding.hint or "")


def test_unknown_format_options() -> None:
    bad = source(column("a", "int"), options={"dateformat": "x", "timeZone": "UTC"})
    (finding,) = check_source(bad)
    assert (finding.rule, finding.hint) == ("unknown-option", "did you mean 'dateFormat'?")


@pytest.mark.parametrize(
    "data_type",
    ["map<array<int>,int>", "map<binary,int>", "array<struct<a:int,a:int>>", "geometry(4326)"],
)
def test_types_that_json_cannot_hold(data_type: str) -> None:
    (finding,) = check_source(source(column("c", data_type)))
    assert (finding.rule, finding.location) == ("unsupported-type", HERE)
    assert "column 'c'" in finding.message
    assert rules(check_output("json", (("c", data_type),), HERE)) == ["unsupported-type"]


def test_sources_need_columns_that_fit_their_format() -> None:
    assert rules(check_source(source())) == ["no-columns"]
    assert check_source(source(format="raw")) == ()
    assert check_source(source(column("body", "binary"), format="raw")) == ()
    assert rules(check_source(source(column("body", "string"), format="raw"))) == ["format-columns"]
    two = source(column("a", "string"), column("b", "string"), format="text")
    assert rules(check_source(two)) == ["format-columns"]


def test_decimals_of_change_events_are_said() -> None:
    def found(kind: str, decimals: str) -> tuple[Finding, ...]:
        options = {"decimals": decimals}
        return check_source(source(column("a", kind), format="debezium_json", options=options))

    assert found("decimal(10,2)", "precise") == ()
    assert found("array<decimal(10,2)>", "plain") == ()
    assert rules(found("array<decimal(10,2)>", "precise")) == ["unsupported-type"]
    (wrong,) = found("decimal(10,2)", "precize")
    assert (wrong.rule, wrong.hint) == ("format-option", "did you mean 'precise'?")


def test_outputs_need_a_value() -> None:
    assert rules(check_output("raw", (("a", "binary"),), HERE)) == ["missing-value-column"]
    assert rules(check_output("text", (("value", "binary"),), HERE)) == ["unsupported-type"]
    assert rules(check_output("raw", (("VALUE", "int"),), HERE)) == ["unsupported-type"]
    assert check_output("raw", (("VALUE", "varchar(3)"), ("key", "binary")), HERE) == ()


def test_keys_and_headers_must_be_columns() -> None:
    found = check_output(
        "json", (("order_id", "int"),), HERE, key=("orderid",), headers=(("h", "nothing"),)
    )
    assert rules(found) == ["unknown-column", "unknown-column"]
    assert found[0].hint == "did you mean 'order_id'?"
