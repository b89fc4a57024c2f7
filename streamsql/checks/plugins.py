"""Rules of others: those of installed packages, and those in a project's own ``lint/`` folder.

Packages name theirs under the entry point ``streamsql.rules``: a rule, or several. Files of the
project are run only where its settings say ``project-rules = true``. What cannot be loaded, or
fails, is a finding; everything else is checked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, NamedTuple

from streamsql.checks.rule import Rule
from streamsql.findings import Finding, Location, Severity
from streamsql.project.linting import RULES_FOLDER
from streamsql.project.nodes import Settings

_GROUP = "streamsql.rules"
_MODULE = "streamsql_lint.project"


class TheirRules(NamedTuple):
    """The rules of others, and what went wrong in loading them."""

    rules: tuple[Rule[Any], ...] = ()
    findings: tuple[Finding, ...] = ()

    def asked_of(self, subject: str) -> tuple[Rule[Any], ...]:
        """Return the rules over ``model``, ``source`` or ``project``."""
        return tuple(rule for rule in self.rules if rule.subject == subject)


def load_rules(
    settings: Settings | None, texts: Mapping[str, str], taken: Iterable[str] = ()
) -> TheirRules:
    """Load the rules of installed packages and, where it is wanted, of the project's own folder.

    Without settings there is no project. ``taken`` are the names that rules and findings have
    already.
    """
    place = settings.location if settings else Location("")
    gathered = _Gathered(set(taken))
    for entry in entry_points(group=_GROUP):
        gathered.take(f"the rules of the package '{entry.name}'", place, _loading(entry))
    if settings and settings.lint.project_rules:
        for path in sorted(p for p in texts if _is_rules_file(p)):
            gathered.take(path, Location(path), _running(path, texts[path]))
    return TheirRules(tuple(gathered.rules), tuple(gathered.findings))


def apply_safely(
    rule: Rule[Any], subjects: Iterable[tuple[Any, str | None]], place: Location
) -> Iterator[Finding]:
    """Apply a rule of others to subjects and the names of their models, until it fails."""
    for subject, model in subjects:
        try:
            found = [_sound(f) for f in rule.findings(subject, model)]
        except Exception as error:  # noqa: BLE001 - whatever their code does must not end ours
            name = model or getattr(subject, "unique_name", "the project")
            message = f"the rule '{rule.slug}' failed at {name}: {_told(error)}"
            path = rule.faults.__code__.co_filename if hasattr(rule.faults, "__code__") else ""
            yield _broken(message, _line_of(error, path) or place)
            return
        yield from found


def _sound(finding: Finding) -> Finding:
    if isinstance(finding.message, str) and isinstance(finding.location, Location):
        return finding
    raise TypeError("a Fault needs a message and a Location")


class _Gathered:
    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.rules: list[Rule[Any]] = []
        self.findings: list[Finding] = []

    def take(self, origin: str, place: Location, load: Callable[[], Iterable[Any]]) -> None:
        try:
            made = tuple(load())
        except (Exception, SystemExit) as error:  # noqa: BLE001
            message = f"{origin} cannot be loaded: {_told(error)}"
            self.findings.append(_broken(message, _line_of(error, place.path) or place))
            return
        for rule in made:
            if not isinstance(rule, Rule):
                message = f"{origin} gives {type(rule).__name__} '{rule!s:.40}', which is no rule"
                self.findings.append(_broken(message, place))
            elif rule.slug in self.taken:
                message = f"{origin} has a rule '{rule.slug}', and that name is taken"
                self.findings.append(_broken(message, place))
            else:
                self.taken.add(rule.slug)
                self.rules.append(replace(rule, adjustable=True))


def _loading(entry: EntryPoint) -> Callable[[], Iterable[Any]]:
    def load() -> Iterable[Any]:
        loaded = entry.load()
        return (loaded,) if isinstance(loaded, Rule) else loaded

    return load


def _is_rules_file(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == RULES_FOLDER and name.endswith(".py")


def _running(path: str, text: str) -> Callable[[], Iterable[Any]]:
    def run() -> Iterable[Any]:
        stem = path.rpartition("/")[2].removesuffix(".py")
        module = ModuleType(f"{_MODULE}.{stem}")
        module.__file__ = path
        sys.modules[module.__name__] = module  # dataclasses look for it there
        exec(compile(text, path, "exec"), module.__dict__)  # noqa: S102 - the project asked for it
        made = (value for value in vars(module).values() if isinstance(value, Rule))
        return [rule for rule in made if rule.faults.__module__ == module.__name__]

    return run


def _broken(message: str, place: Location) -> Finding:
    hint = "the other rules were applied"
    return Finding("broken-rule", message, place, Severity.WARNING, hint)


def _told(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _line_of(error: BaseException, path: str) -> Location | None:
    """Return the innermost line of one of the project's own files that an error came from."""
    if not _is_rules_file(path):
        return None
    if isinstance(error, SyntaxError) and error.filename == path:
        return Location(path, error.lineno or 1, error.offset or 1)
    found = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            found = Location(path, trace.tb_lineno)
        trace = trace.tb_next
    return found
