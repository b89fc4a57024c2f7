"""Projects made of texts, for tests of what happens before Spark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import dedent
from typing import Any

from streamsql.findings import Finding
from streamsql.project import load_project
from streamsql.project.nodes import Project, ProjectFiles
from streamsql.render import Rendering, render_project

SETTINGS = 'name = "shop"\n'
PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      connections:
        kafka: {type: kafka, embedded: true}
"""


def files(
    texts: Mapping[str, str] | None = None,
    *,
    settings: str = SETTINGS,
    profiles: str | None = PROFILES,
    env: Mapping[str, str] | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002
) -> ProjectFiles:
    """A project's files; the texts are dedented."""
    return ProjectFiles(
        texts={"streamsql.toml": settings, **{p: dedent(t) for p, t in (texts or {}).items()}},
        profiles=None if profiles is None else ("profiles.yml", profiles),
        env=env or {},
        vars=vars or {},
    )


def load(
    texts: Mapping[str, str] | None = None,
    target: str | None = None,
    installed_spark: str | None = None,
    **given: Any,
) -> Project:
    return load_project(files(texts, **given), target, installed_spark=installed_spark)


def render(texts: Mapping[str, str], **given: Any) -> Rendering:
    return render_project(load(texts, **given))


def told(findings: Iterable[Finding]) -> list[str]:
    """Each finding as ``path:line:column rule``."""
    return [f"{f.location} {f.rule}" for f in findings]
