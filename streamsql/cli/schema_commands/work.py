"""What the commands of ``schema`` share: the compiled project, its registries, its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamsql.cli.compiling import Compiled, compile_for
from streamsql.cli.options import ProjectOptions
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.formats.subject_files import SubjectFile
    from streamsql.pipeline import Compilation
    from streamsql.registry.checking import Output
    from streamsql.registry.client import Registry
    from streamsql.registry.registering import Registries


@dataclass(frozen=True, slots=True)
class Work:
    """A project and the registries of its Kafka connections. ``registries`` is empty offline."""

    compiled: Compiled
    registries: Registries

    @property
    def compilation(self) -> Compilation:
        """The compiled project; it may have errors, such as schema files that are missing."""
        return self.compiled.compilation

    def registry(self, kafka: str | None) -> Registry:
        """Return the registry of a Kafka connection. UsageError if it has none."""
        from streamsql.errors import UsageError

        target = self.compilation.project.target
        connection = target.registry_of(kafka)
        found = self.registries.find(connection.name if connection else None)
        if found is None:
            which = f"of the connection '{kafka}'" if kafka else f"of the target '{target.name}'"
            raise UsageError(
                f"nothing says which schema registry is that {which}",
                hint="add a connection of the type schema_registry to profiles.yml, and name it "
                "with schema_registry: where there are several",
            )
        return found

    def file(self, subject: str) -> tuple[str, SubjectFile | None]:
        """Return the path of a subject's file, from the project's folder, and what it holds."""
        from streamsql.formats import subject_path
        from streamsql.registry.subjects import files_of

        project = self.compilation.project
        found = files_of(project).get(subject)
        folders = project.settings.schema_paths
        return found or (subject_path(subject, folders[0] if folders else "schemas"), None)

    def write(self, path: str, text: str) -> None:
        """Write a schema file, whole or not at all."""
        place = self.compiled.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(place)


@contextmanager
def schema_work(
    options: ProjectOptions, terminal: Terminal, *, offline: bool = False
) -> Iterator[Work]:
    """Compile the project and reach its registries; an embedded one runs as long as the block."""
    from streamsql.cli.registries import reached_registries
    from streamsql.registry.registering import Registries

    compiled = compile_for(options, terminal, with_plan=False)
    project, root = compiled.compilation.project, Path(compiled.root)
    if offline:
        yield Work(compiled, Registries())
        return
    kafka = sorted(c.name for c in project.target.connections.values() if c.type == "kafka")
    with reached_registries(project, kafka, root=root, tell=terminal.say) as registries:
        yield Work(compiled, registries)


def chosen_outputs(work: Work, models: Sequence[str]) -> tuple[Output, ...]:
    """Return what topics with a schema are written with, values and keys: of these, or of all.

    Raises:
        UsageError: a model is none, or writes no topic with a schema.
    """
    from streamsql.errors import UsageError
    from streamsql.findings import did_you_mean
    from streamsql.registry.checking import outputs

    found: dict[str, list[Output]] = {}
    for output in outputs(work.compilation):
        found.setdefault(output.model, []).append(output)
    for name in models:
        if name not in found:
            raise UsageError(
                f"'{name}' is no topic with a schema",
                hint=did_you_mean(name, found)
                or "those of avro, and of json with a subject, have one",
            )
    return tuple(output for name in models or found for output in found[name])
