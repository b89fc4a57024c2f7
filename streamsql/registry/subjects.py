"""The subjects that a project speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from streamsql.formats import RecordSchema, SchemaError, find_format
from streamsql.formats.subject_files import SubjectFile, read_subject
from streamsql.pipeline import Compilation
from streamsql.project.nodes import Project
from streamsql.render.rendered import RenderedModel


@dataclass(frozen=True, slots=True)
class Use:
    """A subject, and the Kafka connection whose topic uses it."""

    subject: str
    connection: str | None


def named_subjects(compilation: Compilation) -> tuple[Use, ...]:
    """Return the subjects that sources and topics name, each once a registry, in order.

    A topic that names none has the subjects ``<topic>-value`` and ``<topic>-key`` if there are
    files of them.
    """
    uses = {
        (use.subject, use.connection): use
        for use in (*_of_sources(compilation.project), *_of_models(compilation))
    }
    return tuple(uses[key] for key in sorted(uses, key=str))


def _of_sources(project: Project) -> Iterator[Use]:
    for source in project.sources:
        keys = source.key.format_options if source.key else {}
        for options in (source.format_options, keys):
            for subject in _named(options, project):
                yield Use(subject, source.connection)


def _of_models(compilation: Compilation) -> Iterator[Use]:
    files = files_of(compilation.project)
    for rendered in compilation.rendered:
        config = rendered.config
        if config.materialized == "topic":
            for options in (config.format_options, config.key_options):
                for subject in _named(options, compilation.project):
                    yield Use(subject, config.connection)
            for part in ("value", "key"):
                by_topic = subject_of_model(rendered, compilation.project, part)
                if by_topic in files:
                    yield Use(by_topic, config.connection)


def _named(options: Mapping[str, str], project: Project) -> Iterator[str]:
    if "subject" in options:
        yield options["subject"]
    elif "schema" in options:
        path = options["schema"].replace("\\", "/").removeprefix("./")
        found = subject_of(project.schemas.get(path))
        if found is not None:
            yield found.subject


def subject_of(text: str | None) -> SubjectFile | None:
    """Return the subject of a schema file's text; None if it is none, or is broken."""
    try:
        return None if text is None else read_subject(text)
    except SchemaError:
        return None  # found where it is loaded


def files_of(project: Project) -> Mapping[str, tuple[str, SubjectFile]]:
    """Return the subject files of a project by subject, each with its path."""
    found: dict[str, tuple[str, SubjectFile]] = {}
    for path, text in project.schemas.items():
        subject = subject_of(text)
        if subject is not None:
            found[subject.subject] = (path, subject)
    return found


def subject_of_model(rendered: RenderedModel, project: Project, part: str = "value") -> str:
    """Return the subject of a topic's values, or of its keys: as named, else by the topic's
    name."""
    config = rendered.config
    options = config.format_options if part == "value" else config.key_options
    named = next(_named(options, project), None)
    return named or f"{config.topic or rendered.model.name}-{part}"


@dataclass(frozen=True, slots=True)
class SchemaPart:
    """The values or the keys of a topic that are written with a schema.

    ``part`` is ``value`` or ``key``, ``kind`` the type of its schemas: ``AVRO`` or ``JSON``.
    ``options`` are those of its format; ``schema`` is what is compiled in; ``columns`` are the
    names of what is in it, None: all.
    """

    rendered: RenderedModel
    part: str
    subject: str
    kind: str
    options: Mapping[str, str]
    schema: RecordSchema | None
    columns: tuple[str, ...] | None


def parts_with_schemas(models: Iterable[RenderedModel], project: Project) -> tuple[SchemaPart, ...]:
    """Return the values and keys of topics that have a schema: all of Avro, and those of JSON
    that name a subject."""
    topics = [rendered for rendered in models if rendered.config.materialized == "topic"]
    return tuple(part for rendered in topics for part in _parts(rendered, project))


def _parts(rendered: RenderedModel, project: Project) -> Iterator[SchemaPart]:
    config = rendered.config
    for part, name, options, schema, columns in (
        ("value", config.format or "json", config.format_options, config.schema, None),
        ("key", config.key_format or "", config.key_options, config.key_schema, config.key),
    ):
        known = find_format(name)
        if known is None or known.schema is None:
            continue
        if known.needs_schema or any(_named(options, project)):
            subject = subject_of_model(rendered, project, part)
            yield SchemaPart(rendered, part, subject, known.schema, options, schema, columns)
