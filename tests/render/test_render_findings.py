"""Each mistake in a template, at the place the user wrote; ^ marks it."""

from __future__ import annotations

import pytest
from project_texts import load, render, told

MACROS = "{% macro twice(x) %}\n  {{ x }} {{ x }}{% endmacro %}"

MODELS = {
    "unknown ref": ("SELECT 1\nFROM {{ ^ref('b') }}", "unknown-ref"),
    "unknown source": ("{{ ^source('s', 't') }}", "unknown-source"),
    "another project": ("{{ ^ref('x', 'a') }}", "unknown-ref"),
    "unknown macro": ("{{ 1 }}\n  {{ ^twcie('x') }}", "unknown-macro"),
    "unknown variable": ("SELECT {{ 1 }},\n  {{ ^foo }}", "unknown-variable"),
    "passed to a macro": ("{{ twice(^foo) }}", "unknown-variable"),
    "in an expression": ("{{ 'a' ~ (^foo ~ 'b') }}", "unknown-variable"),
    "in a condition": ("{% if ^foo %}{% endif %}", "unknown-variable"),
    "in a loop": ("{% for x in ^foo %}{% endfor %}", "unknown-variable"),
    "over lines": ("{{ twice(\n  'a' ~\n  ^foo) }}", "unknown-variable"),
    "attribute": ("{{ target.^nmae }}", "unknown-variable"),
    "method": ("{{ 1 }}{{ ^exceptions.nope() }}", "unknown-variable"),
    "unknown filter": ("{{ 'a' | ^uper }}", "unknown-filter"),
    "unknown test": ("{{ 1 ^is evn }}", "unknown-filter"),
    "unset var": ("{{ 'é🚀' }} {{ ^var('x') }}", "unknown-var"),
    "unset environment": ("{{ ^env_var('X') }}", "unknown-env-var"),
    "secret": ("{{ ^env_var('STREAMSQL_ENV_SECRET_X') }}", "secret-outside-profiles"),
    "unknown docs": ("{{ ^doc('x') }}", "unknown-doc"),
    "raised": ("{{ ^exceptions.raise_compiler_error('no') }}", "raised"),
    "no arguments": ("{{ ^ref() }}", "wrong-arguments"),
    "no text": ("{{ ^ref(1) }}", "wrong-arguments"),
    "a version": ("{{ ^ref('a', v=1) }}", "wrong-arguments"),
    "one name": ("{{ ^source('a') }}", "wrong-arguments"),
    "unknown argument": ("{{ ^twice(z=1) }}", "wrong-arguments"),
    "too many": ("{{ ^twice(1, 2) }}", "wrong-arguments"),
    "too few": ("{{ ^var() }}", "wrong-arguments"),
    "no function": ("{{ ^target.name() }}", "wrong-arguments"),
    "return in a model": ("{{ ^return(1) }}", "wrong-arguments"),
    "a function, not called": ("select ^{{ ref }}", "wrong-arguments"),
    "a macro, not called": ("select ^{{ twice }}", "wrong-arguments"),
    "setting wanted": ("{{ ^config.require('topic') }}", "missing-config"),
    "division": ("SELECT\n  ^{{ 1 / 0 }}", "render-failed"),
    "unclosed expression": ("a {{ ref('a'^) ", "jinja-syntax"),
    "unclosed block": ("a\n{% if true %}^b", "jinja-syntax"),
    "unknown tag": ("a {% ^snapshot x %}", "jinja-syntax"),
    "no expression": ("a\n{% if ^%}{% endif %}", "jinja-syntax"),
    "two names": ("{{ a ^b }}", "jinja-syntax"),
    "include": ("{% ^include 'x' %}", "jinja-syntax"),
    "import": ("{% ^import 'x' as y %}", "jinja-syntax"),
    "extends": ("{% ^extends 'x' %}", "jinja-syntax"),
    "underscores": ("{{ ''.^__class__.__mro__ }}", "sandbox"),
    "our own objects": ("{{ var.^values }}", "sandbox"),
    "the environment": ("{{ env_var.^env }}", "sandbox"),
    "the project": ("{{ config.^functions.project }}", "sandbox"),
    "the function's globals": ("{{ ref.^__globals__ }}", "sandbox"),
    "a format's attributes": ("{{ ^'{0.__class__}'.format(1) }}", "sandbox"),
    "changing a list": ("{% set l = [1] %}{{ l.^append(2) }}", "sandbox"),
    "long loops": (
        "{% for a in range(9999) %}{% for b in ^range(9999) %}{% endfor %}{% endfor %}",
        "sandbox",
    ),
    "a large range": ("{{ ^range(10000000) }}", "sandbox"),
    "a large text": ("^{{ 'a' * 100000000 }}", "sandbox"),
    "a large power": ("^{{ 10 ** 9999999 }}", "sandbox"),
    "a wide format": ("^{{ '%100000000d' % 1 }}", "sandbox"),
    "a wide filter": ("^{{ 'a' | center(100000000) }}", "sandbox"),
    "a wide method": ("{{ 'a'.^ljust(100000000) }}", "sandbox"),
}


