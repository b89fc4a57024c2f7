"""Every mistake in YAML has its place, its name and, where there is one, a way out."""

from __future__ import annotations

import pytest
from project_texts import load, told

SOURCE = """\
sources:
  - name: shop
    tables:
      - name: orders
        topic: shop.orders
"""
TESTED = "models: [{{name: a, columns: [{{name: b, data_tests: [{}]}}]}}]\n"

CASES = {
    "unknown key of the file": ("modles: []\n", "1:1 unknown-key"),
    "unknown key of a source": (SOURCE + "    loader: x\n", "6:5 unknown-key"),
    "unknown key of a table": (SOURCE + "        topik: x\n", "6:9 unknown-key"),
    "unknown key of a model": ("models: [{name: a, materialized: view}]\n", "1:20 unknown-key"),
    "unknown setting": ("models:\n  - name: a\n    config: {tagz: x}\n", "3:14 unknown-key"),
    "a seed's setting": ("models:\n  - name: a\n    config: {quote: x}\n", "3:14 unknown-key"),
    "duplicate key": (SOURCE + "        topic: again\n", "6:9 duplicate-key"),
    "broken YAML": ("models: [a\nb: c\n", "2:2 yaml-syntax"),
    "tab": ("models:\n\t- name: a\n", "2:1 yaml-syntax"),
    "unquoted Jinja": ("models:\n  - name: {{ var('x') }}\n", "2:12 wrong-type"),
    "a list is wanted": ("models: {name: a}\n", "1:9 wrong-type"),
    "a text is wanted": (SOURCE + "        format: [json]\n", "6:17 wrong-type"),
    "a mapping is wanted": (SOURCE + "        options: earliest\n", "6:18 wrong-type"),
    "a name is wanted": ("models:\n  - description: x\n", "2:5 missing-key"),
    "version": ("version: 3\n", "1:10 unknown-value"),
    "on_error": (SOURCE + "        on_error: deadletter\n", "6:19 unknown-value"),
    "no topic": (SOURCE.replace("        topic: shop.orders\n", ""), "4:15 missing-key"),
    "two topics": (SOURCE + "        topic_pattern: s.*\n", "6:24 conflicting-keys"),
    "connection": (SOURCE + "        connection: kafak\n", "6:21 unknown-connection"),
    "dead letter's connection": (
        SOURCE + "        dead_letter: {connection: x}\n",
        "6:35 unknown-connection",
    ),
    "dead letter of nothing": (
        SOURCE + "        on_error: drop\n        dead_letter: {topic: x}\n",
        "7:22 conflicting-keys",
    ),
    "watermark without delay": (
        SOURCE + "        watermark: {column: ts}\n",
        "6:20 missing-key",
    ),
    "interval": (
        SOURCE + "        watermark: {column: ts, delay: 10 mins}\n",
        "6:40 bad-interval",
    ),
    "data type": (
        SOURCE + "        columns: [{name: a, data_type: text}]\n",
        "6:40 bad-data-type",
    ),
    "column twice": (
        SOURCE + "        columns: [{name: a}, {name: A}]\n",
        "6:37 duplicate-name",
    ),
    "unique record of a source": (
        SOURCE + "        columns: [{name: a, data_tests: [not_null, unique]}]\n",
        "6:52 unbounded-test",
    ),
    "quarantine without dead letters": (
        SOURCE
        + "        on_error: drop\n"
        + "        columns: [{name: a, data_tests: "
        + "[{not_null: {config: {on_failure: quarantine}}}]}]\n",
        "7:75 impossible-quarantine",
    ),
    "no argument of not_null": (
        SOURCE + "        columns: [{name: a, data_tests: [{not_null: {arguments: {x: 1}}}]}]\n",
        "6:66 unknown-key",
    ),
    "no such key of a test": (TESTED.format("{not_null: {where: x}}"), "1:65 unknown-key"),
    "argument outside of arguments": (
        TESTED.format("{accepted_values: {values: [1]}}"),
        "1:72 unknown-key",
    ),
    "test without its argument": (TESTED.format("{matches: {arguments: {}}}"), "1:75 missing-key"),
    "values that are no list": (
        TESTED.format("{accepted_values: {arguments: {values: 1}}}"),
        "1:92 wrong-type",
    ),
    "range of nothing": (TESTED.format("{range: {}}"), "1:54 missing-key"),
    "empty range": (
        TESTED.format("{range: {arguments: {min: 3, max: 2}}}"),
        "1:79 conflicting-keys",
    ),
    "inclusive without a bound": (
        TESTED.format("{range: {arguments: {min: 3, max_inclusive: true}}}"),
        "1:97 conflicting-keys",
    ),
    "on_failure against severity": (
        TESTED.format("{not_null: {config: {on_failure: drop, severity: error}}}"),
        "1:102 conflicting-keys",
    ),
    "no such consequence": (
        TESTED.format("{not_null: {config: {on_failure: reject}}}"),
        "1:86 unknown-value",
    ),
    "two tests in one": (TESTED.format("{not_null: {}, unique: {}}"), "1:53 wrong-type"),
    "test of a column beside none": (
        "models: [{name: a, data_tests: [not_null]}]\n",
        "1:33 wrong-arguments",
    ),
    "unit tests": ("unit_tests: []\n", "1:1 unsupported-test"),
    "exposures": ("exposures: []\n", "1:1 unknown-key"),
    "no such model": ("models: [{name: b}]\n", "1:17 unknown-model"),
    "model described twice": ("models: [{name: a}, {name: a}]\n", "1:28 duplicate-name"),
    "no such seed": ("seeds: [{name: b}]\n", "1:16 unknown-model"),
    "source twice": (
        SOURCE + "      - {name: orders, topic: x}\n",
        "6:16 duplicate-name",
    ),
    "bad source name": ("sources: [{name: my-shop, tables: []}]\n", "1:18 bad-name"),
    "materialization": (
        "models:\n  - name: a\n    config: {materialized: tpic}\n",
        "3:28 unknown-value",
    ),
    "partitions": (
        "models:\n  - name: a\n    config: {partitions: none}\n",
        "3:26 wrong-type",
    ),
    "enabled": ("models:\n  - name: a\n    config: {enabled: maybe}\n", "3:23 wrong-type"),
    "trigger": ("models:\n  - name: a\n    config: {trigger: now}\n", "3:23 unknown-value"),
    "a trigger's key": (
        "models:\n  - name: a\n    config: {trigger: {every: 1 s}}\n",
        "3:24 unknown-key",
    ),
    "dedup": ("models:\n  - name: a\n    config: {dedup: {within: 1 day}}\n", "3:21 missing-key"),
    "unknown variable": ('models: [{name: a, description: "{{ var(1, 2, 3) }}"}]\n', None),
    "unset variable": (
        "models: [{name: a, description: \"{{ var('x') }}\"}]\n",
        "1:33 unknown-var",
    ),
    "unset environment": (
        "models: [{name: a, description: \"{{ env_var('X') }}\"}]\n",
        "1:33 unknown-env-var",
    ),
    "secret": (
        "models: [{name: a, description: \"{{ env_var('STREAMSQL_ENV_SECRET_X') }}\"}]\n",
        "1:33 secret-outside-profiles",
    ),
    "unknown function": (
        "models: [{name: a, description: \"{{ ref('x') }}\"}]\n",
        "1:33 unknown-variable",
    ),
    "no such docs": (
        "models: [{name: a, description: \"{{ doc('x') }}\"}]\n",
        "1:33 unknown-doc",
    ),
    "Jinja in a value": (
        'models: [{name: a, description: "{{ a b }}"}]\n',
        "1:33 jinja-syntax",
    ),
    "Jinja with its braces escaped": (
        "models: [{name: a, description: \"\\x7b\\u007b var('x') }}\"}]\n",
        "1:33 unknown-var",
    ),
    "a loop in a value": (
        'models: [{name: a, description: "{% for x in y %}{% endfor %}"}]\n',
        "1:33 jinja-syntax",
    ),
    "out of the sandbox": (
        "models: [{name: a, description: \"{{ ''.__class__ }}\"}]\n",
        "1:33 sandbox",
    ),
    "a python object": ("models: !!python/name:os.system x\n", "1:9 yaml-syntax"),
    "two documents": ("models: []\n---\nseeds: []\n", "2:1 yaml-syntax"),
    "a bomb of aliases": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n"
            for i in range(7)
        ),
        None,
    ),
}


