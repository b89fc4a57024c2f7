"""A query is judged alike whether its parts are common table expressions or views of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from apart import taken_apart, with_ctes
from random_queries import Generator
from recorded_runs import MODES, Run, model_text, profile, project_texts

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

VERSION = "4.2.0"
COUNT = 60


def pairs(seed: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    generator = Generator(seed)
    while True:
        sql = generator.query()
        apart, views = taken_apart(sql)
        if views:
            yield with_ctes(sql), apart, views


def errors(texts: dict[str, str]) -> dict[str, list[str]]:
    """The errors of a project by the query that a model belongs to: ``q12``, ``q12_view_0``."""
    compilation = compile_project(ProjectFiles(texts, ("profiles.yml", profile(VERSION))))
    found: dict[str, list[str]] = {}
    for finding in compilation.findings:
        if finding.is_error:
            assert finding.model is not None, finding
            query = finding.model.partition("_")[0]
            found.setdefault(query, []).append(f"{finding.model} {finding.rule}")
    return found


def written(
    name: str, sql: str, mode: str | None, views: dict[str, str]
) -> Iterator[tuple[str, str]]:
    text = model_text(sql, mode or "append")
    text = text if mode else text.partition("\n\n")[2]
    for view in views:
        text = re.sub(rf"\b{view}\b", f"{{{{ ref('{name}_{view}') }}}}", text)
    yield name, text


@pytest.mark.parametrize("seed", [11, 12])
def test_the_verdict_is_the_same(seed: int) -> None:
    whole, apart = project_texts([]), project_texts([])
    runs: list[Run] = []
    for number, (sql, split, views) in zip(range(COUNT), pairs(seed), strict=False):
        mode, name = MODES[number % 3] if number % 2 else "append", f"q{number}"
        runs.append(Run(name, sql, mode, "", VERSION))
        whole[f"models/{name}.sql"] = model_text(sql, mode)
        for view, text in views.items():
            for _, made in written(name, text, None, views):
                apart[f"models/{name}_{view}.sql"] = made
        for _, made in written(name, split, mode, views):
            apart[f"models/{name}.sql"] = made
    one, other = errors(whole), errors(apart)
    wrong = [
        f"{r.mode}: {r.sql}\n    whole: {one.get(r.id)}\n    apart: {other.get(r.id)}"
        for r in runs
        if bool(one.get(r.id)) != bool(other.get(r.id))
    ]
    assert not wrong, f"{len(wrong)} of {len(runs)}:\n" + "\n".join(wrong)
    assert 0.2 < sum(bool(one.get(r.id)) for r in runs) / len(runs) < 0.9
