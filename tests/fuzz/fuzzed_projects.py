"""Sound projects, and the ways in which they are damaged: all decided by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from streamsql.project.files import read_files
from streamsql.project.nodes import ProjectFiles

TESTS = Path(__file__).parent.parent
SAMPLE = TESTS.parent

SOURCES = """\
version: 2
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: orders
        format: json
        watermark: {column: ordered_at, delay: 10 minutes}
        columns:
          - {name: order_id, data_type: bigint, data_tests: [not_null]}
          - {name: customer_id, data_type: string}
          - {name: amount, data_type: "decimal(10,2)"}
          - {name: currency, data_type: string}
          - {name: ordered_at, data_type: timestamp}
          - {name: items, data_type: "array<struct<sku:string,price:decimal(8,2),count:int>>"}
          - {name: address, data_type: "struct<city:string,zip:string>"}
      - name: payments
        topic: payments
        format: json
        watermark: {column: paid_at, delay: 5 minutes}
        columns:
          - {name: order_id, data_type: bigint}
          - {name: paid, data_type: "decimal(12,4)"}
          - {name: paid_at, data_type: timestamp}
"""
MODELS = """\
models:
  - name: m
    description: "{{ doc('m') }}"
    config: {materialized: topic, key: [order_id], trigger: {processing_time: 1 second},
             contract: {enforced: false}}
    columns: [{name: order_id, data_type: bigint, description: x}]
seeds:
  - name: rates
    config: {delimiter: ","}
"""
SQL = """\
{{ config(topic='t', headers={'h': 'currency'}, tags=['a']) }}
{% set y %}{{ var('x') }}{% endset -%}
WITH o AS (SELECT * FROM {{ source('shop', 'orders') }} WHERE amount > 1),
w AS (
  SELECT window(ordered_at, '10 minutes') AS w, customer_id, count(*) AS n,
    sum(CASE WHEN amount > 5 THEN amount ELSE 0 END) AS total, max(address.city) AS city
  FROM o GROUP BY window(ordered_at, '10 minutes'), customer_id HAVING count(*) > 1
)
SELECT o.order_id, {{ m('o.currency') | trim }} AS currency, p.paid, o.items[0].sku AS sku,
  aggregate(o.items, 0, (a, i) -> a + i.count) AS pieces, r.rate,
  CAST(o.amount AS DOUBLE) / 3 AS third, o.ordered_at, {{ y }} AS y
FROM o LEFT JOIN {{ source('shop', 'payments') }} AS p
  ON p.order_id = o.order_id AND p.paid_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR
JOIN {{ ref('rates') }} r ON r.currency = o.currency
LATERAL VIEW explode(o.items) e AS item
{% for c in ['EUR', 'USD'] -%} {% if loop.first %}WHERE{% else %}OR{% endif %}
  o.currency = '{{ c }}' {%- endfor %}
"""
TOML = 'name = "shop"\nprofile = "shop"\n[vars]\nx = 1\n[models]\ntags = ["x"]\n'
PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      spark: {master: "local[*]", version: 4.1.1, conf: {a: 1}}
      connections: {kafka: {type: kafka, bootstrap_servers: "{{ env_var('B', 'c') }}"}}
"""
SMALL: Mapping[str, str] = {
    "streamsql.toml": TOML,
    "profiles.yml": PROFILES,
    "models/sources.yml": SOURCES,
    "models/models.yml": MODELS,
    "models/m.sql": SQL,
    "models/docs.md": "{% docs m %}What it *is*.{% enddocs %}\n",
    "macros/m.sql": "{% macro m(x) %}upper({{ x }}){% if x is none %}{{ caller() }}{% endif %}"
    "{% endmacro %}",
    "seeds/rates.csv": 'currency,rate\nEUR,1.0\n"US""D",1.1\n',
}

