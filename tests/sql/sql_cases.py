"""Golden files of the dialect: the SQL of a model, a line ``-- expect``, and what is made of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlglot import exp

from streamsql.dialect import STREAM, WATERMARK
from streamsql.errors import ModelError
from streamsql.findings import Location
from streamsql.parse import ParsedModel, parse_model
from streamsql.project.nodes import Model, ModelConfig
from streamsql.render.rendered import Reference, RenderedModel, SourceMap, Span

CASES = sorted((Path(__file__).parent / "cases").glob("*.sql"))
MARK = "\n-- expect\n"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
# ``ref__mine`` stands for a name that a user wrote without ref().
_REFERENCE = re.compile(r"\bref__(?!mine\b)(\w+)|\bsource__([a-z]+)__(\w+)")


def rendered(sql: str, name: str = "model") -> RenderedModel:
    """Return what rendering gives for SQL without Jinja, its references written out."""
    path = f"models/{name}.sql"
    references = {}
    for found in _REFERENCE.finditer(sql):
        model, source, table = found.groups()
        kind, full = ("ref", model) if model else ("source", f"{source}.{table}")
        references[found[0]] = Reference(kind, full, found[0], model or table, Location(path))
    whole = Location(path)
    node = Model(name, path, sql, "", (), {}, {}, whole)
    source_map = SourceMap((Span(0, whole, True, sql),))
    return RenderedModel(node, sql, tuple(references.values()), ModelConfig(), source_map)


def split(case: Path) -> tuple[str, str]:
    """Return a case's SQL and what is expected of it."""
    sql, _, expected = case.read_text().partition(MARK)
    return sql, expected


def describe(sql: str) -> str:
    """Say what parsing makes of a model's SQL."""
    try:
        model = parse_model(rendered(sql))
    except ModelError as error:
        finding = error.finding
        return f"error {_at(finding.location)}: {finding.message} [{finding.hint}]\n"
    lines = [model.sql, "--", *_streaming(model)]
    lines += [f"calls {', '.join(_calls(model.tree))}"]
    lines += [f"{f.rule} {_at(f.location)}: {f.message} [{f.hint}]" for f in model.findings]
    return "\n".join(lines) + "\n"


def _streaming(model: ParsedModel) -> list[str]:
    lines = []
    for node in model.tree.walk():
        if STREAM in node.meta:
            lines.append(f"stream {node.name}")
        if WATERMARK in node.meta:
            clause = model.watermarks[node.meta[WATERMARK]]
            name = f" as {clause.name}" if clause.name else ""
            on = node.alias_or_name or type(node).__name__
            lines.append(f"watermark of {on}: {clause.expression.sql()}{name}, {clause.delay}")
    return lines


def _calls(tree: exp.Expr) -> list[str]:
    return sorted({c.name.lower() for c in tree.find_all(exp.Anonymous)}) or ["nothing"]


def _at(location: Location) -> str:
    return f"{location.line}:{location.column}"


def update(case: Path) -> None:
    """Write what is made of the SQL as what is expected."""
    sql, _ = split(case)
    case.write_text(sql + MARK + describe(sql))


if __name__ == "__main__":
    # Run in a process of its own: tells of each case whether it is as expected.
    wrong = [c.name for c in CASES if describe(split(c)[0]) != split(c)[1]]
    raise SystemExit("\n".join(wrong) or 0)