@pytest.mark.parametrize(("text", "finding"), CASES.values(), ids=CASES)
def test_finding(text: str, finding: str | None) -> None:
    found = load({"models/a.sql": "SELECT 1", "models/it.yml": text}).findings
    assert found
    if finding is not None:
        assert told(found) == [f"models/it.yml:{finding}"]


def test_hints_name_what_was_meant() -> None:
    found = load({"models/a.sql": "", "models/it.yml": SOURCE + "        topci: x\n"}).findings
    assert found[0].hint == "did you mean 'topic'?"


def test_a_decimal_cut_in_two_by_a_flow_mapping_is_explained() -> None:
    text = SOURCE + "        columns: [{name: a, data_type: decimal(10,2)}]\n"
    hints = [f.hint for f in load({"models/it.yml": text}).findings]
    assert "put quotes around it: 'decimal(10,2)'" in hints


def test_a_broken_file_does_not_stop_the_others() -> None:
    project = load({"models/a.yml": "a: [", "models/b.yml": SOURCE})
    assert [s.unique_name for s in project.sources] == ["shop.orders"]
    assert told(project.findings) == ["models/a.yml:2:1 yaml-syntax"]


def test_an_alias_bomb_is_stopped() -> None:
    found = load({"models/it.yml": CASES["a bomb of aliases"][0]}).findings
    assert "yaml-syntax" in {f.rule for f in found}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "- " * 200_000,
        "a: &a [*a]",
        "{" * 5000,
        "? " * 200_000,
        '[a, "b", ' * 100_000,
        "{a: it's, b: '}', c: " * 40_000,  # as if each were closed
        '["]", ' * 100_000,
        "[{x: 'y'}, # ]\n" * 60_000,
    ],
)
def test_nesting_without_end_is_a_finding(text: str) -> None:
    assert {f.rule for f in load({"models/it.yml": text}).findings} == {"yaml-syntax"} or text[
        0
    ] == "a"
