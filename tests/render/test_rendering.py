"""What templates are rendered to."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from jinja2 import Environment, StrictUndefined
from project_texts import load, render, told

from streamsql.render import RenderContext, render_model, render_project
from streamsql.render.environment import ModelEnvironment
from streamsql.render.functions import Functions, This, builtin_names, model_view
from streamsql.render.render import Renderer

MACROS = """\
{% macro money(column, digits=2) -%}
  round({{ column }}, {{ digits }})
{%- endmacro %}
{% macro both(a, b) %}{{ money(a) }} + {{ money(b, 3) }}{% endmacro %}
{% macro five() %}ignored{{ return(5) }}never{% endmacro %}
{% macro pair() %}{% do return({'a': [1, 2]}) %}{% endmacro %}
{% macro wrap() %}<{{ caller() }}>{% endmacro %}
{% macro _hidden() %}hidden{% endmacro %}
"""
TEMPLATES = {
    "text": "SELECT 1\n",
    "calls": "{{ config(tags=['a']) }}\nSELECT {{ money('x') }} FROM {{ ref('other') }}\n",
    "hidden": "{{ _hidden() }}",
    "macros": "{{ both('x', 'y') }} {{ five() + 1 }} {{ pair()['a'][1] }}",
    "loops": "{% for c in 'ab' -%}\n {{ c }}{% if not loop.last %},{% endif %}\n{% endfor %}!",
    "lengths": "{% for c in ['a', 'b'] if c != 'a' %}{{ loop.length }}{{ loop.index }}{% endfor %}",
    "sets": "{% set m = money('x') %}{% if m == 'round(x, 2)' %}{{ m | upper }}|{{ m }}{% endif %}",
    "blocks": "{% set m %} {{ money('x') }} {% endset %}[{{ m | trim }}][{{ m | length }}]",
    "filters": "{% filter upper %}a{{ money('x') }}{% endfilter %} {{ 'xy' | replace('y', 'z') }}",
    "callers": "{% call wrap() %}in {{ money('x') }}{% endcall %}",
    "whitespace": "a  {%- if true -%}  b  {%- endif +%}  c {#- gone -#} d\n\n",
    "raw": "{% raw %}{{ not }}{% endraw %} {{ '{{' }}",
    "concat": "{{ money('x') ~ ' as ' ~ 1 ~ none }}",
    "crlf": "SELECT\r\n  {{ money('x') }}\r\n",
    "unicode": "-- größe 🚀 {{ 'ü' }} \u2028 {{ money('é') }}",
    "namespace": "{% set ns = namespace(n=0) %}{% for i in range(3) %}"
    "{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
    "recursion": "{% for x in [[1], [2]] recursive %}"
    "{{ loop(x) if x is iterable else x }}{% endfor %}",
    "json": "{{ tojson({'a': 'é'}) }} {{ fromjson('[1]')[0] }}",
    "yaml": "{{ fromyaml('a: 1').a }} {{ toyaml([1]) }}",
    "values": "{{ var('cur') }} {{ var('x', 'y') }} {{ env_var('E') }}",
    "views": "{{ target.name }} {{ this }} {{ this.identifier }} {{ model.name }}",
    "time": "{{ run_started_at.isoformat() }} {{ invocation_id }} {{ project_name }} {{ execute }}",
    "default": "{{ nothing | default('x') }} {% if nothing is defined %}y{% endif %}",
    "local": "{% macro money(a) %}mine {{ a }}{% endmacro %}{{ money('x') }}",
    "numbers": "{{ 7 // 2 }} {{ 2 ** 10 }} {{ 'ab' * 2 }} {{ '%03d' | format(7) }} {{ [1] + [2] }}",
    "nulls": "{{ none }}{{ log('x') }}{{ true }}{{ config.get('tags', 'no') }}",
    "empty": "",
    "tests": "{{ 3 is odd }} {{ [3, 1] | sort | join(',') }} {{ {'b': 1}.items() | list }}",
}
SETTINGS = 'name = "shop"\nvars = {cur = "EUR"}\n'
CONTEXT = RenderContext(datetime(2024, 1, 2, tzinfo=UTC), "an-id")
TEXTS = {
    "macros/m.sql": MACROS,
    "models/other.sql": "SELECT 1",
    **{f"models/{name}.sql": text for name, text in TEMPLATES.items()},
}


@pytest.fixture(scope="module")
def by_plain_jinja() -> dict[str, str]:
    """What Jinja itself makes of the templates, with the macros before each of them."""
    project = load(TEXTS, settings=SETTINGS, env={"E": "e"})
    texts = {}
    for model in project.models:
        environment = ModelEnvironment()
        functions = Functions(project, environment)
        plain = Environment(undefined=StrictUndefined, extensions=["jinja2.ext.do"])
        names = builtin_names(project, functions, CONTEXT)
        names |= {"this": This(model.name), "model": model_view(model)}
        names |= {"ref": lambda name: f"ref__{name}", "config": _Config()}
        macros = "\n".join(line for line in MACROS.split("\n") if "return" not in line)
        if model.name != "macros":  # has what plain Jinja lacks: return()
            rendered = plain.from_string(macros + "---" + model.template).render(names)
            texts[model.name] = rendered.split("---", 1)[1]
    return texts


class _Config:
    def __call__(self, **settings: object) -> str:
        return ""

    def get(self, name: str, default: object = None) -> object:
        return default


@pytest.mark.parametrize("shortcuts", [True, False])
def test_rendering_is_what_jinja_makes_of_it(
    by_plain_jinja: dict[str, str], shortcuts: bool
) -> None:
    project = load(TEXTS, settings=SETTINGS, env={"E": "e"})
    renderer = Renderer(project, CONTEXT, shortcuts)
    assert renderer.findings == []
    for model in project.models:
        attempt = renderer.render(model)
        assert attempt.findings == ()
        assert attempt.rendered is not None
        expected = by_plain_jinja.get(model.name, attempt.rendered.sql)
        assert attempt.rendered.sql == expected, model.name
        assert type(attempt.rendered.sql) is str


def test_macros_return_real_values() -> None:
    rendering = render({"macros/m.sql": MACROS, "models/a.sql": TEMPLATES["macros"]})
    assert rendering.models[0].sql == "round(x, 2) + round(y, 3) 6 2"


def test_references_and_their_places() -> None:
    text = "SELECT * FROM {{ ref('b') }}\nJOIN {{ source('s', 't') }} {{ ref('shop', 'b') }}"
    source = "sources: [{name: s, tables: [{name: t, topic: x}]}]"
    rendering = render({"models/a.sql": text, "models/b.sql": "", "models/s.yml": source})
    references = rendering.models[0].references
    assert [(r.kind, r.name, r.relation, r.alias, str(r.location)) for r in references] == [
        ("ref", "b", "ref__b", "b", "models/a.sql:1:18"),
        ("source", "s.t", "source__s__t", "t", "models/a.sql:2:9"),
        ("ref", "b", "ref__b", "b", "models/a.sql:2:32"),
    ]


def test_disabled_models_are_left_out_with_their_mistakes() -> None:
    rendering = render(
        {
            "models/off.sql": "{{ config(enabled=false) }}{{ ref('nowhere') }}",
            "models/broken.sql": "{{ nope }}",
            "models/off.yml": "models: [{name: broken, config: {enabled: false}}]",
            "models/on.sql": "{{ ref('off') }}",
        }
    )
    assert told(rendering.findings) == ["models/on.sql:1:4 unknown-ref"]
    assert "disabled" in rendering.findings[0].message
    assert rendering.models == ()
    assert set(rendering.disabled) == {"off", "broken"}


def test_a_sink_cannot_be_read() -> None:
    rendering = render(
        {
            "models/a.sql": "{{ config(materialized='sink', format='console') }}",
            "models/b.sql": "{{ ref('a') }}",
        }
    )
    assert told(rendering.findings) == ["models/b.sql:1:4 sink-not-readable"]


def test_rendering_twice_gives_the_same() -> None:
    project = load(TEXTS, settings=SETTINGS, env={"E": "e"})
    assert render_project(project, CONTEXT) == render_project(project, CONTEXT)


def test_one_model_alone() -> None:
    project = load(TEXTS, settings=SETTINGS, env={"E": "e"})
    rendered = render_model(project, "concat", CONTEXT).rendered
    assert rendered is not None
    assert rendered.sql == "round(x, 2) as 1None"


def test_log_goes_to_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "streamsql.jinja"):
        render({"models/a.sql": "{{ log('one') }}{{ log('two', info=true) }}"})
    assert [(r.levelname, r.message) for r in caplog.records] == [("DEBUG", "one"), ("INFO", "two")]


def test_a_warning_leaves_the_model_alone() -> None:
    rendering = render({"models/a.sql": "{{ exceptions.warn('careful') }}"})
    assert told(rendering.findings) == ["models/a.sql:1:4 raised"]
    assert not rendering.findings[0].is_error
    assert [m.model.name for m in rendering.models] == ["a"]


def test_each_setting_has_its_place() -> None:
    files = {
        "models/a.sql": (
            "{{ config(materialized='topic', **{'key': 'x'}) }}\n"
            "{{ config({'format': 'json'}) }}{{ as_topic() }}\n"
            "SELECT 1 AS x\n"
        ),
        "models/a.yml": "models: [{name: a, config: {tags: [t], format: text}}]\n",
        "macros/m.sql": "{% macro as_topic() %}{{ config(topic='t') }}{% endmacro %}\n",
    }
    settings = 'name = "shop"\n[models]\npartitions = 2\n'
    (model,) = render(files, settings=settings).models
    assert {key: str(place) for key, place in model.config_places.items()} == {
        "partitions": "streamsql.toml:3:1",
        "tags": "models/a.yml:1:35",
        "format": "models/a.sql:2:22",
        "materialized": "models/a.sql:1:24",
        "key": "models/a.sql:1:4",
        "topic": "macros/m.sql:1:39",
    }
    assert str(model.place("connection")) == "models/a.sql:1:1"