SCRAPS = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "-%}", "'", '"', "`", ":", "- ", "\n", "\r", "\t", "  "),
    *("[", "]", "{", "}", "(", ")", "((((", "))))", "|", "*", "&a ", "*a", "!!x ", "<<: ", "? "),
    *("é", "\x00", "\ud800", "\u2028", "\ufeff", "𝒳", "\\", "=", "~", ".", ",", ";", "--", "/*"),
    *("__class__", "null", "true", "1e999", "0x", "1e-9999", "9" * 40, "-", "+", "/", "%", "::"),
    *("ref('m')", "ref('x')", "source('shop', 'orders')", "config(", "var('x')", "this", "loop."),
    *("SELECT ", " FROM ", " WHERE ", " GROUP BY ", " JOIN ", " UNION ALL ", " AS ", "DISTINCT "),
    *("window(", "session_window(", " OVER (", "CASE WHEN ", " END", "INTERVAL ", " LIMIT 1"),
    *(" WATERMARK ", " DELAY OF ", "STREAM ", "LATERAL VIEW ", " PIVOT (", "VALUES ", "CAST("),
    *(
        "WITH a AS (SELECT 1) ",
        " ORDER BY ",
        "GROUPING SETS (",
        "NULL",
        "map()",
        "array(",
        "struct(",
    ),
    *(" ON ", " USING (", " IN (", " BETWEEN ", " NATURAL ", "\\N", "$$", "@", "?", "!", "<", ">"),
    *("*/", "->", "<=>", " |> ", "EXISTS (", "#", "QUALIFY ", " FILTER (WHERE "),
)
_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)


@cache
def texts_to_begin_with() -> tuple[Mapping[str, str], ...]:
    """Return the projects that are damaged: a small one, the sample, and each SQL of the tests."""
    sample = read_files(SAMPLE, env={})
    assert sample.profiles is not None
    return (SMALL, {**sample.texts, "profiles.yml": sample.profiles[1]})


@cache
def pieces_of_sql() -> tuple[str, ...]:
    """Return the queries that stand in the golden files of the tests."""
    found: list[str] = []
    for path in sorted((TESTS / "resolve" / "cases").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        found += re.findall(r"^== models/\w+\.sql\n(.*?)(?=^== )", text, re.MULTILINE | re.DOTALL)
    for path in sorted((TESTS / "oracle").glob("*.jsonl")):
        found += re.findall(r'"sql": "((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8"))
    for path in sorted((TESTS / "sql" / "cases").glob("*")):
        found.append(path.read_text(encoding="utf-8")[:4000])
    return tuple(found)


def damaged_project(seed: int) -> ProjectFiles:
    """Return a project with some damage in it: the same for the same seed."""
    chance = random.Random(seed)
    texts = dict(chance.choice(texts_to_begin_with()))
    if chance.random() < 0.35:
        texts["models/extra.sql"] = chance.choice(pieces_of_sql())
    paths = [p for p in texts if p != "pyproject.toml"]
    for _ in range(chance.choice((1, 1, 2, 4))):
        path = chance.choice(paths)
        if "models/extra.sql" in texts and chance.random() < 0.7:
            path = "models/extra.sql"
        texts[path] = damaged(texts[path], chance)
    profiles = texts.pop("profiles.yml")
    return ProjectFiles(texts=texts, profiles=("profiles.yml", profiles), env={})


def damaged(text: str, chance: random.Random) -> str:
    """Return a text with a few places changed, each in one of several ways."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        text = chance.choice(_DAMAGES)(text, chance)
    return text


def _scrap(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.choice([0, 0, 1, 3, 12]))
    return text[:start] + chance.choice(SCRAPS) + text[end:]


def _word(text: str, chance: random.Random) -> str:
    """Put a word of the text, or of another query, in the place of another."""
    words = _WORDS.findall(text)
    if not words:
        return chance.choice(SCRAPS)
    others = words if chance.random() < 0.6 else _WORDS.findall(chance.choice(pieces_of_sql()))
    words[chance.randrange(len(words))] = chance.choice(others or words)
    return "".join(words)


def _copied(text: str, chance: random.Random) -> str:
    start, length = chance.randrange(len(text) + 1), chance.choice([2, 10, 60, 300])
    place = chance.randrange(len(text) + 1)
    return text[:place] + text[start : start + length] * chance.choice([1, 1, 2, 9]) + text[place:]


def _cut(text: str, chance: random.Random) -> str:
    start, length = chance.randrange(len(text) + 1), chance.choice([1, 5, 20, 100])
    return text[:start] + text[start + length :]


def _swapped(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return text[::-1]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def _spliced(text: str, chance: random.Random) -> str:
    """Put a query, or the end of one, where a word stands."""
    query = chance.choice(pieces_of_sql())
    start = chance.randrange(len(query) + 1) if chance.random() < 0.5 else 0
    place = chance.randrange(len(text) + 1)
    around = ("(", ")") if chance.random() < 0.5 else ("", "")
    return text[:place] + around[0] + query[start:] + around[1] + text[place:]


_DAMAGES = (_scrap, _scrap, _word, _word, _word, _copied, _cut, _swapped, _spliced)
