"""``streamsql schema generate``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from streamsql.cli.options import ProjectOptions, option, output_options, project_options
from streamsql.cli.schema_commands.work import Work, schema_work
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.formats.subject_files import SubjectFile
    from streamsql.registry.subjects import SchemaPart
    from streamsql.resolve import ResolvedModel


@click.command("generate")
@click.argument("model", metavar="MODEL")
@option("--key", "of_key", is_flag=True, help="The schema of its keys instead of its values.")
@project_options
@output_options
@click.pass_context
def command(ctx: click.Context, project: ProjectOptions, model: str, of_key: bool) -> None:
    """Write the schema of a model's columns into its schema file.

    The file is the one that its format_options (or key_options) name, else that of the subject
    TOPIC-value (TOPIC-key). In a subject's file the schema becomes the next version, without
    an id: it is proposed, and written by nobody before it is registered. Fields of the newest
    version whose columns have not changed are kept as they are, and so is its name.

    What is written as avro gets a schema of Avro; json that names a subject, a JSON Schema.

    \b
    Examples:
      streamsql schema generate revenue_per_minute
      streamsql schema generate revenue_per_minute --key

    \b
    Exit codes:
      0  the file holds the schema
      1  the model has no schema: it is broken, or there is no type for a column
      2  there is no such model, or the command was used wrongly
    """
    terminal = ctx.ensure_object(Terminal)
    with schema_work(project, terminal, offline=True) as work:
        terminal.out(_generate(work, *_chosen(work, model, "key" if of_key else "value")))


def _chosen(work: Work, name: str, part: str) -> tuple[SchemaPart, ResolvedModel]:
    from streamsql.errors import PlanError, UsageError
    from streamsql.findings import did_you_mean
    from streamsql.registry.subjects import parts_with_schemas

    topics = [r for r in work.compilation.rendered if r.config.materialized == "topic"]
    names = [r.model.name for r in topics]
    if name not in names:
        known = name in {model.name for model in work.compilation.project.models}
        wrong = f"'{name}' is no topic" if known else f"there is no model '{name}'"
        listed = f"models that are topics: {', '.join(names)}" if names else None
        raise UsageError(wrong, hint=did_you_mean(name, names) or listed)
    resolved = {m.name: m for m in work.compilation.resolution.models}
    if name not in resolved:
        raise PlanError(f"the columns of '{name}' are not known", hint="'streamsql lint' says why")
    for found in parts_with_schemas(topics, work.compilation.project):
        if (found.rendered.model.name, found.part) == (name, part):
            return found, resolved[name]
    setting = "format" if part == "value" else "key_format"
    options = "format_options" if part == "value" else "key_options"
    raise UsageError(
        f"the {part}s of '{name}' are written without a schema",
        hint=f"set {setting}='avro', or name a subject under {options}",
    )


def _generate(work: Work, part: SchemaPart, model: ResolvedModel) -> str:
    named = part.options.get("schema", "")
    if named.endswith(".avsc"):
        return _write_schema(work, named, _text(part, model, None))
    path, file = work.file(part.subject)
    newest = file.versions[-1] if file is not None and file.versions else None
    text = _text(part, model, newest.text if newest else None)
    known = next((v for v in file.versions if v.text == text), None) if file else None
    if known is not None:
        return f"{path}: version {known.version} is this schema already"
    return _propose(work, path, part, file, text)


def _text(part: SchemaPart, model: ResolvedModel, newest: str | None) -> str:
    from streamsql.errors import PlanError
    from streamsql.formats import SchemaError
    from streamsql.registry.checking import derived_text

    try:
        return derived_text(part, model, newest)
    except SchemaError as fault:
        raise PlanError(f"'{model.name}' has no schema: {fault}", hint=fault.hint) from None


def _write_schema(work: Work, path: str, text: str) -> str:
    work.write(path, json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n")
    return f"{path}: written"


def _propose(work: Work, path: str, part: SchemaPart, file: SubjectFile | None, text: str) -> str:
    from streamsql.formats.subject_files import SubjectFile, SubjectVersion, subject_text

    kept = file.registered if file else ()
    number = 1 + max((v.version for v in kept), default=0)
    made = SubjectFile(
        part.subject,
        part.kind,
        file.level if file else None,
        (*kept, SubjectVersion(number, None, json.loads(text))),
    )
    work.write(path, subject_text(made))
    return f"{path}: version {number} is proposed; 'streamsql schema register' adds it"
