"""Jinja in the values of YAML: each text is rendered by itself, after YAML has been read.

So a secret with a ``#`` in it cannot break the YAML around it, and every finding has the place
of its value. Only expressions and ``if`` are there: loops and macros belong into models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError

from streamsql.findings import Location, as_ours, did_you_mean
from streamsql.project.faults import Faults
from streamsql.project.marked import UNREADABLE, Marked, replace_texts
from streamsql.project.sandbox import Sandbox, TemplateFault, has_jinja, whole_text

_STATEMENTS = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.Assign)
_REFUSED = (
    *_STATEMENTS,
    nodes.AssignBlock,
    nodes.Block,
    nodes.Include,
    nodes.Import,
    nodes.Extends,
)


def render_values(marked: Marked, names: Mapping[str, Any], faults: Faults) -> Marked:
    """Render every text of a value that has Jinja in it, with the given names to look up."""
    environment = Sandbox(keep_trailing_newline=True)

    def change(text: Marked) -> Marked:
        if not has_jinja(text.value):
            return text
        try:
            rendered = _render(environment, text.value, names)
        except TemplateFault as fault:
            faults.add(fault.rule, fault.message, text.location, fault.hint)
        except Exception as error:  # noqa: BLE001 - whatever a template does is the user's
            _report(error, text.location, names, faults)
        else:
            return Marked(rendered, text.location, rendered, templated=True)
        return Marked(UNREADABLE, text.location)

    return replace_texts(marked, change)


def may_have_jinja(yaml: str) -> bool:
    """Whether a value of a YAML text may have Jinja in it: a brace can be written as an escape."""
    return has_jinja(yaml) or "\\" in yaml


def _render(environment: Sandbox, text: str, names: Mapping[str, Any]) -> str:
    tree = environment.parse(text)
    refused = next(tree.find_all(_REFUSED), None)
    if refused is not None:
        kind = type(refused).__name__.lower()
        raise TemplateFault("jinja-syntax", f"Jinja's '{kind}' is for models, not for YAML values")
    return whole_text(environment.from_string(tree).render(names))


def _report(error: Exception, location: Location, names: Iterable[str], faults: Faults) -> None:
    message = str(error) or type(error).__name__
    undefined = re.match(r"'(\w+)' is undefined", message)
    match error:
        case TemplateSyntaxError():
            faults.add("jinja-syntax", as_ours(message), location)
        case SecurityError():
            faults.add("sandbox", message, location)
        case UndefinedError() if undefined:
            hint = did_you_mean(undefined[1], names) or f"known here: {', '.join(sorted(names))}"
            faults.add("unknown-variable", f"'{undefined[1]}' is not known here", location, hint)
        case UndefinedError() | TemplateError():
            faults.add("unknown-variable", message, location)
        case _:
            faults.add("render-failed", f"{type(error).__name__}: {message}", location)
