"""A model looked at alone has the findings that a compile of everything gives it.

``STREAMSQL_EDITS`` sets how many random edits of the sample project the long test tries.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from streamsql.findings import Finding
from streamsql.pipeline import compile_project
from streamsql.project import read_files
from streamsql.project.nodes import ProjectFiles
from streamsql.recheck import OpenProject, open_project, recheck

ROOT = Path(__file__).parents[2]
EDITS = int(os.environ.get("STREAMSQL_EDITS", "100"))
FEW_AND_MANY = [20, pytest.param(EDITS, marks=pytest.mark.slow)]
SPARK = "4.1.1"


def whole(opened: OpenProject, path: str, text: str) -> tuple[Finding, ...]:
    """What a compile of the whole project says of a file's model."""
    files = replace(opened.files, texts={**opened.files.texts, path: text})
    compilation = compile_project(
        files, opened.target, context=opened.context, installed_spark=SPARK, with_plan=False
    )
    name = next(m.name for m in compilation.project.models if m.path == path)
    return tuple(
        f
        for f in compilation.findings
        if f.model == name or (f.model is None and f.location.path == path)
    )


@pytest.fixture(scope="module")
def shop() -> OpenProject:
    return open_project(read_files(ROOT), installed_spark=SPARK)


def models(opened: OpenProject) -> list[str]:
    return sorted(m.path for m in opened.compilation.project.models)


def edited(chance: random.Random, text: str, names: list[str]) -> str:
    """Change a model as somebody who types does."""
    words = text.split(" ")
    place = chance.randrange(len(words))
    match chance.randrange(8):
        case 0:
            return text[: chance.randrange(len(text))]
        case 1:
            words[place] = ""
        case 2:
            words[place] += chance.choice([",", "(", ")", "'", "x", " AS y", "{{", "--"])
        case 3:
            words[place] = chance.choice(["amount", "nonsense", "SELECT", "*", "count(*)", "1"])
        case 4:
            return text + "\n-- streamsql: ignore[unknown-column, select-star]\n"
        case 5:
            name = chance.choice(names)
            words[place] += f" {{{{ ref('{name}') }}}}"
        case 6:
            chosen = chance.choice(["enabled=false", "materialized='sink'", "tags=['a']", "x=1"])
            return f"{{{{ config({chosen}) }}}}\n{text}"
        case 7:
            return text.replace("ref('", f"ref('{chance.choice(names)[:3]}", 1)
    return " ".join(words)


@pytest.mark.parametrize("edits", FEW_AND_MANY)
def test_random_edits(shop: OpenProject, edits: int) -> None:
    chance = random.Random(edits)
    names = [m.name for m in shop.compilation.project.models]
    found = 0
    for number in range(edits):
        path = chance.choice(models(shop))
        text = edited(chance, shop.files.texts[path], names)
        got = recheck(shop, path, text)
        found += bool(got)
        assert got == whole(shop, path, text), (number, path, text)
    assert found > edits // 3


def test_what_is_not_edited_is_as_it_was(shop: OpenProject) -> None:
    for path in models(shop):
        text = shop.files.texts[path]
        assert recheck(shop, path, text) == whole(shop, path, text)


PROFILES = (
    "shop: {target: dev, outputs: {dev: {connections: {k: {type: kafka, embedded: true}}}}}\n"
)
FILES = {
    "streamsql.toml": 'name = "shop"\nprofile = "shop"\n',
    "models/s.yml": """\
sources:
  - name: s
    connection: k
    tables:
      - {name: t, topic: t, format: text}
models:
  - name: a
    columns: [{name: value, data_type: bigint}]
""",
    "models/a.sql": "SELECT value FROM {{ source('s', 't') }}\n",
    "models/b.sql": "SELECT value FROM {{ ref('a') }}\n",
    "models/c.sql": "SELECT value FROM {{ ref('b') }}\n",
}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("models/a.sql", "SELECT value, FROM {{ source('s', 't') }}\n"),
        ("models/a.sql", "SELECT nonsense FROM {{ source('s', 't') }}\n"),
        ("models/a.sql", "SELECT value FROM {{ ref('c') }}\n"),
        ("models/a.sql", "SELECT value FROM {{ ref('a') }}\n"),
        ("models/a.sql", "{{ config(enabled=false) }}SELECT value FROM {{ source('s', 't') }}\n"),
        ("models/a.sql", "{{ config(materialized='sink', connector='console') }}\nSELECT 1 AS x\n"),
        ("models/a.sql", "SELECT value FROM {{ source('s', 't') }} -- streamsql: ignore[x]\n"),
        ("models/b.sql", "SELECT value FROM {{ source('s', 't') }}\n"),
        ("models/b.sql", "SELECT 'AKIAABCDEFGHIJKLMNOP' AS k FROM {{ ref('a') }}\n"),
        ("models/b.sql", "{{ nothing }}\n"),
        ("models/b.sql", ""),
        ("models/c.sql", "SELECT value FROM {{ ref('a') }} JOIN {{ ref('b') }} USING (value)\n"),
    ],
)
@pytest.mark.parametrize("before", [None, "broken", "circle", "other rules"])
def test_edits(path: str, text: str, before: str | None) -> None:
    files = dict(FILES)
    match before:
        case "broken":
            files["models/a.sql"] = "SELECT FROM\n"
        case "circle":
            files["models/a.sql"] = "SELECT value FROM {{ ref('c') }}\n"
        case "other rules":
            files["streamsql.toml"] += "[lint]\nproject-rules = true\n"
            files["lint/ours.py"] = "nonsense"
    given = ProjectFiles(files, ("profiles.yml", PROFILES))
    opened = open_project(given, installed_spark=SPARK)
    assert recheck(opened, path, text) == whole(opened, path, text)


def test_other_files_are_compiled_with_the_whole() -> None:
    opened = open_project(ProjectFiles(FILES, ("profiles.yml", PROFILES)), installed_spark=SPARK)
    text = FILES["models/s.yml"].replace("topic: t", "topics: t")
    rules = [f.rule for f in recheck(opened, "models/s.yml", text)]
    assert "unknown-key" in rules
