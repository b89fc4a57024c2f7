"""What is made of Spark's words about a dead query."""

from __future__ import annotations

import pytest

from streamsql.spark.failures import read_failure


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
