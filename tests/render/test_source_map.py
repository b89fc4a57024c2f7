"""From a place in rendered SQL back to the template or macro: column by column."""

from __future__ import annotations

import pytest
from project_texts import load, render

from streamsql.findings import Location
from streamsql.render import RenderedModel
from streamsql.render.pieces import Piece, join_pieces, literal_piece, source_map, trim_piece

MACROS = """\
{% macro money(column) -%}
  round({{ column }}, 2)
{%- endmacro %}

{% macro both(a) %}<{{ money(a) }}|{{ money('z') | trim }}>{% endmacro %}
"""


def rendered(template: str, macros: str = MACROS) -> RenderedModel:
    rendering = render({"models/a.sql": template, "macros/m.sql": macros, "models/b.sql": ""})
    assert rendering.findings == ()
    return rendering.models[0]


def place(model: RenderedModel, text: str) -> str:
    return str(model.source_map.locate(model.sql.index(text)))


def test_literal_text_is_exact() -> None:
    model = rendered("SELECT a,\n  b{{ '' }} FROM {{ ref('b') }} x\nWHERE c")
    assert place(model, "a,") == "models/a.sql:1:8"
    assert place(model, "b FROM") == "models/a.sql:2:3"
    assert place(model, "ref__b") == "models/a.sql:2:18"
    assert place(model, "f__b") == "models/a.sql:2:18"
    assert place(model, "x\n") == "models/a.sql:2:33"
    assert place(model, "WHERE c") == "models/a.sql:3:1"
    location = model.source_map.locate(model.sql.index("WHERE"), model.sql.index("WHERE") + 5)
    assert (location.line, location.column, location.end_line, location.end_column) == (3, 1, 3, 6)


def test_macros_lead_to_their_file() -> None:
    model = rendered("SELECT {{ money('price') }} AS p, {{ both('q') }} AS z")
    assert model.sql == "SELECT round(price, 2) AS p, <round(q, 2)|round(z, 2)> AS z"
    assert place(model, "round") == "macros/m.sql:2:3"
    assert place(model, "und(") == "macros/m.sql:2:5"
    assert place(model, "price") == "macros/m.sql:2:9"
    assert place(model, ", 2)") == "macros/m.sql:2:21"
    assert place(model, "AS p") == "models/a.sql:1:29"
    assert place(model, "<") == "macros/m.sql:5:20"
    assert place(model, "|") == "macros/m.sql:5:35"
    assert place(model, "z, 2") == "macros/m.sql:2:9"
    assert place(model, "AS z") == "models/a.sql:1:51"


def test_loops_and_whitespace_control() -> None:
    model = rendered(
        "SELECT\n  {%- for c in ['x', 'y'] -%}\n    {{ c }}_{{- '!' }},\n{% endfor %}\n end"
    )
    assert model.sql == "SELECTx_!,\ny_!,\n\n end"
    assert place(model, "x") == "models/a.sql:3:5"
    assert place(model, "_!,\ny") == "models/a.sql:3:12"
    assert place(model, "!") == "models/a.sql:3:13"
    assert place(model, "y") == "models/a.sql:3:5"
    assert place(model, "end") == "models/a.sql:5:2"


def test_what_is_set_keeps_its_places() -> None:
    model = rendered(
        "{% set m %}one {{ 2 }} three{% endset %}\n[{{ m }}]{% set k = money('k') %}{{ k }}"
    )
    assert place(model, "one") == "models/a.sql:1:12"
    assert place(model, "2") == "models/a.sql:1:16"
    assert place(model, "three") == "models/a.sql:1:24"
    assert place(model, "[") == "models/a.sql:2:1"
    assert place(model, "round") == "macros/m.sql:2:3"


def test_what_a_filter_made_is_where_the_expression_is() -> None:
    model = rendered("a {{ money('x') | upper }} {% filter upper %}b{% endfilter %} c")
    assert place(model, "ROUND") == "models/a.sql:1:3"
    assert place(model, "c") == "models/a.sql:1:63"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_whatever_ends_them(newline: str) -> None:
    template = newline.join(["SELECT a,", "  {{ money('x') }},", "  z", "FROM t"])
    macros = MACROS.replace("\n", newline)
    model = rendered(template, macros)
    assert place(model, "z") == "models/a.sql:3:3"
    assert place(model, "FROM") == "models/a.sql:4:1"
    assert place(model, "round") == "macros/m.sql:2:3"


def test_unicode() -> None:
    model = rendered("-- größe 🚀 {{ 'ü' }} é\nSELECT '🚀', {{ money('x') }} x")
    assert place(model, "ü") == "models/a.sql:1:12"
    assert place(model, "é\n") == "models/a.sql:1:22"
    assert place(model, "SELECT") == "models/a.sql:2:1"
    assert place(model, "🚀',") == "models/a.sql:2:9"


def test_trimming_moves_places_along() -> None:
    piece = join_pieces([literal_piece("\n\n  a b ", Location("m", 1, 5)), " "])
    trimmed = trim_piece(piece)
    assert isinstance(trimmed, Piece)
    spans = source_map(trimmed, Location("m")).spans
    assert [(s.start, str(s.location), s.text) for s in spans] == [(0, "m:3:3", "a b ")]


def test_an_empty_model_has_a_place() -> None:
    assert str(rendered("").source_map.locate(0)) == "models/a.sql:1:1"


def test_every_literal_span_is_in_the_file_where_it_is_said_to_be() -> None:
    template = (
        "{{ config(tags='x') }}\nSELECT {% for a in 'xyz' %}\n {{ money(a) }}"
        "{{ ', ' if not loop.last }}{% endfor %}\n -- {{ both('é') }}\n  FROM {{ ref('b') }}  b"
    )
    texts = {"models/a.sql": template, "macros/m.sql": MACROS, "models/b.sql": ""}
    project = load(texts)
    model = render(texts).models[0]
    files = {m.path: m.template for m in (*project.models, *project.macros)}
    literal = [span for span in model.source_map.spans if span.literal]
    assert len(literal) > 8
    for span in literal:
        lines = files[span.location.path].split("\n")
        rest = "\n".join(
            [
                lines[span.location.line - 1][span.location.column - 1 :],
                *lines[span.location.line :],
            ]
        )
        assert rest.startswith(span.text)
        assert model.sql[span.start :].startswith(span.text)
