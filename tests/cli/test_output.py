"""Findings as each of the layouts: pure functions of findings and texts."""

from __future__ import annotations

import json

import click

from streamsql.checks import MODEL_RULES
from streamsql.cli.output import as_github, as_json, as_sarif, as_text, plural, summary
from streamsql.findings import Finding, Location, Severity

SPAN = Finding(
    "unknown-column",
    "there is no column 'amuont'",
    Location("models/a b.sql", 2, 10, 2, 16),
    hint="did you mean 'amount'?",
    model="a",
)
POINT = Finding(
    "missing-description", "no: description, at 50 %", Location("m.yml", 1), Severity.WARNING
)
TEXTS = {"models/a b.sql": "SELECT id,\n\t\t  , (amuont)\nFROM t\n", "m.yml": ""}


def test_text_has_the_line_and_a_caret_under_the_whole_span() -> None:
    assert click.unstyle(as_text([SPAN], {"models/a b.sql": "SELECT\n  a.b, x+amuont\n"})) == (
        "models/a b.sql:2:10: error: there is no column 'amuont' [unknown-column]\n"
        "  2 |   a.b, x+amuont\n"
        "    |          ^^^^^^\n"
        "  hint: did you mean 'amount'?"
    )


def test_text_keeps_tabs_under_tabs_and_stays_inside_the_line() -> None:
    lines = click.unstyle(as_text([SPAN], TEXTS)).splitlines()
    assert lines[1] == "  2 | \t\t  , (amuont)"
    assert lines[2].startswith("    | \t\t")
    assert len(lines[2]) <= len(lines[1])


def test_text_of_a_place_without_a_line_is_one_line() -> None:
    for place in (Location("m.yml", 1), Location("gone.yml", 7), Location("models/a b.sql", 99)):
        text = click.unstyle(as_text([Finding("x", "wrong", place)], TEXTS))
        assert text == f"{place}: error: wrong [x]"


def test_json_has_every_field() -> None:
    first, second = json.loads(as_json([SPAN, POINT], TEXTS))
    assert first == {
        "rule": "unknown-column",
        "message": "there is no column 'amuont'",
        "path": "models/a b.sql",
        "line": 2,
        "column": 10,
        "end_line": 2,
        "end_column": 16,
        "severity": "error",
        "hint": "did you mean 'amount'?",
        "model": "a",
    }
    assert second["severity"] == "warning"
    assert json.loads(as_json([], TEXTS)) == []


def test_github_commands_are_escaped() -> None:
    first, second = as_github([SPAN, POINT], TEXTS).splitlines()
    assert first == (
        "::error file=models/a b.sql,line=2,endLine=2,col=10,endColumn=16,title=unknown-column"
        "::there is no column 'amuont'%0Ahint: did you mean 'amount'?"
    )
    assert second == (
        "::warning file=m.yml,line=1,col=1,title=missing-description::no: description, at 50 %25"
    )
    odd = Finding("x", "m", Location("a,b:c.sql"))
    assert "file=a%2Cb%3Ac.sql," in as_github([odd], {})


def test_sarif_is_what_code_scanning_reads() -> None:
    log = json.loads(as_sarif([SPAN, POINT, SPAN], TEXTS))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "streamsql"
    assert [rule["id"] for rule in driver["rules"]] == ["missing-description", "unknown-column"]
    documented = next(r for r in MODEL_RULES if r.slug == "missing-description")
    assert driver["rules"][0]["shortDescription"] == {"text": documented.summary}
    assert driver["rules"][0]["fullDescription"] == {"text": documented.explanation}
    assert [r["level"] for r in run["results"]] == ["error", "warning", "error"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert all(isinstance(n, int) and n >= 1 for n in region.values())
        assert {"startLine", "startColumn"} <= set(region)
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "models/a%20b.sql", "uriBaseId": "%SRCROOT%"}
    assert json.loads(as_sarif([], TEXTS))["runs"][0]["results"] == []


def test_summary_counts() -> None:
    note = Finding("x", "m", Location("a"), Severity.INFO)
    assert summary([SPAN, SPAN, POINT, note], 3) == "2 errors, 1 warning, 1 note in 3 models"
    assert summary([], 1) == "nothing to complain about in 1 model"
    assert [plural(n, "query") for n in (0, 1, 2)] == ["0 queries", "1 query", "2 queries"]


def test_sarif_has_the_page_of_each_rule() -> None:
    rules = json.loads(as_sarif([SPAN], TEXTS))["runs"][0]["tool"]["driver"]["rules"]
    assert rules[0]["help"]["markdown"].startswith("# unknown-column\n")
    assert "Bad:" in rules[0]["help"]["text"]
    theirs = json.loads(as_sarif([Finding("of-a-plugin", "m", Location("a"))], {}))["runs"][0]
    assert theirs["tool"]["driver"]["rules"] == [{"id": "of-a-plugin"}]
