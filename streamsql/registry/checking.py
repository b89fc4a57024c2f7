"""What the project writes, held against what a registry holds: whom would it break?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streamsql.formats import SchemaError, avro_compatibility, json_compatibility
from streamsql.formats.avro_derived import avro_schema, next_schema
from streamsql.formats.compatibility import LEVELS, Breach, Clashes, breaches
from streamsql.formats.json_derived import json_schema, next_json_schema
from streamsql.formats.schemas import Writer
from streamsql.formats.subject_files import SubjectFile, SubjectVersion
from streamsql.pipeline import Compilation
from streamsql.registry.client import Registry
from streamsql.registry.subjects import SchemaPart, files_of, parts_with_schemas
from streamsql.resolve import ResolvedModel

_CLASHES: Mapping[str, Clashes] = {
    "AVRO": avro_compatibility.clashes,
    "JSON": json_compatibility.clashes,
}


@dataclass(frozen=True, slots=True)
class Output:
    """The schema that a topic's values or keys are written with, or will be.

    ``part`` is ``value`` or ``key``, ``type`` the kind of its schemas. ``text`` is None where
    there is none to be had, and ``problem`` says why. ``origin`` is where it comes from, in words.
    """

    model: str
    part: str
    subject: str
    connection: str | None
    type: str
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
    """Return what the values and keys of each topic with a schema are to be written with.

    That is the version that its file proposes, else the one that is compiled in, else one
    that is derived from its columns.
    """
    resolved = {m.name: m for m in compilation.resolution.models}
    found = files_of(compilation.project)
    made = []
    for part in parts_with_schemas(compilation.rendered, compilation.project):
        file = found[part.subject][1] if part.subject in found else None
        made.append(_output(part, file, resolved.get(part.rendered.model.name)))
    return tuple(made)


def _output(part: SchemaPart, file: SubjectFile | None, model: ResolvedModel | None) -> Output:
    def output(text: str | None, origin: str, problem: str | None = None) -> Output:
        name, connection = part.rendered.model.name, part.rendered.config.connection
        return Output(name, part.part, part.subject, connection, part.kind, text, origin, problem)

    if file is not None and file.proposed is not None:
        return output(file.proposed.text, "proposed in its file")
    if part.schema is not None:
        return output(part.schema.text, part.schema.path)
    if model is None:
        return output(None, "", "its columns are not known: 'streamsql lint' says why")
    try:
        return output(derived_text(part, model), "derived from its columns")
    except SchemaError as fault:
        return output(None, "", str(fault))


def derived_text(part: SchemaPart, model: ResolvedModel, newest: str | None = None) -> str:
    """Return the schema of a topic's values or keys, as the next version after ``newest``.

    Raises:
        SchemaError: there is no name or type for a column in it, or a type is not known.
    """
    wanted = None if part.columns is None else {name.lower() for name in part.columns}
    chosen = [c for c in model.columns if wanted is None or c.name.lower() in wanted]
    unknown = [c.name for c in chosen if c.data_type is None]
    if unknown:
        raise SchemaError(
            f"the type of '{unknown[0]}' is not known", "cast it: then everybody knows"
        )
    columns = [(c.name, c.data_type or "") for c in chosen]
    name = model.name if part.part == "value" else f"{model.name}_key"
    if part.kind == "JSON":
        return json_schema(name, columns) if newest is None else next_json_schema(newest, columns)
    return avro_schema(name, columns) if newest is None else next_schema(newest, columns)


def check(output: Output, held: SubjectFile | None) -> Verdict:
    """Judge one output by what its subject holds; ``held`` is None if there is no subject."""
    if output.text is None:
        return Verdict(output, "unknown", problem=output.problem)
    if held is None or not held.registered:
        return Verdict(output, "new", level=held.level if held else None)
    if held.type != output.type:
        problem = f"the subject's schemas are of the type {held.type}, not {output.type}"
        return Verdict(output, "unknown", held.level, problem=problem)
    level = held.level or "BACKWARD"
    if level not in LEVELS:
        return Verdict(output, "unknown", level, problem=f"nobody knows the level {level}")
    known = next((v for v in held.registered if v.text == output.text), None)
    if known is not None:
        return Verdict(output, "registered", level, known.version)
    try:
        versions = [_writer(v) for v in held.registered]
        broken = breaches(level, output.text, versions, _CLASHES[output.type])
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
    return not registry.accepts(output.subject, output.text, output.type)
