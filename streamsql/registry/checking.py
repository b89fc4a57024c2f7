"""What the project writes, held against what a registry holds: whom would it break?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streamsql.formats import SchemaError
from streamsql.formats.avro_compatibility import LEVELS, Breach, breaches
from streamsql.formats.avro_derived import avro_schema, next_schema
from streamsql.formats.schemas import Writer
from streamsql.formats.subject_files import SubjectFile, SubjectVersion
from streamsql.pipeline import Compilation
from streamsql.registry.client import Registry
from streamsql.registry.subjects import files_of, subject_of_model, with_schemas
from streamsql.render.rendered import RenderedModel
from streamsql.resolve import ResolvedModel


@dataclass(frozen=True, slots=True)
class Output:
    """The schema that a model's topic is written with, or will be.

    ``text`` is None where there is none to be had, and ``problem`` says why. ``origin`` is where
    it comes from, in words.
    """

    model: str
    subject: str
    connection: str | None
    text: str | None
    origin: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one output.

    ``status`` is ``registered`` (as ``version``), ``new`` (no such subject yet), ``compatible``,
    ``incompatible`` or ``unknown`` (it could not be looked at: ``problem``).
    """

    output: Output
    status: str
    level: str | None = None
    version: int | None = None
    breaches: tuple[Breach, ...] = ()
    problem: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nobody is broken by it."""
        return self.status not in ("incompatible", "unknown")


def outputs(compilation: Compilation) -> tuple[Output, ...]:
    """Return what each topic with a schema is to be written with.

    That is the version that its file proposes, else the one that is compiled in, else one
    that is derived from its columns.
    """
    resolved = {m.name: m for m in compilation.resolution.models}
    found = files_of(compilation.project)
    made = []
    for rendered in with_schemas(compilation.rendered):
        subject = subject_of_model(rendered, compilation.project)
        file = found[subject][1] if subject in found else None
        made.append(_output(rendered, subject, file, resolved.get(rendered.model.name)))
    return tuple(made)


def _output(
    rendered: RenderedModel, subject: str, file: SubjectFile | None, model: ResolvedModel | None
) -> Output:
    def output(text: str | None, origin: str, problem: str | None = None) -> Output:
        config = rendered.config
        return Output(rendered.model.name, subject, config.connection, text, origin, problem)

    if file is not None and file.proposed is not None:
        return output(file.proposed.text, "proposed in its file")
    if rendered.config.schema is not None:
        return output(rendered.config.schema.text, rendered.config.schema.path)
    if model is None:
        return output(None, "", "its columns are not known: 'streamsql lint' says why")
    try:
        return output(derived_text(model), "derived from its columns")
    except SchemaError as fault:
        return output(None, "", str(fault))


def derived_text(model: ResolvedModel, newest: str | None = None) -> str:
    """Return the Avro schema of a model's columns, as the next version after ``newest``.

    Raises:
        SchemaError: Avro has no name or type for a column, or a type is not known.
    """
    unknown = [c.name for c in model.columns if c.data_type is None]
    if unknown:
        raise SchemaError(
            f"the type of '{unknown[0]}' is not known", "cast it: then everybody knows"
        )
    columns = [(c.name, c.data_type or "") for c in model.columns]
    return avro_schema(model.name, columns) if newest is None else next_schema(newest, columns)


Held = Callable[[Output], SubjectFile | None]


def check(output: Output, held: SubjectFile | None) -> Verdict:
    """Judge one output by what its subject holds; ``held`` is None if there is no subject."""
    if output.text is None:
        return Verdict(output, "unknown", problem=output.problem)
    if held is None or not held.registered:
        return Verdict(output, "new", level=held.level if held else None)
    if held.type != "AVRO":
        problem = f"the subject's schemas are of the type {held.type}"
        return Verdict(output, "unknown", held.level, problem=problem)
    level = held.level or "BACKWARD"
    if level not in LEVELS:
        return Verdict(output, "unknown", level, problem=f"nobody knows the level {level}")
    known = next((v for v in held.registered if v.text == output.text), None)
    if known is not None:
        return Verdict(output, "registered", level, known.version)
    try:
        broken = breaches(level, output.text, [_writer(v) for v in held.registered])
    except SchemaError as fault:
        return Verdict(output, "unknown", level, problem=str(fault))
    return Verdict(output, "incompatible" if broken else "compatible", level, breaches=broken)


def _writer(version: SubjectVersion) -> Writer:
    return Writer(version.id or 0, version.version, version.text)


def registry_refuses(verdict: Verdict, registry: Registry) -> bool:
    """Whether the registry would not take what we find compatible: it has the last word."""
    output = verdict.output
    if verdict.status != "compatible" or output.text is None or verdict.level == "NONE":
        return False
    return not registry.accepts(output.subject, output.text)
