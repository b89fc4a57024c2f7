"""What a rule is: a function over one resolved model or one source, documented by its docstring.

The function's name is the rule's id, its file's name, and, with dashes, the slug that users see.
The docstring is its documentation and its test: a line that says what, a paragraph that says
why, and under ``Bad:`` and ``Good:`` a project of one or more files, each begun by its path
(``-- models/orders.sql``). The suite compiles both.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from streamsql.findings import Finding, Location, Severity
from streamsql.project.nodes import Source
from streamsql.resolve import ResolvedModel

Subject = TypeVar("Subject", ResolvedModel, Source)
_EXAMPLES = re.compile(r"^(Bad|Good):\n\n?((?:[ ]{4}.*\n|\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found wrong, and where."""

    message: str
    location: Location
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One thing to look for. ``bad`` and ``good`` are the examples of its documentation.

    A rule that ``needs_all_columns`` is not asked about models of which some are unknown.
    """

    id: str
    severity: Severity
    faults: Callable[[Subject], Iterator[Fault]]
    summary: str
    explanation: str
    bad: str
    good: str
    needs_all_columns: bool = False

    @property
    def slug(self) -> str:
        """The name that findings carry: ``topic-without-value``."""
        return self.id.replace("_", "-")

    def findings(self, subject: Subject, model: str | None = None) -> Iterator[Finding]:
        """Apply the rule to one model (then ``model`` is its name) or one source."""
        for fault in self.faults(subject):
            yield Finding(
                rule=self.slug,
                message=fault.message,
                location=fault.location,
                severity=self.severity,
                hint=fault.hint,
                model=model,
            )


Check = Callable[[Subject], Iterator[Fault]]


def model_rule(
    severity: Severity, *, needs_all_columns: bool = False
) -> Callable[[Check[ResolvedModel]], Rule[ResolvedModel]]:
    """Make a rule of a function that is asked about each resolved model."""
    return lambda check: _rule(check, severity, needs_all_columns)


def source_rule(severity: Severity) -> Callable[[Check[Source]], Rule[Source]]:
    """Make a rule of a function that is asked about each source."""
    return lambda check: _rule(check, severity)


def _rule(
    check: Check[Subject], severity: Severity, needs_all_columns: bool = False
) -> Rule[Subject]:
    doc = inspect.cleandoc(check.__doc__ or "") + "\n"
    summary, _, rest = doc.partition("\n\n")
    examples = {kind: inspect.cleandoc(text) for kind, text in _EXAMPLES.findall(doc)}
    return Rule(
        id=check.__name__,
        severity=severity,
        faults=check,
        summary=summary.strip(),
        explanation=rest.partition("Bad:")[0].strip(),
        bad=examples.get("Bad", ""),
        good=examples.get("Good", ""),
        needs_all_columns=needs_all_columns,
    )
