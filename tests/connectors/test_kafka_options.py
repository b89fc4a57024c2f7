"""Options of Kafka's source and sink: what is told to Spark, and what is found wrong."""

from __future__ import annotations

import re

import pytest

from streamsql.connectors import check_writer, kafka
from streamsql.findings import Finding, Location

HERE = Location("models/sources.yml", 3, 1)


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [f.rule for f in findings]


def read(**given: object) -> dict[str, str]:
    settings = {"topic": "shop.orders", "topic_pattern": None, "options": {}, **given}
    return kafka.read_options(**settings)  # type: ignore[arg-type]


def test_a_topic_is_read_from_its_earliest_record() -> None:
    assert read() == {
        "startingOffsets": "earliest",
        "kafka.isolation.level": "read_committed",
        "subscribe": "shop.orders",
    }


def test_headers_are_read_only_when_asked_for() -> None:
    assert "includeHeaders" not in read()
    assert read(headers=True)["includeHeaders"] == "true"


def test_options_of_the_source_win() -> None:
    odd = {"kafka.isolation.level": "read_uncommitted"}
    assert read(options=odd)["kafka.isolation.level"] == "read_uncommitted"
    told = read(options={"maxOffsetsPerTrigger": "5", "startingOffsets": "latest"})
    assert told["maxOffsetsPerTrigger"] == "5"
    assert told["startingOffsets"] == "latest"
    assert "failOnDataLoss" not in told


def test_connection_options_get_the_prefix() -> None:
    told = kafka.client_options("b:1", {"security.protocol": "SASL_SSL", "kafka.client.id": "a"})
    assert told == {
        "kafka.security.protocol": "SASL_SSL",
        "kafka.client.id": "a",
        "kafka.bootstrap.servers": "b:1",
    }


@pytest.mark.parametrize(
    "option",
    [
        ("startingOffsets", "latest"),
        ("startingOffsets", '{"shop.orders": {"0": 23, "1": -2}}'),
        ("startingTimestamp", "1767225600000"),
        ("maxOffsetsPerTrigger", "1000"),
        ("MAXOFFSETSPERTRIGGER", "1000"),
        ("maxTriggerDelay", "15m"),
        ("failOnDataLoss", "false"),
        ("kafka.session.timeout.ms", "1000"),
    ],
)
def test_good_options(option: tuple[str, str]) -> None:
    assert kafka.check_source(dict([option]), HERE) == ()


@pytest.mark.parametrize(
    ("name", "value", "rule", "hint"),
    [
        ("maxOffsetPerTrigger", "1", "unknown-option", "did you mean 'maxOffsetsPerTrigger'"),
        ("security.protocol", "SSL", "unknown-option", "begin with 'kafka.'"),
        ("subscribe", "x", "forbidden-option", "'topic'"),
        ("endingOffsets", "latest", "forbidden-option", "no end"),
        ("kafka.auto.offset.reset", "latest", "forbidden-option", "startingOffsets"),
        ("kafka.bootstrap.servers", "x:1", "forbidden-option", "bootstrap_servers"),
        ("kafka.group.id", "mine", None, None),
        ("maxOffsetsPerTrigger", "0", "invalid-option", None),
        ("maxOffsetsPerTrigger", "many", "invalid-option", None),
        ("startingOffsets", "newest", "invalid-option", None),
        ("startingOffsets", '{"t": {"0": -3}}', "invalid-option", None),
        ("startingOffsets", '{"t": {"zero": 3}}', "invalid-option", None),
        ("startingOffsets", '{"t": 5}', "invalid-option", None),
        ("startingOffsetsByTimestamp", "earliest", "invalid-option", None),
        ("failOnDataLoss", "no", "invalid-option", None),
    ],
)
def test_bad_options(name: str, value: str, rule: str | None, hint: str | None) -> None:
    found = kafka.check_source({name: value}, HERE)
    assert rules(found) == ([rule] if rule else [])
    for finding in found:
        assert finding.location == HERE
        assert name in finding.message
        assert hint is None or hint in (finding.hint or "")


@pytest.mark.parametrize(
    "options",
    [
        {"startingOffsets": "latest", "startingTimestamp": "1"},
        {"minOffsetsPerTrigger": "10", "maxOffsetsPerTrigger": "9"},
        {"startingOffsetsByTimestampStrategy": "latest"},
    ],
)
def test_options_that_contradict_each_other(options: dict[str, str]) -> None:
    assert rules(kafka.check_source(options, HERE)) == ["conflicting-options"]


def test_sink_options() -> None:
    assert kafka.check_sink({"kafka.linger.ms": "5"}, HERE) == ()
    assert rules(kafka.check_sink({"topic": "x"}, HERE)) == ["forbidden-option"]
    assert rules(kafka.check_sink({"checkpointLocation": "x"}, HERE)) == ["forbidden-option"]
    assert rules(kafka.check_sink({"kafka.transactional.id": "x"}, HERE)) == ["forbidden-option"]


@pytest.mark.parametrize(
    ("pattern", "topic", "matches"),
    [
        (r"shop\..*", "shop.orders", True),
        (r"shop\..*", "shop.orders.dead_letter", False),
        (r"shop\..*", "shop.bad", False),
        (r"shop\..*", "shop.bad.not", True),
        (r"a|.*", "x.dead_letter", False),
        (r".*dead_letter", "a.dead_letter", False),
        (r".*", "a.dead_letter.replayed", False),
        (r"shop\..*", "shop.bad.replayed", False),
        (r"shop\..*", "shop.replayed", True),
        (r"a|b", "b", True),
        (r"shop\..*", "shopXorders", False),
    ],
)
def test_a_pattern_never_matches_dead_letters(pattern: str, topic: str, matches: bool) -> None:
    guarded = kafka.guarded_pattern(pattern, ["shop.bad"])
    # Kafka asks Java's Matcher.matches(), of which fullmatch is the like for these patterns.
    assert bool(re.fullmatch(guarded, topic)) is matches
    assert read(topic=None, topic_pattern=guarded)["subscribePattern"] == guarded


@pytest.mark.parametrize("pattern", ["", " ", "a)|(b", "(a", "[a", r"\Qa", "(?x)a #", "a\\"])
def test_patterns_that_could_leave_the_guard(pattern: str) -> None:
    assert rules(kafka.check_pattern(pattern, HERE)) == ["invalid-pattern"]


@pytest.mark.parametrize("pattern", [r"a(b|c)[)(]", r"\(a", r"[a-z&&[^b]]+", r"\p{L}+", "(?i)x"])
def test_patterns_that_are_sound(pattern: str) -> None:
    assert kafka.check_pattern(pattern, HERE) == ()


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("delta", {"mergeSchema": "true"}, []),
        ("delta", {"mergeShema": "true"}, ["unknown-option"]),
        ("delta", {"txnAppId": "x"}, ["forbidden-option"]),
        ("delta", {"checkpointLocation": "x"}, ["forbidden-option"]),
        ("parquet", {"compression": "zstd"}, []),
        ("parquet", {"compression": "rar"}, ["invalid-option"]),
        ("parquet", {"path": "/x"}, ["forbidden-option"]),
        ("console", {"numRows": "50", "truncate": "false"}, []),
        ("console", {"rows": "50"}, ["unknown-option"]),
        ("mongodb", {"anything": "goes"}, []),
        ("mongodb", {"checkpointlocation": "x"}, ["forbidden-option"]),
    ],
)
def test_writers(name: str, options: dict[str, str], expected: list[str]) -> None:
    assert rules(check_writer(name, options, HERE)) == expected
