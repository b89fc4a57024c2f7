"""Stopping a streaming query between two batches.

``StreamingQuery.stop()`` interrupts the batch in flight; the rows it had already sent to
Kafka come again after the restart. Here the stream is first told that it is over, which
it looks at before each batch (``MicroBatchExecution.executeOneBatch``: ``if (isActive)``),
so the batch in flight runs to the end of its commit, and no other begins.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.sql.streaming.query import StreamingQuery

_TERMINATED = "org.apache.spark.sql.execution.streaming.runtime.TERMINATED$"
CALM = 4  # looks in a row, 50 ms apart, that find no batch in flight
# What MicroBatchExecution says while it asks its sources for their newest offsets: no batch is in
# flight then, and asking a broker that is down takes a minute.
ASKING = "Getting offsets from"
STUCK = 40  # looks in a row that find it asking; it takes milliseconds where there is an answer
_log = logging.getLogger(__name__)


def ask_to_end(query: StreamingQuery) -> bool:
    """Let the batch in flight be the query's last; whether that could be said.

    It cannot on a Spark whose stream keeps its state elsewhere; ``finish`` then falls back
    to waiting for a pause between two batches.
    """
    try:
        _state_of(query).set(_terminated())
    except (Py4JError, AttributeError) as error:
        _log.warning("cannot mark the stream as ended: %s", error)
        return False
    return True


def finish(query: StreamingQuery, patience: float) -> bool:
    """Wait up to ``patience`` seconds for the last batch, then stop the query.

    Returns whether the query was between two batches when it was stopped: then nothing
    that it wrote will be written again. A broker that answers at the very moment of the stop
    may have let a batch begin, so what counts is what the checkpoint says afterwards.
    """
    thread = _stream_of(query).queryExecutionThread()
    deadline = time.monotonic() + patience
    calm = asking = 0
    while thread.isAlive() and calm < CALM and asking < STUCK and time.monotonic() < deadline:
        time.sleep(0.05)
        status = query.status
        # Between two triggers it may sleep for as long as its interval is.
        calm = 0 if status["isTriggerActive"] else calm + 1
        asking = asking + 1 if status["message"].startswith(ASKING) else 0
    waited = calm >= CALM or asking >= STUCK or not thread.isAlive()
    query.stop()  # waits for the stream's thread, so what its logs say then is the last word
    committed = _all_committed(query)
    return waited if committed is None else committed


def _all_committed(query: StreamingQuery) -> bool | None:
    """Whether each batch that was begun was committed; None where Spark cannot be asked."""
    try:
        stream = _stream_of(query)
        begun, done = (log.getLatestBatchId() for log in (stream.offsetLog(), stream.commitLog()))
        return not begun.isDefined() or (done.isDefined() and done.get() >= begun.get())
    except (Py4JError, AttributeError) as error:
        _log.warning("cannot read the stream's logs: %s", error)
        return None


def _jvm() -> Any:
    context = SparkContext._active_spark_context
    assert context is not None, "a query runs in a context"
    return context._jvm


def _stream_of(query: StreamingQuery) -> Any:
    """Return Spark's own StreamExecution behind the handle."""
    return query._jsq.streamingQuery()


def _state_of(query: StreamingQuery) -> Any:
    """Return the AtomicReference that StreamExecution keeps its state in."""
    stream = _stream_of(query)
    kind = stream.getClass()
    while kind is not None:
        names = [f.getName() for f in kind.getDeclaredFields()]
        if "state" in names:
            field = kind.getDeclaredField("state")
            field.setAccessible(True)
            return field.get(stream)
        kind = kind.getSuperclass()
    raise AttributeError("the stream has no field 'state'")


def _terminated() -> Any:
    thread = _jvm().java.lang.Thread.currentThread()
    kind = _jvm().java.lang.Class.forName(_TERMINATED, True, thread.getContextClassLoader())
    return kind.getField("MODULE$").get(None)
