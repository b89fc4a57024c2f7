"""The books after a crash: which batches were in flight, and whose rows may come again."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from streamsql.spark.kafka_reading import StoredRecord
from streamsql.spark.tether import started_at

Ranges = Mapping[tuple[str, int], range]  # topic and partition → offsets


@dataclass(frozen=True, slots=True)
class InFlight:
    """A batch that was begun and not committed when its process or its broker died.

    ``began`` and ``noticed`` are in milliseconds since 1970: what it wrote to Kafka the first
    time has a timestamp between them. ``ranges`` are the records that it read.
    """

    query: str
    batch: int
    began: int
    noticed: int
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Batches:
    """The last batch that a query has begun, and the last that it has committed."""

    begun: int
    committed: int


def last_batches(checkpoints: Path) -> dict[str, Batches]:
    """Where each query of a project stands, as Spark's own files say."""
    return {
        folder.name: Batches(_newest(folder / "1/offsets"), _newest(folder / "1/commits"))
        for folder in sorted(checkpoints.iterdir())
        if (folder / "1/offsets").is_dir()
    }


def in_flight(checkpoints: Path) -> list[InFlight]:
    """The batches that will be run again."""
    now = int(time.time() * 1000)
    found = []
    for query, batches in last_batches(checkpoints).items():
        if batches.begun > batches.committed:
            offsets = checkpoints / query / "1/offsets" / str(batches.begun)
            began = offsets.stat().st_mtime_ns // 1_000_000
            ranges = _ranges(checkpoints / query, batches.begun)
            found.append(InFlight(query, batches.begun, began, now, ranges))
    return found


def tried(flight: InFlight, checkpoints: Path) -> InFlight:
    """A batch in flight with the time until it was committed: it is tried until then, and its
    query restarted for it. Spark keeps the books of a hundred batches."""
    commit = checkpoints / flight.query / "1/commits" / str(flight.batch)
    if not commit.exists():
        return flight
    return replace(flight, noticed=commit.stat().st_mtime_ns // 1_000_000)


def _newest(folder: Path) -> int:
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return max((int(name) for name in names if name.isdigit()), default=-1)


def _ranges(folder: Path, batch: int) -> Ranges:
    ends = _offsets(folder / "1/offsets" / str(batch))
    if batch > 0:
        starts = _offsets(folder / "1/offsets" / str(batch - 1))
    else:
        sources = json.loads((folder / "1.json").read_text(encoding="utf-8"))["sources"]
        starts = _flat(source["offsets"] for source in sources.values())
    return {at: range(starts.get(at, 0), end) for at, end in ends.items()}


def _offsets(path: Path) -> dict[tuple[str, int], int]:
    """Version, metadata, then a line a source; ``-`` is a source without news."""
    lines = path.read_text(encoding="utf-8").splitlines()[2:]
    sources = [json.loads(line) for line in lines if line.startswith("{")]
    return _flat(s for s in sources if all(isinstance(v, dict) for v in s.values()))


def _flat(sources: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[tuple[str, int], int]:
    return {
        (topic, int(partition)): offset
        for source in sources
        for topic, partitions in source.items()
        for partition, offset in partitions.items()
    }


def jvm_of(checkpoints: Path) -> tuple[int, int | None]:
    """The process id of the JVM that works on these checkpoints, and when it started."""
    for lock in checkpoints.glob("*/lock"):
        text = lock.read_text(encoding="utf-8")
        if text:
            pid = int(json.loads(text)["jvm_pid"])
            return pid, started_at(pid)
    raise AssertionError(f"nobody holds a lock in {checkpoints}")


def await_end(process: tuple[int, int | None], within: float = 300.0) -> None:
    """Wait for a process to be gone: a JVM may outlive its driver by a batch."""
    pid, started = process
    deadline = time.monotonic() + within
    while started is not None and started_at(pid) == started:
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.05)


def unexplained(
    found: Iterable[StoredRecord],
    identity: Callable[[StoredRecord], Hashable],
    flights: Iterable[InFlight],
) -> list[Any]:
    """The rows that stand in a topic more often than batches in flight can explain.

    A row may come again once for each batch in flight that wrote it.
    """
    windows = [(f.began, f.noticed) for f in flights]
    times: dict[Hashable, list[int]] = defaultdict(list)
    for record in found:
        times[identity(record)].append(record.timestamp)
    return [
        (row, stamps)
        for row, stamps in times.items()
        if len(stamps) - 1 > sum(any(b <= at <= e for at in stamps) for b, e in windows)
    ]


def repeated(rows: Iterable[Hashable]) -> Counter[Hashable]:
    """How often each row came again."""
    return Counter({row: n - 1 for row, n in Counter(rows).items() if n > 1})


def read_by(flights: Iterable[InFlight], query: str, topic: str) -> Counter[int]:
    """How many batches in flight of a query had read each offset of a topic's only partition."""
    return Counter(
        offset
        for flight in flights
        if flight.query == query
        for offset in flight.ranges.get((topic, 0), ())
    )
