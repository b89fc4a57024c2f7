"""Where new readers of topics start, asked of the broker once for all readers of a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from streamsql.connectors.kafka import Start, is_committed, start_of
from streamsql.errors import PlanError
from streamsql.plan.nodes import QueryRead
from streamsql.spark.kafka import begin_offsets, end_offsets, offsets_at_times
from streamsql.spark.librdkafka import KafkaConnection

Offsets = Mapping[str, Mapping[str, int]]  # topic → partition → offset, as Spark writes them


def first_offsets(connection: KafkaConnection, read: QueryRead, names: tuple[str, ...]) -> Offsets:
    """Return the first offset of each partition that a read is about.

    Raises:
        ConnectionFault: the broker does not answer.
        PlanError: the start cannot be read, or no record is as new as a timestamp.
    """
    start = start_of(read.options)
    if start.how == "earliest":
        return of_read(read, begin_offsets(connection, names))
    # What an open transaction holds may still be committed: it lies behind the end, then.
    committed = is_committed({**connection.options, **read.options})
    end = of_read(read, end_offsets(connection, names, committed=committed))
    if start.how == "latest":
        return end
    if start.how == "offsets":
        begin = of_read(read, begin_offsets(connection, names))
        return _chosen(start, begin, end)
    return _at_times(connection, read, start, end)


def of_read(read: QueryRead, offsets: Mapping[str, Mapping[int, int]]) -> Offsets:
    """Return offsets as Spark writes them, of those partitions that are read."""
    return {
        topic: {str(p): at for p, at in partitions.items() if p in (read.partitions or partitions)}
        for topic, partitions in offsets.items()
    }


def _chosen(start: Start, begin: Offsets, end: Offsets) -> Offsets:
    """Offsets that were given one by one; in Spark's words -2 is the earliest, -1 the latest."""
    found: dict[str, dict[str, int]] = {}
    for topic, partitions in begin.items():
        given = start.by_partition.get(topic, {})
        words = {p: {-2: at, -1: end[topic][p]} for p, at in partitions.items()}
        found[topic] = {p: words[p].get(given.get(p, -2), given.get(p, -2)) for p in partitions}
    return found


def _at_times(connection: KafkaConnection, read: QueryRead, start: Start, end: Offsets) -> Offsets:
    times = {
        topic: {
            int(p): at
            for p in partitions
            if (at := start.by_partition.get(topic, {}).get(p, start.timestamp)) is not None
        }
        for topic, partitions in end.items()
    }
    found = of_read(read, offsets_at_times(connection, times))
    if start.strict:
        _require_records(read, times, found)
    return {
        topic: {p: _or_end(found[topic].get(p), at) for p, at in partitions.items()}
        for topic, partitions in end.items()
    }


def _or_end(found: int | None, end: int) -> int:
    return end if found is None or found < 0 else found


def _require_records(
    read: QueryRead, times: Mapping[str, Mapping[int, int]], found: Offsets
) -> None:
    for topic, partition in _nowhere(found):
        moment = datetime.fromtimestamp(times[topic][int(partition)] / 1000, UTC)
        raise PlanError(
            f"'{read.of}' is to start at {moment:%Y-%m-%d %H:%M:%S} UTC, and partition {partition} "
            f"of topic '{topic}' has no record that is as new",
            hint="choose an earlier time, or set startingOffsetsByTimestampStrategy: latest",
        )


def _nowhere(found: Offsets) -> Iterator[tuple[str, str]]:
    for topic, partitions in found.items():
        yield from ((topic, p) for p, at in partitions.items() if at < 0)
