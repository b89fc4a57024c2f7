"""Topics that are made, that drift, and where their readers start: asked of a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer

from streamsql.connectors.kafka import read_options
from streamsql.dev.broker import EmbeddedBroker
from streamsql.errors import ConnectionFault, PlanError
from streamsql.findings import Location
from streamsql.plan.nodes import Plan, Query, QueryRead, QueryWrite
from streamsql.project.nodes import Connection, Trigger
from streamsql.spark.kafka import Record, TopicSpec, create_topics, list_topics, produce, read_last
from streamsql.spark.topics import Topics

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.kafka
PREFIX = "topics_test"
HOUR = 3_600_000
DAWN = 1_790_000_000_000  # milliseconds since 1970


@pytest.fixture(scope="module")
def events(broker: EmbeddedBroker) -> str:
    """A topic of three partitions: five records an hour apart in 0, one in 1, none in 2."""
    name = f"{PREFIX}.events"
    create_topics(broker.connection, [TopicSpec(name, 3)])
    records = [Record(b"x", partition=0, timestamp=DAWN + n * HOUR) for n in range(5)]
    produce(broker.connection, name, [*records, Record(b"y", partition=1, timestamp=DAWN)])
    return name


def read_of(topic: str, *partitions: int, **options: str) -> QueryRead:
    told = read_options(topic=topic, partitions=partitions, options=options)
    return QueryRead(
        "view", "shop.events", "kafka", "kafka", told,
        connection="kafka", topics=(topic,), partitions=partitions,
    )  # fmt: skip


def query_of(reads: tuple[QueryRead, ...] = (), writes: tuple[QueryWrite, ...] = ()) -> Query:
    return Query(
        id="q", kind="model", model="q", reads=reads, steps=(), writes=writes,
        output_mode="append", trigger=Trigger(), upstream=(), level=0, sql="",
        location=Location("models/q.sql"),
    )  # fmt: skip


def write_of(topic: str, **settings: Any) -> QueryWrite:
    return QueryWrite("kafka", "kafka", {}, (), connection="kafka", topic=topic, **settings)


def started(broker: EmbeddedBroker, *reads: QueryRead) -> list[dict[str, int]]:
    """Where new readers start, by partition; all are resolved by one run."""
    topics = Topics({"kafka": broker.connection}, frozenset(), lambda event: None)
    topics.ensure([query_of(reads)])
    return [dict(topics._first_offsets(read, read.topics)[read.topics[0]]) for read in reads]


def test_where_readers_start(broker: EmbeddedBroker, events: str) -> None:
    times = json.dumps({events: {"0": DAWN + 3 * HOUR, "1": DAWN}})
    at_two = {
        "startingTimestamp": str(DAWN + 2 * HOUR - 1),
        "startingOffsetsByTimestampStrategy": "latest",
    }
    found = started(
        broker,
        read_of(events),
        read_of(events, startingoffsets="latest"),
        read_of(events, 1, 2),
        read_of(events, startingOffsets=json.dumps({events: {"0": 3, "1": -1, "2": -2}})),
        read_of(events, **at_two),
        read_of(events, **{**at_two, "startingTimestamp": "2026-09-21T14:13:20Z"}),
        read_of(events, 0, startingOffsetsByTimestamp=times),
    )  # fmt: skip
    assert found == [
        {"0": 0, "1": 0, "2": 0},
        {"0": 5, "1": 1, "2": 0},
        {"1": 0, "2": 0},
        {"0": 3, "1": 1, "2": 0},
        {"0": 2, "1": 1, "2": 0},
        {"0": 0, "1": 0, "2": 0},
        {"0": 3},
    ]


def test_a_time_that_no_record_has_reached(broker: EmbeddedBroker, events: str) -> None:
    with pytest.raises(PlanError, match=r"partition 1 of topic .* has no record that is as new"):
        started(broker, read_of(events, startingTimestamp=str(DAWN + HOUR)))


def test_partitions_that_are_not_there(broker: EmbeddedBroker, events: str) -> None:
    with pytest.raises(ConnectionFault, match=r"'shop.events' reads partition 3 of topic"):
        started(broker, read_of(events, 0, 3))


def test_topics_are_made_and_their_drift_is_told(broker: EmbeddedBroker) -> None:
    told: list[Any] = []
    name = f"{PREFIX}.made"
    topics = Topics({"kafka": broker.connection}, frozenset(), told.append)
    wanted = {"cleanup.policy": "compact,delete", "retention.ms": "86400000"}
    topics.ensure([query_of(writes=(write_of(name, partitions=2, topic_config=wanted),))])
    topics.ensure(
        [
            query_of(
                writes=(
                    write_of(
                        name, partitions=4, topic_config={**wanted, "retention.ms": "3600000"}
                    ),
                )
            )
        ]
    )
    topics.ensure(
        [query_of(writes=(write_of(name, topic_config={"cleanup.policy": "delete,compact"}),))]
    )
    assert [(n.severity, n.message) for n in told] == [
        ("info", f"created topics on 'kafka': {name}"),
        ("warning", f"topic '{name}' on 'kafka': partitions is 2, and the model wants 4"),
        (
            "warning",
            f"topic '{name}' on 'kafka': retention.ms is 86400000, and the model wants 3600000",
        ),
    ]


def test_topics_may_not_be_made(broker: EmbeddedBroker, events: str) -> None:
    connection = replace(broker.connection, create_topics=False)
    topics = Topics({"kafka": connection}, frozenset(), lambda event: None)
    absent = write_of(f"{PREFIX}.forbidden")
    with pytest.raises(ConnectionFault, match=f"these are missing: '{PREFIX}.forbidden'"):
        topics.ensure([query_of(writes=(absent, write_of(events)))])
    assert f"{PREFIX}.forbidden" not in list_topics(broker.connection)
    topics.ensure([query_of(writes=(write_of(events),))])


def test_a_pattern_that_matches_nothing_is_told_once(broker: EmbeddedBroker, events: str) -> None:
    told: list[Any] = []
    topics = Topics({"kafka": broker.connection}, frozenset(), told.append)
    read = replace(read_of(events), topics=(), topic_pattern=f"{PREFIX}[.]even.*")
    assert topics._names(read) == (events,)
    assert told == []
    nothing = replace(read, topic_pattern=f"{PREFIX}[.]nothing[.].*")
    assert (topics._names(nothing), topics._names(nothing)) == ((), ())
    (notice,) = told
    assert (notice.message, notice.severity) == (
        "'shop.events': no topic on connection 'kafka' matches its pattern yet, or none that its "
        "user may see",
        "warning",
    )


@pytest.mark.spark
def test_aborted_records_are_not_read(broker: EmbeddedBroker, spark: SparkSession) -> None:
    name = f"{PREFIX}.transactions"
    create_topics(broker.connection, [TopicSpec(name, 1)])
    ends = (Producer.commit_transaction, Producer.abort_transaction, Producer.commit_transaction)
    for number, end in enumerate(ends):
        transact(broker, name, f"{number}", end)
    unfinished = transact(broker, name, "3", None)
    try:
        everything = {"kafka.isolation.level": "read_uncommitted"}
        reads = [read_of(name, **everything), read_of(name)]
        assert values(spark, broker, reads[0]) == ["0", "1", "2", "3"]
        assert values(spark, broker, reads[1]) == ["0", "2"]
        # The end is where the open transaction began, for those who will not skip it.
        latest = started(
            broker,
            read_of(name, startingOffsets="latest", **everything),
            read_of(name, startingOffsets="latest"),
        )
        assert latest == [{"0": 7}, {"0": 6}]
    finally:
        unfinished.abort_transaction(30)


@pytest.mark.spark
def test_tombstones_partitions_and_headers(broker: EmbeddedBroker, spark: SparkSession) -> None:
    """A deleted row is its key without a value; the event time travels as a header."""
    from streamsql.connectors.kafka import client_options
    from streamsql.formats import encode

    name = f"{PREFIX}.upserts"
    create_topics(broker.connection, [TopicSpec(name, 3, config={"cleanup.policy": "compact"})])
    columns = (("id", "string"), ("shard", "int"), ("at", "timestamp"), ("gone", "boolean"))
    sql = encode(
        "upserts", columns, key=["id"], headers=[("event_time", "at")], partition="shard",
        delete_when="gone",
    )  # fmt: skip
    spark.sql(
        "SELECT * FROM VALUES ('a', 2, TIMESTAMP'2026-01-01T00:00:00.123456Z', false), "
        "('b', 1, NULL, true), ('c', 0, NULL, NULL) AS t (id, shard, at, gone)"
    ).createOrReplaceTempView("upserts")
    reached = client_options(broker.bootstrap_servers, {})
    writer = spark.sql(sql).write.format("kafka").options(**reached)
    writer.option("topic", name).option("includeHeaders", "true").save()
    found = {r.key: r for r in read_last(broker.connection, name, 10)}
    assert {key: record.partition for key, record in found.items()} == {b"a": 2, b"b": 1, b"c": 0}
    assert found[b"b"].value is None
    assert json.loads(found[b"a"].value or b"")["gone"] is False
    assert json.loads(found[b"c"].value or b"")["shard"] == 0
    assert found[b"a"].headers == (("event_time", b"2026-01-01 00:00:00.123456"),)


def transact(
    broker: EmbeddedBroker, topic: str, value: str, end: Callable[..., Any] | None
) -> Producer:
    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "transactional.id": f"{PREFIX}-{value}",
        }
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, value)
    producer.flush(30)
    if end is not None:
        end(producer, 30)
    return producer


def values(spark: SparkSession, broker: EmbeddedBroker, read: QueryRead) -> list[str]:
    from streamsql.connectors.kafka import client_options

    reached = client_options(broker.bootstrap_servers, {})
    rows = spark.read.format("kafka").options(**read.options).options(**reached).load()
    return sorted(r.value.decode() for r in rows.select("value").collect())


def test_debug_tells_of_topics_that_models_write(broker: EmbeddedBroker, events: str) -> None:
    from streamsql.cli.diagnosis import _written_topics

    writes = (
        write_of(events, partitions=6),
        write_of(f"{PREFIX}.never"),
        write_of(f"{PREFIX}.upserts_of_debug", partitions=1),
    )
    create_topics(broker.connection, [TopicSpec(f"{PREFIX}.upserts_of_debug", 1)])
    plan = Plan("shop", "dev", "4.1.1", "target/checkpoints", (query_of(writes=writes),))
    found = Connection("kafka", "kafka", {}, Location("profiles.yml"))
    told = [(o.ok, o.text) for o in _written_topics(found, broker.connection, plan)]
    assert told == [
        (None, f"topic '{events}': partitions is 3, and the model wants 6"),
        (None, f"topic '{PREFIX}.never': a run makes it"),
        (True, f"topic '{PREFIX}.upserts_of_debug': as its model wants it"),
    ]
    strict = replace(found, create_topics=False)
    missing = [o.text for o in _written_topics(strict, broker.connection, plan) if o.ok is False]
    assert missing == [f"topic '{PREFIX}.never' is missing"]
