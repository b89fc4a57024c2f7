"""Random damage to a sound project: findings or a ProjectError, never another exception."""

from __future__ import annotations

import random

from project_texts import SETTINGS, files

from streamsql.errors import ProjectError
from streamsql.project import load_project
from streamsql.render import render_project

YAML = """\
version: 2
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: "{{ target.name }}.orders"
        watermark: {column: at, delay: 10 minutes}
        options: {startingOffsets: earliest}
        columns:
          - {name: id, data_type: bigint, data_tests: [not_null]}
          - {name: at, data_type: "struct<a: decimal(10,2), b: array<int>>"}
models:
  - name: a
    config: {materialized: topic, key: [id], trigger: {processing_time: 1 second}}
    columns: [{name: id}]
seeds:
  - name: s
    config: {delimiter: ","}
"""
TEXTS = {
    "streamsql.toml": SETTINGS + '[models]\ntags = ["x"]\n[vars]\nx = {y = [1, 2]}\n',
    "models/it.yml": YAML,
    "models/a.sql": "{{ config(topic='t', headers={'h': 'id'}) }}\nSELECT {{ m('id') | trim }}\n"
    "{% for x in var('x').y -%} , {{ x }} {%- endfor %} FROM {{ source('shop', 'orders') }}\n"
    "{% set y %}{{ ref('s') }}{% endset %}{% if y %}{{ y ~ env_var('A', 'b') }}{% endif %}",
    "macros/m.sql": "{% macro m(x) %}({{ x }}){{ caller is defined }}{% endmacro %}",
    "seeds/s.csv": 'id,name\n1,"a, b"\n2,c\n',
}
PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      spark: {master: "local[*]", conf: {a: 1}}
      connections: {kafka: {type: kafka, bootstrap_servers: "{{ env_var('B', 'c') }}"}}
"""
SCRAPS = ["{{", "}}", "{%", "%}", "{#", "'", '"', ":", "- ", "\n", "  ", "[", "]", "{", "}", "|"]
SCRAPS += [
    "*",
    "&a ",
    "!!x ",
    "\t",
    "é",
    "\x00",
    "\ud800",
    "ref('x')",
    "(",
    ")",
    "=",
    "~",
    ".",
    ",",
]
SCRAPS += ["__class__", "null", "true", "1e999", "0x", "<<: ", "? ", "#", "\\", "\r", "for ", "-%}"]


def damaged(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 0, 1, 3, 12]))
        text = text[:start] + chance.choice([*SCRAPS, text[end : end + 9]]) + text[end:]
    return text


def test_damage_is_reported_and_nothing_else() -> None:
    chance = random.Random(20240229)
    reported = 0
    for _ in range(300):
        texts = dict(TEXTS)
        profiles = PROFILES
        path = chance.choice([*TEXTS, "profiles.yml"])
        if path == "profiles.yml":
            profiles = damaged(profiles, chance)
        else:
            texts[path] = damaged(texts[path], chance)
        try:
            project = load_project(files_of(texts, profiles))
        except ProjectError:
            reported += 1
            continue
        findings = (*project.findings, *render_project(project).findings)
        reported += bool(findings)
    assert reported > 150


def files_of(texts: dict[str, str], profiles: str):
    return files(
        {p: t for p, t in texts.items() if p != "streamsql.toml"},
        settings=texts["streamsql.toml"],
        profiles=profiles,
    )


def test_the_undamaged_project_is_sound() -> None:
    project = load_project(files_of(TEXTS, PROFILES))
    assert project.findings == ()
    assert render_project(project).findings == ()
