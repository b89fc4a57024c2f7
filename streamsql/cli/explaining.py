"""The pages of rules, for ``streamsql lint --explain`` and ``--rules``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from streamsql.cli.compiling import read_project
from streamsql.cli.options import ProjectOptions
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.checks.catalogue import Documented


def known_findings(project: ProjectOptions, terminal: Terminal) -> Mapping[str, Documented]:
    """Return all that can be found: here, with packages' rules and the project's own."""
    from streamsql.checks.catalogue import catalogue
    from streamsql.checks.plugins import load_rules
    from streamsql.errors import ProjectError
    from streamsql.project import load_settings

    texts: Mapping[str, str] = {}
    settings = None
    try:
        texts = read_project(project, terminal)[0].texts
        settings = load_settings(texts)
    except ProjectError:
        pass  # rules can be read about anywhere
    return catalogue(load_rules(settings, texts, catalogue()).rules)


def explanation(slug: str, known: Mapping[str, Documented], layout: str) -> str:
    """Return the page of one rule.

    Raises:
        UsageError: there is none.
    """
    from streamsql.checks.pages import page_text
    from streamsql.errors import UsageError
    from streamsql.findings import did_you_mean

    if slug not in known:
        hint = did_you_mean(slug, known) or "'streamsql lint --rules' lists them"
        raise UsageError(f"there is no rule '{slug}'", hint=hint)
    if layout == "json":
        return json.dumps(_object(known[slug]), indent=2, ensure_ascii=False)
    return page_text(known[slug])


def listing(known: Mapping[str, Documented], layout: str) -> str:
    """Return all rules, by topic."""
    from streamsql.checks.catalogue import by_topic

    if layout == "json":
        objects = [_object(known[slug]) for slug in sorted(known)]
        return json.dumps(objects, indent=2, ensure_ascii=False)
    width = max(map(len, known))
    parts = []
    for title, chosen in by_topic(known.values()):
        lines = [click.style(title, bold=True)]
        lines += [
            f"  {d.slug:<{width}}  {d.severity:<7}  {d.documentation.summary}" for d in chosen
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _object(documented: Documented) -> dict[str, Any]:
    from streamsql.checks.catalogue import is_fixed

    about = documented.documentation
    return {
        "rule": documented.slug,
        "topic": documented.topic,
        "severity": str(documented.severity),
        "fixed": is_fixed(documented),
        "summary": about.summary,
        "explanation": about.explanation,
        "bad": about.bad,
        "good": about.good,
    }
