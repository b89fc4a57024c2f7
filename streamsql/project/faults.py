"""Where the stages of reading put what they find wrong, so that one fault never hides the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamsql.findings import Finding, Location


@dataclass(slots=True)
class Faults:
    """A list of findings being gathered, all of one model if ``model`` is set."""

    model: str | None = None
    found: list[Finding] = field(default_factory=list)

    def add(self, rule: str, message: str, location: Location, hint: str | None = None) -> None:
        """Note that something is wrong at a place."""
        self.found.append(Finding(rule, message, location, hint=hint, model=self.model))
