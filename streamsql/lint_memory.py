"""What a lint knows of each model, kept for as long as nothing that it depends on has changed.

A model's record has two parts with a key each, a hash of contents and never a time: what its
template gave, and what the query made of it. Who keeps records and when they hold is said in
``streamsql.relint``; here is how they are written: a line a model, under one hash. A line is two
values of JSON with a tab between them: the record, and the relation that its readers read.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from streamsql.findings import Finding, Location
from streamsql.lint_cache import check_of, kept_finding, plain_finding, replace_file
from streamsql.packing import pack, unpack
from streamsql.project.nodes import Model, ModelConfig
from streamsql.render import Attempt, RenderedModel, SourceMap
from streamsql.render.rendered import Reference
from streamsql.resolve import OutputColumn, Relation


class Verdict(NamedTuple):
    """What was made of a model that could be rendered.

    ``syntax`` is why it could not be parsed; ``found`` and ``checked`` are the findings of
    resolving and of our rules. ``relation`` is what its readers read, as text, and
    ``relation_key`` its hash; where it is broken, ``blamed`` is the model at fault. ``mode`` is
    its query's, ``resolved`` tells whether there is one at all.
    """

    key: str
    syntax: Finding | None = None
    found: tuple[Finding, ...] = ()
    checked: tuple[Finding, ...] = ()
    relation: str | None = None
    relation_key: str | None = None
    blamed: str | None = None
    merged: bool = False
    mode: str | None = None
    resolved: bool = False


class Record(NamedTuple):
    """What is known of a model: its template's result, under ``key``, and the verdict on it."""

    key: str
    rendering: list[Any]
    warnings: tuple[Finding, ...]
    verdict: Verdict | None = None

    def attempt(self, model: Model) -> Attempt:
        """Return the rendering of a model without its SQL, which only a new verdict needs."""
        references, of_tests, config, places = self.rendering
        rendered = RenderedModel(
            model,
            "",
            _references(references),
            _config_of(config),
            SourceMap(()),
            {key: Location(*place) for key, place in places.items()},
            test_references=_references(of_tests),
        )
        return Attempt(model, rendered, self.warnings)


def rendering_of(rendered: RenderedModel) -> list[Any]:
    """Return what a record keeps of a rendering.

    Raises:
        CannotPack: its settings hold what JSON cannot.
    """
    return [
        _plain_references(rendered.references),
        _plain_references(rendered.test_references),
        _text_of(pack(rendered.config)),
        dict(rendered.config_places),
    ]


def _plain_references(references: Iterable[Reference]) -> list[Any]:
    return [(r.kind, r.name, r.relation, r.alias, r.location) for r in references]


def _references(kept: Iterable[list[Any]]) -> tuple[Reference, ...]:
    return tuple(
        [
            Reference(kind, name, relation, alias, Location(*place))
            for kind, name, relation, alias, place in kept
        ]
    )


@cache  # many models have the same settings
def _config_of(text: str) -> ModelConfig:
    config = unpack(json.loads(text))
    assert isinstance(config, ModelConfig)
    return config


def relation_text(relation: Relation) -> str:
    """Return a relation as its readers see it: where its columns stand they do not ask."""
    columns = [(c.name, c.data_type, c.never_null) for c in relation.columns]
    return _text_of((columns, pack(relation._replace(columns=()))))


def relation_of(text: str) -> Relation:
    """Return the relation that was written."""
    columns, rest = json.loads(text)
    relation = unpack(rest)
    assert isinstance(relation, Relation)
    made = (OutputColumn(name, kind, never_null=never) for name, kind, never in columns)
    return relation._replace(columns=tuple(made))


def key_of(*parts: str) -> str:
    """Return one hash of texts."""
    hashed = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hashed.update(b"%d:" % len(data))
        hashed.update(data)
    return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class Memory:
    """The records of a project's models by name.

    They hold in one ``world`` only: a hash of all that every model depends on, in which
    ``env`` are the environment variables that anything asked for.
    """

    world: str = ""
    env: tuple[str, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)

    def record(self, model: str) -> Record | None:
        """Return what is known of a model."""
        line = self.lines.get(model)
        if line is None:
            return None
        told, _, relation = line.partition("\t")
        key, rendering, warnings, verdict = json.loads(told)
        return Record(key, rendering, _kept(warnings), _verdict(verdict, relation or None))


def line_of(record: Record) -> str:
    """Return a record as a line of text."""
    told = [
        record.key,
        record.rendering,
        _plain(record.warnings),
        _plain_verdict(record.verdict),
    ]
    relation = None if record.verdict is None else record.verdict.relation
    return f"{_text_of(told)}\t{relation or ''}"


_text_of = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def load_memory(path: Path) -> Memory:
    """Return what was kept; nothing if there is nothing, or it is damaged or of another layout."""
    try:
        check, _, kept = path.read_text(encoding="utf-8").partition("\n")
        if check != check_of(kept):
            return Memory()
        head, *rest = kept.split("\n")
        world, env, names = json.loads(head)
        return Memory(world, tuple(env), dict(zip(names, rest, strict=True)))
    except (OSError, ValueError, TypeError):
        return Memory()


def save_memory(path: Path, memory: Memory) -> None:
    """Keep it. What cannot be written is not there the next time, and that is all."""
    head = json.dumps([memory.world, memory.env, list(memory.lines)], ensure_ascii=False)
    kept = "\n".join((head, *memory.lines.values()))
    with contextlib.suppress(OSError, ValueError):
        replace_file(path, f"{check_of(kept)}\n{kept}")


def _plain_verdict(verdict: Verdict | None) -> list[Any] | None:
    if verdict is None:
        return None
    return [
        verdict.key,
        None if verdict.syntax is None else plain_finding(verdict.syntax),
        _plain(verdict.found),
        _plain(verdict.checked),
        verdict.relation_key,
        verdict.blamed,
        verdict.merged,
        verdict.mode,
        verdict.resolved,
    ]


def _verdict(kept: list[Any] | None, relation: str | None) -> Verdict | None:
    if kept is None:
        return None
    key, syntax, found, checked, *rest = kept
    wrong = None if syntax is None else kept_finding(syntax)
    return Verdict(key, wrong, _kept(found), _kept(checked), relation, *rest)


def _plain(findings: Iterable[Finding]) -> list[list[Any]]:
    return [plain_finding(f) for f in findings]


def _kept(findings: Iterable[list[Any]]) -> tuple[Finding, ...]:
    return tuple(kept_finding(f) for f in findings)
