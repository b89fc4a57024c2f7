"""Findings as text for people, and as JSON, GitHub annotations and SARIF for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from streamsql import __version__
from streamsql.findings import Finding, Severity
from streamsql.secrets import without_secrets

if TYPE_CHECKING:
    from streamsql.checks.catalogue import Documented

Texts = Mapping[str, str]
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def summary(findings: Sequence[Finding], checked: int | None = None) -> str:
    """Return ``2 errors, 1 warning in 12 models``."""
    counts = Counter(f.severity for f in findings)
    parts = [plural(n, str(s)) for s in Severity if (n := counts[s]) and s is not Severity.INFO]
    if notes := counts[Severity.INFO]:
        parts.append(plural(notes, "note"))
    found = ", ".join(parts) or "nothing to complain about"
    return found if checked is None else f"{found} in {plural(checked, 'model')}"


def plural(count: int, noun: str) -> str:
    """Return ``1 model`` or ``2 models``; nouns in -y become -ies."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"


def as_text(findings: Sequence[Finding], texts: Texts) -> str:
    """Each finding with its place, the line it speaks of, a caret, and how to mend it."""
    lines = {path: texts.get(path, "").splitlines() for path in {f.location.path for f in findings}}
    return "\n\n".join(_text_of(f, lines[f.location.path]) for f in findings)


def _text_of(finding: Finding, lines: Sequence[str]) -> str:
    severity, rule = _severity(finding.severity), _rule(finding.rule)
    told = [f"{finding.location}: {severity}: {finding.message} {rule}"]
    told += _excerpt(finding, lines)
    if finding.hint:
        told.append(f"  {_HINT} {finding.hint}")
    return "\n".join(told)


_HINT = click.style("hint:", bold=True)


@cache
def _severity(severity: Severity) -> str:
    return click.style(str(severity), fg=_COLOURS[severity], bold=True)


@cache
def _rule(name: str) -> str:
    return click.style(f"[{name}]", dim=True)


@cache
def _caret(severity: Severity, width: int) -> str:
    return click.style("^" * width, fg=_COLOURS[severity])


def _excerpt(finding: Finding, lines: Sequence[str]) -> list[str]:
    place = finding.location
    if not 1 <= place.line <= len(lines):
        return []
    line = lines[place.line - 1]
    start = min(place.column - 1, len(line))
    one_line = place.end_column is not None and place.end_line in (None, place.line)
    width = max(1, (place.end_column or 0) - place.column) if one_line else 1
    width = max(1, min(width, len(line) - start))
    # A tab before the caret keeps it under its letter, however wide tabs are.
    before = line[:start]
    indent = "".join("\t" if c == "\t" else " " for c in before) if "\t" in before else " " * start
    gutter = f"{place.line} | "
    shown = without_secrets(place.path, line)
    if shown != line:  # places after a mask would be wrong
        return [f"  {gutter}{shown}"]
    caret = _caret(finding.severity, width)
    return [f"  {gutter}{line}", f"  {' ' * (len(gutter) - 2)}| {indent}{caret}"]


def as_json(findings: Sequence[Finding], texts: Texts) -> str:
    """One array of flat objects; a public interface, described in docs/linting.md."""
    objects = [f"  {{\n    {_flat(_object(f))[1:-1]}\n  }}" for f in findings]
    return "[\n" + ",\n".join(objects) + "\n]" if objects else "[]"


# As ``indent=2`` writes flat objects; the encoder that is written in C does not indent.
_flat = json.JSONEncoder(ensure_ascii=False, separators=(",\n    ", ": ")).encode


def _object(finding: Finding) -> dict[str, Any]:
    place = finding.location
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "model": finding.model,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "message": finding.message,
        "hint": finding.hint,
    }


def as_github(findings: Sequence[Finding], texts: Texts) -> str:
    """Workflow commands that GitHub Actions turns into annotations of a change."""
    return "\n".join(_command(f) for f in findings)


def _command(finding: Finding) -> str:
    place = finding.location
    properties = {
        "file": place.path,
        "line": place.line,
        "endLine": place.end_line,
        "col": place.column,
        "endColumn": place.end_column,
        "title": finding.rule,
    }
    written = ",".join(f"{k}={_property(v)}" for k, v in properties.items() if v is not None)
    message = finding.message + (f"\nhint: {finding.hint}" if finding.hint else "")
    return f"::{_GITHUB[finding.severity]} {written}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _escaped(str(value)).replace(":", "%3A").replace(",", "%2C")


def as_sarif(findings: Sequence[Finding], texts: Texts) -> str:
    """A SARIF 2.1.0 log with one run, for code-scanning services and editors."""
    from streamsql.checks.catalogue import catalogue

    names = sorted({f.rule for f in findings})
    known = catalogue()
    rules = [{"id": name, **_described(known[name])} for name in names if name in known]
    rules += [{"id": name} for name in names if name not in known]
    names = [str(rule["id"]) for rule in rules]
    driver = {"name": "streamsql", "version": __version__, "rules": rules}
    results = [_result(f, names.index(f.rule)) for f in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _described(documented: Documented) -> dict[str, Any]:
    from streamsql.checks.pages import page_markdown, page_text

    about = documented.documentation
    return {
        "shortDescription": {"text": about.summary},
        "fullDescription": {"text": about.explanation},
        "help": {"text": page_text(documented), "markdown": page_markdown(documented)},
        "defaultConfiguration": {"level": _SARIF[documented.severity]},
        "properties": {"tags": [documented.topic]},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    place = finding.location
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    message = finding.message + (f"\nHint: {finding.hint}" if finding.hint else "")
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _SARIF[finding.severity],
        "message": {"text": message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.path), "uriBaseId": "%SRCROOT%"},
                    "region": {k: v for k, v in region.items() if v is not None},
                }
            }
        ],
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


FORMATS: Mapping[str, Callable[[Sequence[Finding], Texts], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
