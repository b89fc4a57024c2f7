"""What needs no Jinja is rendered as Jinja renders it: text, places, settings and mistakes."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from project_texts import load

from streamsql.project import load_project, read_files
from streamsql.project.nodes import Model, Project
from streamsql.render import RenderContext
from streamsql.render.render import Renderer
from streamsql.render.simple import read_simple

ROOT = Path(__file__).parents[2]
CONTEXT = RenderContext(datetime(2024, 1, 2, tzinfo=UTC), "an-id")
EDITS = int(os.environ.get("STREAMSQL_EDITS", "200"))
MACROS = """\
{% macro twice(x, y=2) %}{{ x }} * {{ y }}{% endmacro %}
{% macro fails(x) %}{{ exceptions.raise_compiler_error(x) }}{% endmacro %}
{% macro warns(x) %}{{ exceptions.warn(x) }}{% endmacro %}
"""
SIMPLE = [
    "SELECT 1",
    "",
    "\n",
    "SELECT 1\n\n",
    "{{ref('other')}}",
    "\n\n  {{ ref( 'other' , ) }}\n{{ ref(\"other\") }} x\n",
    "{{ config(materialized='topic', topic='é', key=['a', 'b',], partitions=3, meta={}) }}\nSELECT",
    "{{ config(\n  options={'a': 'b', 'c': '}}'},\n meta={'a': [1, 2.5, {'b': none}], 2: True}) }}",
    "{{ config(tags=[], enabled=false) }}{{ twice('{{') }}{{ twice('%}', y=3) }} }} x",
    "{{ twice(1, 2, 3) }}",
    "a\n{{ twice() }}\n{{ nowhere('x') }}",
    "{{ warns('careful') }}\n{{ fails('no') }}",
    "{{ ref('other', 'x', 'y') }}",
    "{{ var('nothing') }}",
    "{{ config(nonsense=1, materialized='views') }}",
    "{{ env_var('NOT_THERE') }}",
    "{{ source('no', 'where') }}",
    "{{ this() }}",
]
NOT_SIMPLE = [
    "{{ ref('other') }}{# a comment #}",
    "{% set a = 1 %}{{ a }}",
    "{{- ref('other') }}",
    "{{ ref('other') -}} x",
    "{{ ref('other') | upper }}",
    "{{ ref('a\\'b') }}",
    "{{ ref('a' 'b') }}",
    "{{ ref(name) }}",
    "{{ twice(-1) }}",
    "{{ twice((1, 2)) }}",
    "{{ twice(y=1, y=2) }}",
    "{{ twice(y=1, 2) }}",
    "{{ twice(1 + 1) }}",
    "{{ twice(1_000) }}",
    "{{ twice(1e3) }}",
    "{{ twice([1) }}",
    "{{ ref('other'",
    "{{ ref('other') }",
    "{{ not(1) }}",
    "{{ none(1) }}",
    "{{ twice({'a': 1}) }}",
    "SELECT\r\n{{ ref('other') }}",
    "{{ twice(" + "[" * 3000,
]


def test_which_are_simple() -> None:
    assert [t for t in SIMPLE if read_simple("a.sql", t) is None] == []
    assert [t for t in NOT_SIMPLE if read_simple("a.sql", t) is not None] == []


def same(project: Project, models: list[Model]) -> int:
    """Render the simple ones of some models both ways; return how many there are."""
    quick, slow = Renderer(project, CONTEXT), Renderer(project, CONTEXT, shortcuts=False)
    simple = [m for m in models if read_simple(m.path, m.template) is not None]
    for model in simple:
        assert quick.render(model) == slow.render(model), model.template
    return len(simple)


def test_templates_of_all_kinds() -> None:
    texts = {f"models/m{n}.sql": text for n, text in enumerate((*SIMPLE, *NOT_SIMPLE))}
    project = load({"macros/m.sql": MACROS, "models/other.sql": "SELECT 1", **texts})
    assert same(project, list(project.models)) == len(SIMPLE) + 1


@pytest.mark.parametrize("folder", [".", "tests/realistic/iot", "tests/realistic/games"])
def test_projects(folder: str) -> None:
    project = load_project(read_files(ROOT / folder), installed_spark="4.1.1")
    assert same(project, list(project.models)) > len(project.models) // 3


@pytest.mark.parametrize("count", [200, pytest.param(EDITS * 20, marks=pytest.mark.slow)])
def test_random_templates(count: int) -> None:
    chance = random.Random(count)
    pieces = ["{{ ", " }}", "(", ")", "'", '"', ",", "[", "]", "{", "}", ":", "=", "\n", " ", "1"]
    pieces += [
        "ref",
        "twice",
        "config",
        "y",
        "true",
        "none",
        "0.5",
        "-",
        ".",
        "|",
        "\\",
        "é",
        "'a'",
    ]
    texts = {}
    for number in range(count):
        text = chance.choice([*SIMPLE, *NOT_SIMPLE[:-1]])
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(text) + 1)
            cut = place + chance.randrange(3)
            text = text[:place] + chance.choice(pieces) + text[cut:]
        texts[f"models/m{number}.sql"] = text
    project = load({"macros/m.sql": MACROS, "models/other.sql": "SELECT 1", **texts})
    assert same(project, list(project.models)) > count // 10
