"""What lint says of data tests, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from project_texts import files

from streamsql.pipeline import Compilation, compile_project

SOURCES = """\
sources:
  - name: shop
    tables:
      - name: orders
        topic: orders
        watermark: {column: at, delay: 1 hour}
        columns:
          - {name: id, data_type: bigint}
          - {name: currency, data_type: string}
          - {name: at, data_type: timestamp}
"""
MODEL = """\
{{ config(materialized='topic', topic='out') }}
SELECT id, currency, at FROM {{ source('shop', 'orders') }}
"""
OF_COLUMN = "models: [{{name: out, columns: [{{name: {}, data_tests: [{}]}}]}}]\n"
OF_ROW = "models: [{{name: out, data_tests: [{}]}}]\n"


def expression(sql: str) -> str:
    return OF_ROW.format(f'{{expression: {{arguments: {{expression: "{sql}"}}}}}}')


def compiled(texts: Mapping[str, str]) -> Compilation:
    return compile_project(files({"models/s.yml": SOURCES, "models/out.sql": MODEL, **texts}))


def errors(texts: Mapping[str, str]) -> list[str]:
    found = [f for f in compiled(texts).findings if f.is_error]
    return [f"{f.location} {f.rule}: {f.message} [{f.hint}]" for f in found]


CASES: Mapping[str, tuple[str, str]] = {
    "misspelt test": (
        OF_COLUMN.format("id", "not_nul"),
        "1:56 unknown-test: there is no data test 'not_nul' [did you mean 'not_null'?; "
        "one of your own is a macro 'test_not_nul']",
    ),
    "column that is not there": (
        OF_COLUMN.format("idd", "not_null"),
        "1:57 unknown-column: the data test 'not_null' is about the column 'idd', which is not "
        "there [did you mean 'id'?]",
    ),
    "unknown name in a condition": (
        expression("idd > 0"),
        "1:73 unknown-column: there is no column 'idd' here [did you mean 'id'?]",
    ),
    "no condition": (
        expression("id + 1"),
        "1:73 condition-not-boolean: the data test 'expression' needs a condition, and this is "
        "bigint [compare it with something]",
    ),
    "not SQL": (
        expression("id >"),
        "1:73 sql-syntax: incomplete near ')' [None]",
    ),
    "several conditions": (
        expression("id > 0) , (id < 5"),
        "1:73 sql-syntax: a data test is one condition, and this is something else [None]",
    ),
    "a clause behind the condition": (
        expression("id > 0) AS passes FROM ref__out WHERE (id > 0"),
        "1:73 sql-syntax: 'AS' was not expected here [None]",
    ),
    "an aggregate": (
        expression("max(id) > 0"),
        "1:73 test-of-many-rows: the data test 'expression' looks at many rows, and a test sees "
        "one [compute it in a model, and test the result]",
    ),
    "a star": (
        expression("*"),
        "1:73 test-of-many-rows: the data test 'expression' looks at many rows, and a test sees "
        "one [compute it in a model, and test the result]",
    ),
    "many columns": (
        expression("inline(array(struct(id, id)))"),
        "1:73 bad-generator: inline(…) makes rows, which it cannot inside an expression or a "
        "condition [make the rows in LATERAL VIEW or a subquery, and use its column here]",
    ),
    "a window function": (
        expression("row_number() OVER (ORDER BY id) > 1"),
        "1:73 test-of-many-rows: the data test 'expression' looks at many rows, and a test sees "
        "one [compute it in a model, and test the result]",
    ),
    "no condition at all": (
        expression("-- id > 0"),
        "1:73 sql-syntax: a data test is one condition, and this is something else [None]",
    ),
    "unlike types": (
        OF_COLUMN.format("at", "{accepted_values: {arguments: {values: [true]}}}"),
        "1:95 incomparable-types: timestamp and boolean cannot be compared "
        "[cast one of them to the other's type]",
    ),
    "where that is no condition": (
        OF_COLUMN.format("id", "{not_null: {config: {where: currency}}}"),
        "1:84 condition-not-boolean: the data test 'not_null' needs a condition, and this is "
        "string [compare it with something]",
    ),
    "unique without a bound": (
        OF_COLUMN.format("id", "unique"),
        "1:56 unbounded-test: 'unique' cannot warn: to know a second row, a stream drops it [say "
        "on_failure: drop, which keeps the first row within the watermark's delay, or give the "
        "model dedup or unique_key]",
    ),
    "relationship to a stream": (
        OF_COLUMN.format("id", "{relationships: {arguments: {to: ref('other'), field: id}}}"),
        "1:110 unbounded-test: this test would look for each row in a stream, which has no end "
        "[refer to a seed, or join the stream in a model with a time bound and test what the join "
        "gives]",
    ),
    "relationship to nothing": (
        OF_COLUMN.format("id", "{relationships: {arguments: {to: countries, field: id}}}"),
        "1:89 wrong-arguments: 'countries' does not say what the column refers to "
        "[write to: ref('currencies')]",
    ),
    "relationship to an unknown model": (
        OF_COLUMN.format("id", "{relationships: {arguments: {to: ref('othr'), field: id}}}"),
        "1:89 unknown-ref: there is no model or seed 'othr' [did you mean 'other'?]",
    ),
    "unknown argument of a macro": (
        OF_COLUMN.format("id", "{multiple: {arguments: {by: 3}}}"),
        "1:80 wrong-arguments: the data test 'multiple' has no argument 'by' "
        "[its arguments: divisor]",
    ),
    "a macro's test beside no column": (
        OF_ROW.format("{multiple: {arguments: {divisor: 3}}}"),
        "1:36 wrong-arguments: the data test 'multiple' is about a column, and stands beside none "
        "[put it under a column]",
    ),
}
BESIDE = {
    "models/other.sql": "SELECT id FROM {{ source('shop', 'orders') }}\n",
    "macros/tests.sql": """\
        {% macro test_multiple(column_name, divisor) %}
          {{ column_name }} % {{ divisor }} = 0
        {% endmacro %}
        {% macro test_broken(column_name) %}
          {{ column_name }} > 0
          AND lenght({{ column_name }}) < 5
        {% endmacro %}
        {% macro test_raising(column_name) %}
          {{ colum }} > 0
        {% endmacro %}
        """,
}


@pytest.mark.parametrize(("text", "finding"), CASES.values(), ids=CASES)
def test_finding(text: str, finding: str) -> None:
    found = errors({**BESIDE, "models/t.yml": text})
    assert found == [f"models/t.yml:{finding}"]


def test_a_mistake_in_a_macro_is_reported_in_the_macro() -> None:
    (sql,) = errors({**BESIDE, "models/t.yml": OF_COLUMN.format("id", "broken")})
    assert sql.startswith("macros/tests.sql:6:7 unknown-function: ")
    (jinja,) = errors({**BESIDE, "models/t.yml": OF_COLUMN.format("id", "raising")})
    assert jinja.startswith("macros/tests.sql:9:6 unknown-variable: 'colum' is not defined")


UNIQUE = {"models/t.yml": OF_COLUMN.format("id", "unique")}
DROPPED = {"models/t.yml": OF_COLUMN.format("id", "{unique: {config: {on_failure: drop}}}")}
SELECT = "SELECT id, currency, at FROM {{ source('shop', 'orders') }}\n"


@pytest.mark.parametrize(
    "config",
    [
        "materialized='topic', dedup={'keys': ['ID']}",
        "materialized='table', unique_key='id', order_by='at'",
    ],
)
def test_what_is_unique_by_its_settings_needs_nothing_more(config: str) -> None:
    model = "{{ config(" + config + ") }}\n" + SELECT
    assert errors({**UNIQUE, "models/out.sql": model}) == []


def test_unique_against_another_dedup() -> None:
    model = "{{ config(materialized='topic', dedup={'keys': ['currency']}) }}\n" + SELECT
    (found,) = errors({**DROPPED, "models/out.sql": model})
    assert found == (
        "models/t.yml:1:57 conflicting-keys: 'unique' needs a dedup by 'id', and there is another "
        "one [keep one: dedup is at models/out.sql:1:39]"
    )


def test_unique_without_a_watermark() -> None:
    bare = SOURCES.replace("        watermark: {column: at, delay: 1 hour}\n", "")
    (found,) = errors({**DROPPED, "models/s.yml": bare})
    assert "dedup-without-watermark" in found


def test_a_condition_that_is_too_deep() -> None:
    deep = "(" * 3000 + "id" + ")" * 3000 + " > 0"
    (of_model,) = errors({"models/t.yml": expression(deep)})
    source = SOURCES.replace(
        "bigint}", f"bigint, data_tests: [{{expression: {{arguments: {{expression: {deep}}}}}}}]}}"
    )
    assert errors({"models/s.yml": source})
    assert of_model


def test_more_tests_than_can_be_counted() -> None:
    many = ", ".join(f"{{range: {{arguments: {{min: {n}}}}}}}" for n in range(61))
    (found,) = errors({"models/t.yml": OF_COLUMN.format("id", many)})
    assert "query-too-large: there are 61 data tests here, and at most 60" in found
