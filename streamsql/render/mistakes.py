"""From whatever a template raised to a Finding at the place that the user wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import NamedTuple

from jinja2 import Template, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from streamsql.findings import Finding, Location, as_ours, did_you_mean
from streamsql.project.sandbox import TemplateFault
from streamsql.render.environment import BEGINS, LocatedFault, MacroReturn, Work

_QUOTED_NAME = re.compile(r"(?:attribute|parameter) '(\w+)'|^'(\w+)' is undefined")
_NO_ATTRIBUTE = re.compile(r"'[\w.]+ object' has no attribute '(\w+)'")


class Whereabouts(NamedTuple):
    """What is known when a template fails: where names stand in a file, and all names."""

    names: Callable[[str], Mapping[str, tuple[Location, ...]]]
    known: Iterable[str]


def explain(error: Exception, path: str, work: Work, about: Whereabouts) -> Finding:
    """Turn an error of rendering ``path`` into a finding without a model."""
    if isinstance(error, LocatedFault):
        return _finding(error.fault, error.location)
    frames = _frames(error.__traceback__) or [Location(path)]
    if isinstance(error, TemplateFault):
        return _finding(error, frames[-1])
    if isinstance(error, MacroReturn):
        fault = TemplateFault("wrong-arguments", "return() means something in macros only")
        return _finding(fault, work.failed_at.location if work.failed_at else frames[-1])
    message = str(error) or type(error).__name__
    location = _named_place(message, frames, about) or _site_or_line(frames, work, about)
    return _finding(_fault(error, message, about), location)


def explain_unreadable(error: Exception, path: str) -> Finding:
    """Turn an error of Jinja's parser or compiler into a finding."""
    if not isinstance(error, TemplateSyntaxError):
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Finding("jinja-syntax", f"Jinja cannot read this: {reason}", Location(path))
    location = Location(path, int(error.lineno), getattr(error.lineno, "column", 1))
    message = error.message or "this is not Jinja"
    unknown = re.match(r"No (filter|test) named '(.*)'", message)
    if unknown is None:
        return Finding("jinja-syntax", as_ours(message), location)
    known = FILTERS if unknown[1] == "filter" else TESTS
    hint = did_you_mean(unknown[2], known)
    return Finding(
        "unknown-filter", f"there is no {unknown[1]} '{unknown[2]}'", location, hint=hint
    )


def _finding(fault: TemplateFault, location: Location) -> Finding:
    return Finding(fault.rule, fault.message, location, hint=fault.hint)


def _fault(error: Exception, message: str, about: Whereabouts) -> TemplateFault:
    match error:
        case SecurityError() | MemoryError() | OverflowError():
            return TemplateFault("sandbox", message)
        case RecursionError():
            return TemplateFault("sandbox", "macros call each other too deeply", "is it endless?")
        case UndefinedError() if found := re.match(r"'(\w+)' is undefined$", message):
            hint = did_you_mean(found[1], about.known)
            return TemplateFault("unknown-variable", f"'{found[1]}' is not defined", hint)
        case UndefinedError() if message.startswith("parameter "):
            return TemplateFault("wrong-arguments", message)
        case UndefinedError() if found := _NO_ATTRIBUTE.match(message):
            return TemplateFault("unknown-variable", f"this has no attribute '{found[1]}'")
        case UndefinedError():
            return TemplateFault("unknown-variable", message)
    return TemplateFault("render-failed", f"{type(error).__name__}: {message}")


def _frames(trace: TracebackType | None) -> list[Location]:
    """Return the places of the templates in a traceback, by line, the innermost last."""
    frames = []
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            line = template.get_corresponding_lineno(trace.tb_lineno)
            frames.append(Location(str(template.filename), line))
        trace = trace.tb_next
    return frames


def _named_place(message: str, frames: list[Location], about: Whereabouts) -> Location | None:
    """Find the name that a message speaks of, in the innermost template that has it."""
    found = _QUOTED_NAME.search(message)
    if found is None:
        return None
    name = found[1] or found[2]
    for frame in reversed(frames):
        places = about.names(frame.path).get(name, ())
        # A statement over several lines is known by its first.
        below = [place for place in places if place.line >= frame.line]
        if below:
            return below[0]
    return None


def _site_or_line(frames: list[Location], work: Work, about: Whereabouts) -> Location:
    innermost = frames[-1]
    site = work.failed_at.location if work.failed_at else None
    if site and site.path == innermost.path and site.line >= innermost.line:
        return site
    begins = about.names(innermost.path).get(BEGINS, ())
    return next((b for b in begins if b.line >= innermost.line), innermost)
