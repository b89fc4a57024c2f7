"""The schema registries of a target as they can be reached now; an embedded one is started."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from streamsql.cli.folders import registry_folder
from streamsql.project.nodes import Connection, Project, Target

if TYPE_CHECKING:
    from streamsql.registry.registering import Registries

Tell = Callable[[str], None]


@contextmanager
def reached_registries(
    project: Project, kafka: Iterable[str | None], *, root: Path, tell: Tell
) -> Iterator[Registries]:
    """Return the registries that these Kafka connections use.

    An embedded one begins with the project's schema files, and ends with the block if it was
    started here.

    Raises:
        EnvironmentFault: the embedded registry is not to be had.
    """
    from streamsql.registry.client import reached
    from streamsql.registry.registering import Registries

    with ExitStack() as stack:
        found = {}
        for connection in _used(project.target, kafka):
            url = stack.enter_context(url_of(connection, project, root, tell))
            found[connection.name] = reached(connection, url)
        registries = Registries(found)
        stack.callback(registries.close)
        yield registries


@contextmanager
def url_of(connection: Connection, project: Project, root: Path, tell: Tell) -> Iterator[str]:
    """Return where a registry is; an embedded one runs as long as the block.

    Raises:
        EnvironmentFault: the embedded registry is not to be had.
    """
    if not connection.embedded:
        yield connection.url or ""
        return
    with _embedded(project, root, tell) as url:
        yield url


def _used(target: Target, kafka: Iterable[str | None]) -> tuple[Connection, ...]:
    found = {c.name: c for name in kafka if (c := target.registry_of(name)) is not None}
    return tuple(found.values())


@contextmanager
def _embedded(project: Project, root: Path, tell: Tell) -> Iterator[str]:
    from streamsql.dev.registry import embedded_registry
    from streamsql.dev.registry_contents import SubjectVersions
    from streamsql.registry.subjects import files_of
    from streamsql.spark.artifacts import fetch_registry, supply
    from streamsql.spark.java import find_java

    java = find_java(os.environ)
    jar = fetch_registry(supply(os.environ), java=java, on_progress=tell)
    subjects = tuple(
        SubjectVersions(
            file.subject,
            file.type,
            tuple((v.version, v.id, v.text) for v in file.versions if v.id is not None),
            file.level,
        )
        for _, file in files_of(project).values()
        if file.registered
    )
    with embedded_registry(
        registry_folder(project.target, root),
        java=java,
        jar=jar,
        env=os.environ,
        subjects=subjects,
    ) as registry:
        how = "started" if registry.owned else "found"
        tell(f"{how} the embedded schema registry at {registry.url}")
        yield registry.url
