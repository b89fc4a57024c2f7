"""A lint that remembers looks at data tests anew whenever what they depend on has changed."""

from __future__ import annotations

from collections.abc import Mapping

from data_tests.test_findings import BESIDE, MODEL, SOURCES
from project_texts import files

from streamsql.findings import Finding
from streamsql.lint_memory import Memory
from streamsql.pipeline import compile_project
from streamsql.recheck import open_project, recheck
from streamsql.relint import relint

TEXTS = {
    **BESIDE,
    "models/s.yml": SOURCES,
    "models/out.sql": MODEL,
    "seeds/currencies.csv": "code\nEUR\n",
    "models/t.yml": """\
        models:
          - name: out
            columns:
              - name: currency
                data_tests:
                  - relationships: {arguments: {to: ref('currencies'), field: code}}
          - name: other
            columns: [{name: id, data_tests: [multiple: {arguments: {divisor: 3}}]}]
        """,
}
CHANGES: Mapping[str, Mapping[str, str]] = {
    "nothing": {},
    "the macro breaks": {"macros/tests.sql": BESIDE["macros/tests.sql"].replace(" = 0", "")},
    "the seed has another column": {"seeds/currencies.csv": "name\nEUR\n"},
    "the seed is gone": {"seeds/currencies.csv": ""},
    "a test of a source is wrong": {
        "models/s.yml": SOURCES.replace(
            "data_type: string}", "data_type: string, data_tests: [range: {arguments: {min: []}}]}"
        )
    },
    "a source's column is tested for what it is not": {
        "models/s.yml": SOURCES.replace(
            "data_type: string}",
            "data_type: string, data_tests: [expression: {arguments: {expression: idd > 3}}]}",
        )
    },
    "the tested column is gone": {"models/out.sql": MODEL.replace("currency, ", "")},
    "a view that is tested gives something else": {
        "models/other.sql": "SELECT at AS id FROM {{ source('shop', 'orders') }}\n"
    },
}


def test_what_is_remembered_is_what_a_compile_finds() -> None:
    first = relint(files(TEXTS), Memory())
    assert first is not None
    assert first.lines is not None
    memory = Memory(lines=first.lines)
    different: set[tuple[Finding, ...]] = set()
    for change, texts in CHANGES.items():
        changed = files({**TEXTS, **texts})
        again = relint(changed, memory)
        found = compile_project(changed, with_plan=False).findings
        assert again is not None
        assert again.findings == found, change
        different.add(found)
    assert len(different) == len(CHANGES)


def test_a_model_looked_at_again_has_its_tests() -> None:
    opened = open_project(files(TEXTS))
    renamed = MODEL.replace("currency, ", "upper(currency) AS currency, ")
    gone = MODEL.replace("currency, ", "")
    assert not any(f.is_error for f in recheck(opened, "models/out.sql", renamed))
    (found,) = (f for f in recheck(opened, "models/out.sql", gone) if f.is_error)
    assert found.rule == "unknown-column"
