"""The exceptions of streamsql: each means "stop", and each is meant to be read by a user.

::

    StreamsqlError            anything streamsql raises on purpose
    ├── UsageError            a command was asked for something that cannot be (exit code 2)
    ├── ProjectError          the project cannot be read at all; carries Findings
    ├── ModelError            one model is broken; carries the Finding, caught at the stage boundary
    ├── PlanError             a sound project cannot be planned for this target
    └── RunError              something failed while running
        ├── EnvironmentFault  Java, Spark, jars or the network are not as needed
        ├── ConnectionFault   a broker or another system cannot be reached or refuses us
        ├── CheckpointFault   a checkpoint belongs to another query, is locked, or is broken
        └── QueryFault        a streaming query died; carries the model and its Location

Messages are one or two sentences without a traceback; ``hint`` says how to mend it.
"""

from __future__ import annotations

from streamsql.findings import Finding, Location


class StreamsqlError(Exception):
    """Anything streamsql raises on purpose."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(StreamsqlError):
    """A command was asked for something that cannot be: an unknown model, a bad flag."""


class ProjectError(StreamsqlError):
    """The project cannot be read at all."""

    def __init__(
        self, message: str, *, hint: str | None = None, findings: tuple[Finding, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.findings = findings


class ModelError(StreamsqlError):
    """One model is broken; the stage boundary catches it and keeps its Finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message, hint=finding.hint)
        self.finding = finding


class PlanError(StreamsqlError):
    """A sound project cannot be planned for this target."""


class RunError(StreamsqlError):
    """Something failed while running."""


class EnvironmentFault(RunError):  # noqa: N818 - "Error" would say less
    """Java, Spark, a connector's jars or the network are not as needed."""


class ConnectionFault(RunError):  # noqa: N818
    """A broker or another system cannot be reached, or refuses us.

    ``passing`` is whether another try, later, may succeed.
    """

    def __init__(self, message: str, *, hint: str | None = None, passing: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.passing = passing


class CheckpointFault(RunError):  # noqa: N818
    """A checkpoint belongs to another query, is locked by another runner, or is broken."""


class QueryFault(RunError):  # noqa: N818
    """A streaming query died."""

    def __init__(
        self, message: str, *, model: str, location: Location | None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.model = model
        self.location = location