@pytest.mark.parametrize(("template", "rule"), MODELS.values(), ids=MODELS)
def test_in_a_model(template: str, rule: str) -> None:
    before, after = template.split("^")
    rendering = render({"models/a.sql": before + after, "macros/m.sql": MACROS})
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert told(rendering.findings) == [f"models/a.sql:{line}:{column} {rule}"]
    assert rendering.findings[0].model == "a"
    assert rendering.models == ()


IN_MACROS = {
    "attribute": (
        "{% macro m(x) %}\n  {{ x.^y.z }}{% endmacro %}",
        "{{ m({}) }}",
        "unknown-variable",
    ),
    "argument not given": (
        "{% macro m(x) %}a\n{{ ^x }}{% endmacro %}",
        "{{ m() }}",
        "wrong-arguments",
    ),
    "variable": ("{% macro m() %}a\n{{ ^foo }}{% endmacro %}", "{{ m() }}", "unknown-variable"),
    "reference": ("{% macro m() %}a\n{{ ^ref('b') }}{% endmacro %}", "{{ m() }}", "unknown-ref"),
    "setting": (
        "{% macro m() %}{{ config(key=^'a') }}{% endmacro %}",
        "{{ m() }}",
        "config-not-allowed",
    ),
    "raised": (
        "{% macro m() %}{{ n() }}{% endmacro %}{% macro n() %}\r\n "
        "{{ ^exceptions.raise_compiler_error('x') }}{% endmacro %}",
        "{{ m() }}",
        "raised",
    ),
    "endless": ("{% macro m() %}{{ ^m() }}{% endmacro %}", "{{ m() }}", "sandbox"),
    "arithmetic": ("{% macro m() %}\n ^{{ 1 / 0 }}{% endmacro %}", "{{ m() }}", "render-failed"),
}


@pytest.mark.parametrize(("macro", "model", "rule"), IN_MACROS.values(), ids=IN_MACROS)
def test_in_a_macro(macro: str, model: str, rule: str) -> None:
    before, after = macro.split("^")
    rendering = render({"models/a.sql": model, "macros/m.sql": before + after})
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert told(rendering.findings) == [f"macros/m.sql:{line}:{column} {rule}"]
    assert "(rendering the model 'a')" in rendering.findings[0].message


def test_hints() -> None:
    rendering = render(
        {
            "models/orders.sql": "{{ ref('ordes') }}",
            "models/b.sql": "{{ twcie(1) }}",
            "models/c.sql": "{{ targte }}",
            "models/d.sql": "{% if is_incremental() %}{% endif %}",
            "macros/m.sql": MACROS,
        }
    )
    hints = [str(f.hint) for f in rendering.findings]
    assert hints[0] == "did you mean 'twice'?"
    assert hints[1] == "did you mean 'target'?"
    assert "every model is a stream" in hints[2]
    assert hints[3] == "did you mean 'orders'?"


def test_macro_files() -> None:
    rendering = render(
        {
            "macros/a.sql": "{% macro m() %}{% endmacro %}\n{% macro ref() %}{% endmacro %}",
            "macros/b.sql": "{% macro m() %}{% endmacro %}",
            "macros/c.sql": "{% macro %}",
            "macros/d.sql": "{% set x = nope %}{{ x }}",
            "models/a.sql": "{{ m() }}ok",
        }
    )
    assert told(rendering.findings) == [
        "macros/a.sql:2:4 bad-name",
        "macros/b.sql:1:4 duplicate-name",
        "macros/c.sql:1:10 jinja-syntax",
        "macros/d.sql:1:12 unknown-variable",
    ]
    assert [m.sql for m in rendering.models] == ["ok"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{% if 1 %}" * 300 + "{% endif %}" * 300,
        "{% for x in [1] %}" * 50 + "{% endfor %}" * 50,
        "{{ " + "[" * 500 + "]" * 500 + " }}",
        "{% set n = namespace(s='aaaaaaaaaa') %}{% for i in range(60) %}"
        "{% set n.s = n.s ~ n.s %}{% endfor %}",
        "{% set n = namespace(s=10) %}{% for i in range(60) %}"
        "{% set n.s = n.s * n.s %}{% endfor %}",
        "{% set n = namespace(s='a' * 1000) %}{% for i in range(9) %}"
        "{% set n.s = n.s.replace('a', n.s) %}{% endfor %}",
    ],
)
def test_bombs_are_findings(template: str) -> None:
    rendering = render({"models/a.sql": template})
    assert {f.rule for f in rendering.findings} <= {"jinja-syntax", "sandbox"}
    assert rendering.findings or rendering.models[0].sql.strip("[]1") == ""


def test_secrets_are_masked_in_messages() -> None:
    profiles = """\
shop:
  outputs:
    dev:
      connections: {k: {type: kafka, embedded: true, options: {x.password: hidden42}}}
"""
    rendering = render(
        {"models/a.sql": "{{ exceptions.raise_compiler_error('hidden42') }}"}, profiles=profiles
    )
    assert rendering.findings[0].message == "*****"
    assert load(profiles=profiles).secrets == ("hidden42",)
