"""What data tests make of a plan: topics, writes, and where a row's record is known."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from data_tests.test_findings import OF_COLUMN, SOURCES, compiled, errors

from streamsql.plan.nodes import Query

HELD = "{not_null: {config: {on_failure: quarantine}}}"
DROP = "config: {on_failure: drop}"
TESTED = {"models/t.yml": OF_COLUMN.format("id", HELD)}
TOPIC = "{{ config(materialized='topic', topic='out') }}\n"


def query(texts: Mapping[str, str], name: str = "out") -> Query:
    made = compiled(texts)
    assert made.plan is not None, made.errors
    return made.plan.query(name)


def test_good_and_quarantined_rows_of_a_topic_are_one_write() -> None:
    (write,) = query(TESTED).writes
    assert (write.topic, write.dead_letter) == ("out", "out.dead_letter")
    assert "topic" not in write.options
    assert "IF(_streamsql_failed & 1L != 0, 'out.dead_letter', 'out') AS topic" in query(TESTED).sql


def test_rows_are_counted_as_they_are_written_unless_some_are_dropped() -> None:
    (only,) = query(TESTED).steps
    assert only.observation is not None
    assert "_streamsql_failed\nFROM" in only.sql
    dropping = OF_COLUMN.format("id", f"{HELD}, {{range: {{arguments: {{min: 1}}, {DROP}}}}}")
    marked, records = query({"models/t.yml": dropping}).steps
    assert marked.observation is not None
    assert records.observation is None


def test_a_table_has_a_write_for_its_dead_letters() -> None:
    table = "{{ config(materialized='table') }}\nSELECT id FROM {{ source('shop', 'orders') }}\n"
    good, bad = query({**TESTED, "models/out.sql": table}).writes
    assert (good.kind, good.format) == ("table", "delta")
    assert (bad.topic, bad.connection) == ("out.dead_letter", "kafka")


def test_parquet_cannot_quarantine() -> None:
    table = (
        "{{ config(materialized='table', format='parquet') }}\n"
        "SELECT id FROM {{ source('shop', 'orders') }}\n"
    )
    (found,) = errors({**TESTED, "models/out.sql": table})
    assert found.startswith("models/t.yml:1:89 impossible-quarantine: parquet files cannot")


def test_dead_letter_without_a_test_that_quarantines() -> None:
    table = (
        "{{ config(materialized='table', dead_letter={'topic': 'lost'}) }}\n"
        "SELECT id FROM {{ source('shop', 'orders') }}\n"
    )
    (found,) = errors({"models/out.sql": table})
    assert found.startswith("models/out.sql:1:45 conflicting-keys: 'dead_letter' means nothing")


def test_a_pattern_never_matches_a_topic_of_quarantined_rows() -> None:
    pattern = """\
        sources:
          - name: all
            tables:
              - {name: topics, topic_pattern: "o.*", columns: [{name: id, data_type: bigint}]}
        """
    model = "{{ config(topic='out', materialized='topic', dead_letter={'topic': 'odd_rows'}) }}\n"
    texts = {
        **TESTED,
        "models/out.sql": model + "SELECT id FROM {{ source('shop', 'orders') }}\n",
        "models/p.yml": pattern,
        "models/all.sql": "{{ config(materialized='topic') }}\n"
        "SELECT id FROM {{ source('all', 'topics') }}\n",
    }
    (read,) = query(texts, "all").reads
    assert read.topic_pattern is not None
    assert "odd_rows" in read.topic_pattern


UNTESTED = "SELECT id, currency, at FROM {{ source('shop', 'orders') }}"
TRACED = {
    "a plain model": UNTESTED,
    "a star": "SELECT * FROM {{ source('shop', 'orders') }}",
    "a star of the relation": "SELECT o.*, 1 AS one FROM {{ source('shop', 'orders') }} AS o",
    "all rows": "SELECT ALL id FROM {{ source('shop', 'orders') }}",
    "a common table expression": "WITH o AS (SELECT id FROM {{ source('shop', 'orders') }})\n"
    "SELECT o.id FROM o WHERE id > 3",
    "a subquery": "SELECT id FROM (SELECT id, at FROM {{ source('shop', 'orders') }}) AS o",
    "a join with a seed": "SELECT o.id FROM {{ source('shop', 'orders') }} AS o\n"
    "LEFT JOIN {{ ref('countries') }} AS c ON c.code = o.currency",
    "an explosion": "SELECT id, part FROM {{ source('shop', 'orders') }}\n"
    "LATERAL VIEW explode(split(currency, '')) AS part",
    "a view": "SELECT id FROM {{ ref('view') }}",
    "a topic": "SELECT id FROM {{ ref('topic') }}",
}
UNTRACED = {
    "an aggregate": "SELECT max(id) AS id, window(at, '1 minute').start AS minute\n"
    "FROM {{ source('shop', 'orders') }} GROUP BY window(at, '1 minute')",
    "a union": "SELECT id FROM {{ source('shop', 'orders') }}\n"
    "UNION ALL SELECT id FROM {{ ref('topic') }}",
    "distinct rows": "SELECT DISTINCT id, at FROM {{ source('shop', 'orders') }}",
    "a join of streams": "SELECT a.id FROM {{ source('shop', 'orders') }} AS a\n"
    "JOIN {{ ref('view') }} AS b ON a.id = b.id AND a.at = b.at",
    "an expression that is read twice": "WITH o AS (SELECT id, at FROM "
    "{{ source('shop', 'orders') }})\nSELECT a.id FROM o AS a JOIN o AS b ON a.id = b.id "
    "AND a.at = b.at",
}
BESIDE = {
    "seeds/countries.csv": "code\nDE\n",
    "models/view.sql": "SELECT id, at FROM {{ source('shop', 'orders') }} AS orders",
    "models/topic.sql": "{{ config(materialized='topic') }}\nSELECT id FROM {{ ref('view') }}",
}


@pytest.mark.parametrize("sql", TRACED.values(), ids=TRACED)
def test_the_record_of_a_row_is_known(sql: str) -> None:
    made = query({**BESIDE, **TESTED, "models/out.sql": TOPIC + sql}).sql
    assert "CAST(_streamsql_source.offset AS STRING)" in made


@pytest.mark.parametrize("sql", UNTRACED.values(), ids=UNTRACED)
def test_the_record_of_a_row_is_not_known(sql: str) -> None:
    made = query({**BESIDE, **TESTED, "models/out.sql": TOPIC + sql}).sql
    assert "'streamsql.test'" in made
    assert "_streamsql_source" not in made


STRICT = "{not_null: {config: {on_failure: fail}}}"
ALL = "{{ config(materialized='topic') }}\nSELECT DISTINCT * FROM {{ ref('view') }}"


def test_a_view_that_ends_queries_tells_the_record_and_hands_it_to_nobody() -> None:
    view = OF_COLUMN.format("id", STRICT).replace("name: out", "name: view")
    made = query({**BESIDE, "models/t.yml": view, "models/out.sql": ALL}).sql
    assert "' at offset ', _streamsql_source.offset" in made
    assert "SELECT * EXCEPT (_streamsql_failed, _streamsql_source)\n  FROM tested__view" in made


def test_a_source_that_ends_queries_tells_the_record_and_hands_it_to_nobody() -> None:
    source = SOURCES.replace("data_type: bigint", f"data_type: bigint, data_tests: [{STRICT}]")
    made = query({**BESIDE, "models/s.yml": source, "models/out.sql": ALL}).sql
    assert "' at offset ', _streamsql_source.offset" in made
    assert "EXCEPT (_streamsql_failed, _streamsql_source)\n  FROM tested__shop__orders" in made


def test_a_model_without_tests_is_compiled_as_before() -> None:
    made = query({"models/s.yml": SOURCES})
    assert made.tests == ()
    assert "_streamsql" not in made.sql
