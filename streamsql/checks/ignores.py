"""Comments that ignore findings: ``-- streamsql: ignore[rule, other-rule]``.

They count for their own line and, where they stand alone, for the next line that is no comment.
SQL may have them in its own comments or in Jinja's, YAML and TOML after ``#``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streamsql.findings import Finding, Location, Severity

_MARK = "streamsql:"  # looked for first: most files have no such comment
_COMMENT = r"\s*streamsql:\s*ignore\b(?:\s*\[(?P<rules>[^\]]*)\])?(?P<rest>.*)"
_IN_SQL = re.compile(r"(?P<opens>--|\{#[-+]?|/\*)" + _COMMENT)
_IN_YAML = re.compile(r"(?P<opens>#)" + _COMMENT)
_ONLY_COMMENT = re.compile(r"\s*(--.*|\{#.*#\}\s*|/\*.*\*/\s*|#.*)?$")
_FAR = 50  # lines: further down a comment is not thought to belong to
_CLOSES = {"{": "#}", "/": "*/"}


class Ignore(NamedTuple):
    """One rule that a comment names, where, and the lines for which it counts."""

    rule: str
    location: Location
    lines: frozenset[int]


class Ignores(NamedTuple):
    """All comments of a project; ``by_line`` finds those of a rule at a line of a file."""

    all: tuple[Ignore, ...]
    by_line: Mapping[tuple[str, str, int], tuple[Ignore, ...]]

    def of(self, finding: Finding) -> tuple[Ignore, ...]:
        """Return the comments that mean a finding."""
        place = finding.location
        return self.by_line.get((finding.rule, place.path, place.line), ())


def find_ignores(texts: Mapping[str, str]) -> tuple[Ignores, tuple[Finding, ...]]:
    """Find the comments of a project's files; the second are those that name no rule."""
    ignores: list[Ignore] = []
    nameless: list[Finding] = []
    for path, text in texts.items():
        if _MARK in text and path.endswith((".sql", ".yml", ".yaml", ".toml")):
            for found in _in_file(path, text.splitlines()):
                if isinstance(found, Finding):
                    nameless.append(found)
                else:
                    ignores.append(found)
    by_line: dict[tuple[str, str, int], tuple[Ignore, ...]] = {}
    for ignore in ignores:
        for line in ignore.lines:
            key = ignore.rule, ignore.location.path, line
            by_line[key] = (*by_line.get(key, ()), ignore)
    return Ignores(tuple(ignores), by_line), tuple(nameless)


def _in_file(path: str, lines: list[str]) -> Iterator[Ignore | Finding]:
    pattern = _IN_SQL if path.endswith(".sql") else _IN_YAML
    for number, line in enumerate(lines, start=1):
        comment = pattern.search(line) if _MARK in line else None
        if comment is None:
            continue
        names = list(re.finditer(r"[^\s,]+", comment["rules"] or ""))
        if not names:
            yield _nameless(path, number, comment)
        covered = frozenset(_covered(lines, number, comment))
        for name in names:
            column = comment.start("rules") + name.start() + 1
            place = Location(path, number, column, number, column + len(name[0]))
            yield Ignore(name[0], place, covered)


def _covered(lines: list[str], number: int, comment: re.Match[str]) -> Iterator[int]:
    yield number
    closes = _CLOSES.get(comment["opens"][0])
    after = comment["rest"].partition(closes)[2] if closes else ""
    if lines[number - 1][: comment.start()].strip() or after.strip():
        return
    below = range(number + 1, min(number + _FAR, len(lines)) + 1)
    following = next((n for n in below if not _ONLY_COMMENT.match(lines[n - 1])), None)
    if following is not None:
        yield following


def _nameless(path: str, number: int, comment: re.Match[str]) -> Finding:
    return Finding(
        "ignore-without-rules",
        "this comment names no rule, so it ignores nothing",
        Location(path, number, comment.start() + 1),
        Severity.WARNING,
        "name the rules: streamsql: ignore[rule, other-rule]",
    )
