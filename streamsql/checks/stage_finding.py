"""What findings of the stages before the rules are documented with."""

from __future__ import annotations

from typing import NamedTuple

from streamsql.checks.rule import Documentation
from streamsql.findings import Severity


class StageFinding(NamedTuple):
    """A finding that no rule makes, and what there is to say about it.

    ``text`` is written as a rule's docstring is; its examples may be missing.
    """

    slug: str
    topic: str
    text: str
    severity: Severity = Severity.ERROR

    @property
    def documentation(self) -> Documentation:
        """The text, taken apart."""
        return Documentation.read(self.text)
