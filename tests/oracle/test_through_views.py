"""A query is judged alike whether its subqueries stand in it or in views of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from random_queries import Generator
from recorded_runs import MODES, Run, model_text, profile, project_texts

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

VERSION = "4.2.0"
COUNT = 120
_SUBQUERY = re.compile(r"(?<=FROM |JOIN )\(SELECT ")
_OF_A_CTE = re.compile(r"\b(?:FROM|JOIN) c\d+\b")


def taken_apart(sql: str) -> tuple[str, dict[str, str]]:
    """Return a query whose relations in brackets are views, and these by name."""
    views: dict[str, str] = {}
    while found := _innermost(sql):
        start, end = found
        name = f"view_{len(views)}"
        views[name] = sql[start + 1 : end - 1]
        sql = f"{sql[:start]}{name}{sql[end:]}"
    return sql, views


def _innermost(sql: str) -> tuple[int, int] | None:
    for found in reversed(list(_SUBQUERY.finditer(sql))):
        end = _closed(sql, found.start())
        if not _OF_A_CTE.search(sql[found.start() : end]):
            return found.start(), end
    return None


def _closed(sql: str, start: int) -> int:
    depth = 0
    for place in range(start, len(sql)):
        depth += (sql[place] == "(") - (sql[place] == ")")
        if depth == 0:
            return place + 1
    raise AssertionError(sql)


def pairs(seed: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    generator = Generator(seed)
    while True:
        sql = generator.query()
        apart, views = taken_apart(sql)
        if views:
            yield sql, apart, views


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
