"""What is made of Spark's words about a dead query."""

from __future__ import annotations

import pytest

from streamsql.findings import Location
from streamsql.plan.nodes import Query, QueryRead
from streamsql.project.nodes import Trigger
from streamsql.spark.failures import naming_connection, read_failure


def test_the_innermost_cause_is_the_reason() -> None:
    failure = read_failure(
        "[STREAM_FAILED] Query [id = 1, runId = 2] terminated with exception: Job aborted due to "
        "stage failure: Task 0 in stage 1.0 failed 1 times",
        "org.apache.spark.SparkException: Job aborted\n\tat a.b\n"
        "Caused by: org.apache.spark.SparkNumberFormatException: [CAST_INVALID_INPUT] The value "
        '\'x\' of the type "STRING" cannot be cast to "BIGINT"  SQLSTATE: 22018\n\tat c.d\n',
    )
    assert failure.reason.startswith("[CAST_INVALID_INPUT] The value 'x'")
    assert "SQLSTATE" not in failure.reason
    assert failure.hint is not None
    assert "try_cast" in failure.hint
    assert not failure.connection


@pytest.mark.parametrize(
    "stack",
    [
        "Caused by: org.apache.kafka.common.errors.TimeoutException: Topic t not present",
        "Caused by: java.net.ConnectException: Connection refused",
        "org.apache.kafka.common.errors.DisconnectException: Cancelled",
    ],
)
def test_connections_are_worth_another_try(stack: str) -> None:
    assert read_failure("Query terminated", stack).connection


def test_lost_data_is_no_connection_failure() -> None:
    failure = read_failure(
        "[KAFKA_DATA_LOSS.COULD_NOT_READ_OFFSET_RANGE] Could not read",
        "Caused by: org.apache.kafka.common.errors.TimeoutException: fetch",
    )
    assert not failure.connection
    assert failure.hint is not None
    assert "--full-refresh" in failure.hint


def test_the_lag_of_a_replayed_batch_is_no_reason_to_die() -> None:
    failure = read_failure(
        'Cannot invoke "scala.collection.IterableOps.map(scala.Function1)" because the return '
        'value of "scala.Option.get()" is null',
        'java.lang.NullPointerException: Cannot invoke "scala.collection.IterableOps.map"\n'
        "\tat org.apache.spark.sql.kafka010.KafkaMicroBatchStream$.metrics"
        "(KafkaMicroBatchStream.scala:520)\n",
    )
    assert failure.harmless


def test_who_refuses_is_named() -> None:
    """By the topic that Kafka names, else all connections of the query."""
    reads = (
        QueryRead("a", "shop.a", "kafka", "kafka", {}, connection="ours", topics=("a",)),
        QueryRead("b", "shop.b", "kafka", "kafka", {}, connection="theirs", topics=("b",)),
    )
    query = Query(
        id="q", kind="model", model="q", reads=reads, steps=(), writes=(), output_mode="append",
        trigger=Trigger(), upstream=(), level=0, sql="", location=Location("models/q.sql"),
    )  # fmt: skip

    def told(error: str, said: str) -> str:
        stack = f"Caused by: org.apache.kafka.common.errors.{error}: {said}"
        return naming_connection(read_failure("Query terminated", stack), query).reason

    of_topics = "Not authorized to access topics: [b]"
    assert told("TopicAuthorizationException", of_topics) == f"connection 'theirs': {of_topics}"
    refused = "Authentication failed"
    assert told("SaslAuthenticationException", refused) == (
        f"connections 'ours', 'theirs': {refused} (the query reads a, b)"
    )
    lost = "Lost task 0.0 in stage 2.0 (TID 2) (192.0.2.2 executor driver): "
    of_task = f"Task 0 in stage 2.0 failed 1 times, most recent failure: {lost}"
    stack = f"org.apache.kafka.common.errors.TopicAuthorizationException: {of_topics}"
    job = f"Job aborted due to stage failure: {of_task}"
    assert told("TopicAuthorizationException", f"{job}{stack}").endswith(f"'theirs': {of_topics}")
    wrapped = f"org.apache.kafka.common.errors.TopicAuthorizationException: {refused}"
    assert told("TopicAuthorizationException", wrapped).startswith(
        f"connections 'ours', 'theirs': {refused} (the query"
    )
    assert told("UnknownTopicOrPartitionException", "gone") == "gone"
