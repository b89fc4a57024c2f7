"""What any stage may report about the user's project: a place, a weight, and what to do.

A finding is a value, never an exception: one broken model must not hide what is
wrong with the others.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a finding matters: an ``ERROR`` makes ``lint`` exit with 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Location(NamedTuple):
    """A place in a file of the project.

    ``path`` is relative to the project's folder, with forward slashes. ``line`` and
    ``column`` count from 1, as editors do; the end is exclusive and may be unknown.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Finding(NamedTuple):
    """One thing that is wrong, or worth knowing, in the user's project.

    ``rule`` is a readable slug (``unknown-ref``); ``hint`` says how to mend it;
    ``model`` is the name of the model it belongs to, if it belongs to one.
    """

    rule: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    hint: str | None = None
    model: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding alone makes a lint fail."""
        return self.severity is Severity.ERROR


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings by file and place, and drop those that say the same thing twice."""
    unique = dict.fromkeys(findings)
    return tuple(
        sorted(unique, key=lambda f: (f.location.path, f.location.line, f.location.column, f.rule))
    )


def as_ours(message: str) -> str:
    """Return what another program says as findings say it: no capital first, no full stop last.

    >>> as_ours("Unexpected end of template."), as_ours("YAML is wrong")
    ('unexpected end of template', 'YAML is wrong')
    """
    begun = message[:1].lower() if message[1:2].islower() else message[:1]
    return (begun + message[1:]).rstrip().removesuffix(".")


def did_you_mean(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return ``did you mean 'x'?`` for the known names near to ``name``, else nothing."""
    near = difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=likeness)
    if not near:
        return None
    return "did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
