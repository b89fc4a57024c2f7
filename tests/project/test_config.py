"""Merging of settings: from folder to YAML to ``config()``, and who accepts what."""

from __future__ import annotations

import pytest
from project_texts import PROFILES, load, render, told

from streamsql.project.nodes import ModelConfig, Trigger

TWO_KAFKAS = PROFILES + "        other: {type: kafka, bootstrap_servers: 'x:1'}\n"

# The place of each finding is marked by ^.
CASES = {
    "a topic's setting on a view": ("config(key=^'a')", "config-not-allowed"),
    "a table's setting on a topic": (
        "config(materialized='topic', unique_key=^'a')",
        "config-not-allowed",
    ),
    "a key without an order": ("config(materialized='table', unique_key=^'a')", "missing-config"),
    "an order without a key": ("config(materialized='table', order_by=^'a')", "missing-config"),
    "a merge into parquet": (
        "config(materialized='table', unique_key=^'a', order_by='b', format='parquet')",
        "config-not-allowed",
    ),
    "a change feed of parquet": (
        "config(materialized='table', format='parquet', change_feed=^true)",
        "config-not-allowed",
    ),
    "a table of csv": ("config(materialized='table', format=^'csv')", "unknown-value"),
    "a sink without format": ("config(materialized=^'sink')", "missing-config"),
    "a dedup without keys": (
        "config(materialized='sink', format='x', dedup=^'a')",
        "wrong-type",
    ),
    "a seed": ("config(materialized=^'seed')", "unknown-value"),
    "no materialization": ("config(materialized=^'tpic', topic='x')", "unknown-value"),
    "no setting": ("config(materialised=^'topic')", "unknown-key"),
    "no interval": (
        "config(materialized='topic',\n  trigger=^{'processing_time': '1'})",
        "bad-interval",
    ),
    "no number": ("config(materialized='topic', partitions=^0)", "wrong-type"),
    "no connection": ("config(materialized='topic', connection=^'x')", "unknown-connection"),
    "in a dict": ("config({'materialized': 'topic', 'topic': ^[]})", "wrong-type"),
    "a list": ("^config(['a'])", "wrong-arguments"),
}


@pytest.mark.parametrize(("call", "rule"), CASES.values(), ids=CASES)
def test_finding(call: str, rule: str) -> None:
    before, after = ("{{ " + call + " }}").split("^")
    rendering = render({"models/a.sql": before + after})
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert told(rendering.findings) == [f"models/a.sql:{line}:{column} {rule}"]
    assert rendering.models == ()


def config_of(call: str, settings: str = 'name = "shop"\n', yaml: str = "") -> ModelConfig:
    texts = {"models/x/a.sql": "{{ " + call + " }}", "models/a.yml": yaml}
    rendering = render(texts, settings=settings)
    assert rendering.findings == ()
    return rendering.models[0].config


def test_defaults_of_a_topic() -> None:
    config = config_of("config(materialized='topic', key='a', headers={'h': 'c'})")
    assert (config.topic, config.format, config.connection) == ("a", "json", "kafka")
    assert (config.key, config.headers, config.trigger) == (("a",), (("h", "c"),), Trigger())


def test_merging() -> None:
    settings = """\
name = "shop"
[models]
connection = "kafka"
tags = ["one"]
options = {a = 1, b = true}
[models.x]
materialized = "table"
partition_by = "p"
"""
    yaml = "models: [{name: a, config: {materialized: topic, tags: two, options: {b: 2}}}]"
    config = config_of("config(tags=['three', 'one'], options={'c': 3}, topic='t')", settings, yaml)
    assert config.materialized == "topic"
    assert config.tags == ("one", "two", "three")
    assert config.options == {"a": "1", "b": "2", "c": "3"}
    assert (config.topic, config.partition_by) == ("t", ())


def test_several_calls_and_calls_with_a_dict() -> None:
    config = config_of("config({'materialized': 'topic', 'key': ['a', 'b']}) }}{{ config(key='c')")
    assert (config.materialized, config.key) == ("topic", ("c",))


def test_triggers() -> None:
    config = config_of("config(materialized='topic', trigger='available_now')")
    assert config.trigger == Trigger("available_now")
    config = config_of("config(materialized='topic', trigger={'available_now': true})")
    assert config.trigger == Trigger("available_now")


def test_which_kafka_a_topic_is_on_must_be_clear() -> None:
    texts = {"models/a.sql": "{{ config(materialized='topic') }}"}
    rendering = render(texts, profiles=TWO_KAFKAS)
    assert told(rendering.findings) == ["models/a.sql:1:24 missing-config"]
    source = {"models/s.yml": "sources: [{name: s, tables: [{name: t, topic: x}]}]"}
    assert told(load(source, profiles=TWO_KAFKAS).findings) == ["models/s.yml:1:37 missing-key"]


def test_an_unreadable_materialization_in_yaml_hides_what_would_follow_from_it() -> None:
    yaml = "models: [{name: a, config: {materialized: tpic, key: a}}]"
    texts = {"models/a.sql": "select 1", "models/a.yml": yaml}
    assert told(load(texts).findings) == ["models/a.yml:1:43 unknown-value"]
    assert render(texts).findings == ()
