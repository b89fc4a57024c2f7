"""What a rule is: a function over a model, a source or the whole project, told by its docstring.

The function's name is the rule's id, its file's name, and, with dashes, the slug that users see.
The docstring is its documentation and its test: a line that says what, a paragraph that says
why, and under ``Bad:`` and ``Good:`` a project of one or more files, each begun by its path
(``-- models/orders.sql``). The suite compiles both.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from streamsql.findings import Finding, Location, Severity
from streamsql.graph import Graph
from streamsql.project.nodes import Project, Source
from streamsql.render.rendered import RenderedModel
from streamsql.resolve import Relation, ResolvedModel

_EXAMPLES = re.compile(r"^(Bad|Good):\n\n?((?:[ ]{4}.*\n|\n)+)", re.MULTILINE)


class WholeProject(NamedTuple):
    """What a rule over all of a project looks at.

    ``rendered`` are the models with their settings and references, those that could not be
    resolved too; the columns of all that can be read are in ``relations``. ``texts`` are the
    project's files by their paths, profiles.yml too. Such a rule is asked anew after every
    change, however small, so it reads no SQL: of models that have not changed, lint remembers
    settings and references alone.
    """

    project: Project
    graph: Graph
    rendered: tuple[RenderedModel, ...]
    relations: Mapping[str, Relation]
    texts: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether every model could be rendered, so that all that is read is known."""
        models = sum(node.kind == "model" for node in self.graph.nodes.values())
        return models == len(self.rendered)


Subject = TypeVar("Subject", ResolvedModel, Source, WholeProject)


class Fault(NamedTuple):
    """What a rule found wrong, and where. ``model`` is for rules over the whole project."""

    message: str
    location: Location
    hint: str | None = None
    model: str | None = None


class Documentation(NamedTuple):
    """What a docstring says of a rule or finding; the examples may be missing."""

    summary: str
    explanation: str
    bad: str = ""
    good: str = ""

    @classmethod
    def read(cls, text: str) -> Documentation:
        """Take a docstring apart."""
        doc = inspect.cleandoc(text) + "\n"
        summary, _, rest = doc.partition("\n\n")
        examples = {kind: inspect.cleandoc(body) for kind, body in _EXAMPLES.findall(doc)}
        explanation = re.split(r"^(?:Bad|Good):$", rest, maxsplit=1, flags=re.MULTILINE)[0]
        return cls(
            " ".join(summary.split()),
            explanation.strip(),
            examples.get("Bad", ""),
            examples.get("Good", ""),
        )


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One thing to look for.

    ``subject`` is what it is asked about: ``model``, ``source`` or ``project``; ``topic`` what
    it is about, the folder it is in. A rule that ``needs_all_columns`` is not asked about models
    of which some are unknown, and one ``of_refusals`` only about models of which Spark refuses
    something (see ``checks.objections``). Of an ``adjustable`` one even an error may be weighed,
    and stops no run: it comes from others, or is about records that may never come.
    """

    id: str
    severity: Severity
    faults: Callable[[Subject], Iterator[Fault]]
    subject: str
    topic: str
    needs_all_columns: bool = False
    adjustable: bool = False
    of_refusals: bool = False

    @property
    def slug(self) -> str:
        """The name that findings carry: ``topic-without-value``."""
        return self.id.replace("_", "-")

    @property
    def documentation(self) -> Documentation:
        """What its docstring says."""
        return Documentation.read(inspect.getdoc(self.faults) or self.slug)

    @property
    def summary(self) -> str:
        """One line: what is wrong."""
        return self.documentation.summary

    @property
    def explanation(self) -> str:
        """Why it matters."""
        return self.documentation.explanation

    @property
    def bad(self) -> str:
        """A project in which the rule finds something."""
        return self.documentation.bad

    @property
    def good(self) -> str:
        """The same project, mended."""
        return self.documentation.good

    def findings(self, subject: Subject, model: str | None = None) -> Iterator[Finding]:
        """Apply the rule to one model (then ``model`` is its name), one source, or everything."""
        for fault in self.faults(subject):
            yield self.finding(fault, model)

    def finding(self, fault: Fault, model: str | None = None) -> Finding:
        """Return a fault of the rule as a finding."""
        return Finding(
            rule=self.slug,
            message=fault.message,
            location=fault.location,
            severity=self.severity,
            hint=fault.hint,
            model=model or fault.model,
        )


Check = Callable[[Subject], Iterator[Fault]]


def model_rule(
    severity: Severity,
    *,
    needs_all_columns: bool = False,
    adjustable: bool = False,
    of_refusals: bool = False,
) -> Callable[[Check[ResolvedModel]], Rule[ResolvedModel]]:
    """Make a rule of a function that is asked about each resolved model."""
    return lambda check: replace(
        _rule(check, severity, "model", needs_all_columns),
        adjustable=adjustable,
        of_refusals=of_refusals,
    )


def source_rule(severity: Severity) -> Callable[[Check[Source]], Rule[Source]]:
    """Make a rule of a function that is asked about each source."""
    return lambda check: _rule(check, severity, "source")


def project_rule(severity: Severity) -> Callable[[Check[WholeProject]], Rule[WholeProject]]:
    """Make a rule of a function that is asked about the whole project, once."""
    return lambda check: _rule(check, severity, "project")


def _rule(
    check: Check[Subject], severity: Severity, subject: str, needs_all_columns: bool = False
) -> Rule[Subject]:
    module = check.__module__
    folder = module.rpartition(".")[0].rpartition(".")[2] or module
    return Rule(check.__name__, severity, check, subject, folder, needs_all_columns)
