"""Everything that a finding can be: the rules, and what the stages before them report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from streamsql.checks.analysis_findings import ANALYSIS_FINDINGS
from streamsql.checks.data_test_findings import DATA_TEST_FINDINGS
from streamsql.checks.declared_data_findings import DECLARED_DATA_FINDINGS
from streamsql.checks.file_findings import FILE_FINDINGS
from streamsql.checks.key_findings import KEY_FINDINGS
from streamsql.checks.lint_findings import LINT_FINDINGS
from streamsql.checks.query_findings import QUERY_FINDINGS
from streamsql.checks.registry import MODEL_RULES, PROJECT_RULES, SOURCE_RULES
from streamsql.checks.rule import Documentation, Rule
from streamsql.checks.setting_findings import SETTING_FINDINGS
from streamsql.checks.stage_finding import StageFinding
from streamsql.checks.template_findings import TEMPLATE_FINDINGS
from streamsql.findings import Severity

STAGE_FINDINGS: tuple[StageFinding, ...] = (
    *FILE_FINDINGS,
    *KEY_FINDINGS,
    *SETTING_FINDINGS,
    *DECLARED_DATA_FINDINGS,
    *TEMPLATE_FINDINGS,
    *QUERY_FINDINGS,
    *ANALYSIS_FINDINGS,
    *DATA_TEST_FINDINGS,
    *LINT_FINDINGS,
)
RULES: tuple[Rule[Any], ...] = (*MODEL_RULES, *SOURCE_RULES, *PROJECT_RULES)
TOPICS: Mapping[str, str] = {
    "project": "Files, names and settings",
    "templates": "Templates",
    "sql": "SQL",
    "columns": "Columns and types",
    "streaming": "Streams and state",
    "kafka": "Kafka, topics and tables",
    "documentation": "Documentation",
    "lint": "Lint itself",
}


class Documented(Protocol):
    """A rule, or a finding of an earlier stage."""

    @property
    def slug(self) -> str:
        """The name that findings carry."""

    @property
    def topic(self) -> str:
        """What it is about: a key of ``TOPICS``, or a plugin's own word."""

    @property
    def severity(self) -> Severity:
        """How much it matters unless the settings say otherwise."""

    @property
    def documentation(self) -> Documentation:
        """What there is to say about it."""


def catalogue(more: Iterable[Rule[Any]] = ()) -> Mapping[str, Documented]:
    """Return every finding that can be, by its slug; ``more`` are rules of others."""
    known: tuple[Documented, ...] = (*STAGE_FINDINGS, *RULES, *more)
    return {known_one.slug: known_one for known_one in known}


def by_topic(known: Iterable[Documented]) -> Iterator[tuple[str, list[Documented]]]:
    """Yield the title of each topic with what belongs to it, in alphabetical order."""
    rest = sorted(known, key=lambda d: d.slug)
    names = [*TOPICS, *sorted({d.topic for d in rest} - set(TOPICS))]
    for name in names:
        if chosen := [d for d in rest if d.topic == name]:
            yield TOPICS.get(name, name), chosen


def is_fixed(documented: Documented) -> bool:
    """Tell whether a finding is always an error: its severity cannot be set."""
    return documented.severity is Severity.ERROR and not is_adjustable(documented)


def is_adjustable(documented: Documented) -> bool:
    """Tell whether even an error may be weighed: a rule of others made it."""
    return isinstance(documented, Rule) and documented.adjustable
