"""The page of a rule or finding, as text for the terminal and as Markdown for the documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import indent

from streamsql.checks.catalogue import Documented, by_topic, is_fixed
from streamsql.checks.rule import Rule

_FILE = re.compile(
    r"^(?:--|#) (?P<path>\S+\.(?P<kind>sql|yml|toml|md|csv|json|avsc))$", re.MULTILINE
)
_LANGUAGES = {"yml": "yaml", "md": "markdown", "avsc": "json"}


def page_text(documented: Documented) -> str:
    """Return the page as it is printed."""
    about = documented.documentation
    parts = [f"{documented.slug} ({_weight(documented)})", about.summary, about.explanation]
    for title, example in (("Bad:", about.bad), ("Good:", about.good)):
        if example:
            parts.append(f"{title}\n\n{indent(example, '    ')}")
    return "\n\n".join(part for part in parts if part)


def page_markdown(documented: Documented) -> str:
    """Return the page as a file of ``docs/rules``."""
    about = documented.documentation
    parts = [
        f"# {documented.slug}",
        about.summary,
        f"Severity: {_weight(documented)}.",
        about.explanation,
    ]
    for title, example in (("## Bad", about.bad), ("## Good", about.good)):
        if example:
            parts += [title, *_fenced(example)]
    parts += ["## Leaving it out", _way_out(documented)]
    return "\n\n".join(part for part in parts if part) + "\n"


def index_markdown(known: Iterable[Documented]) -> str:
    """Return the page that lists all the others by topic."""
    lines = [
        "# Rules",
        "",
        "Everything that `streamsql lint` can find, by topic. `streamsql lint --explain RULE`",
        "prints a page, and [Reading what lint tells you](../linting.md) says how to weigh them.",
    ]
    for title, chosen in by_topic(known):
        lines += ["", f"## {title}", "", "| rule | severity | |", "|---|---|---|"]
        lines += [f"| {_link(d)} | {d.severity} | {d.documentation.summary} |" for d in chosen]
    return "\n".join(lines) + "\n"


def _link(documented: Documented) -> str:
    return f"[{documented.slug}]({documented.slug}.md)"


def _weight(documented: Documented) -> str:
    if is_fixed(documented):
        return "error, always"
    return f"{documented.severity}, unless the project says otherwise"


def _way_out(documented: Documented) -> str:
    if is_fixed(documented):
        return "Spark refuses it, or it cannot be compiled, so it cannot be ignored: mend it."
    if isinstance(documented, Rule) or documented.topic != "lint":
        return (
            f"At one place, with the reason beside it: `-- streamsql: ignore[{documented.slug}]`.\n"
            f'Everywhere: `{documented.slug} = "off"` under `[tool.streamsql.lint.rules]`.'
        )
    return f'`{documented.slug} = "off"` under `[tool.streamsql.lint.rules]`.'


def _fenced(example: str) -> Iterator[str]:
    """Write each file of an example as a block of its own."""
    starts = list(_FILE.finditer(example))
    ends = [*(s.start() for s in starts[1:]), len(example)]
    for start, end in zip(starts, ends, strict=True):
        language = _LANGUAGES.get(start["kind"], start["kind"])
        body = example[start.end() : end].strip("\n")
        yield f"`{start['path']}`"
        yield f"```{language}\n{body}\n```"
