"""Draining a topic with ``streamsql run --once``, beside PySpark by hand or beside itself.

Both are whole processes with the same settings of Spark, the same offsets a batch and the same
broker; they take turns. What counts is processing time: the sum of what Spark says its triggers
took (``durationMs.triggerExecution``).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contests import BY_HAND, KEPT, OFFSETS, PARTITIONS, TESTED, Contest
from benchmarks.figures import HERE, keep, middle, table, told
from benchmarks.processes import Done, MeasuringError, run
from streamsql.dev.broker import start as start_broker
from streamsql.project.nodes import SparkSettings
from streamsql.spark import artifacts
from streamsql.spark.java import Java, find_java
from streamsql.spark.kafka import TopicSpec, create_topics, delete_topics, end_offsets, produce
from streamsql.spark.librdkafka import KafkaConnection
from streamsql.spark.session import SessionSpec, session_conf

PROJECT = HERE / "orders"
MEASURES = ("processing", "jvm", "wall")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one run: of Spark's triggers, of the JVM's CPU, of the whole process.

    ``written`` are the rows in the output topic and in its dead letters; ``phases`` are Spark's,
    in milliseconds.
    """

    job: str
    side: str
    processing: float
    jvm: float
    wall: float
    batches: int
    written: int
    phases: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every run is given."""

    broker: KafkaConnection
    java: Java
    jars: Sequence[Path]
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a run."""
        return {
            **os.environ,
            "BENCH_SERVERS": self.broker.bootstrap_servers,
            "JAVA_HOME": str(self.java.home),
        }


def measure(contest: Contest, records: int, rounds: int) -> None:
    """Produce the records, drain them in turns, and keep the ratios."""
    with _bench() as bench:
        create_topics(bench.broker, [TopicSpec(contest.topic, PARTITIONS)])
        began = time.monotonic()
        made = (contest.record(n) for n in range(records))
        produce(bench.broker, contest.topic, made, timeout=60)
        print(f"{records:,} records produced in {time.monotonic() - began:.0f} s", flush=True)
        runs: list[Took] = []
        for turn in range(rounds):
            for took in _round(bench, contest, records, turn):
                runs.append(took)
                print(f"round {turn + 1}: {asdict(took)}", flush=True)
            keep(contest.name, *_summed(contest, runs, records))
    for job in contest.jobs:
        written = {t.written for t in runs if t.job == job}
        if len(written) != 1:
            raise MeasuringError(f"{job}: the sides wrote different numbers of rows: {written}")


@contextmanager
def _bench() -> Iterator[Bench]:
    java = find_java(os.environ)
    supply = artifacts.supply(os.environ)
    jars = artifacts.fetch_connectors(supply, java=java, on_progress=print)
    broker_jars = artifacts.fetch_broker(supply, java=java, on_progress=print)
    with tempfile.TemporaryDirectory(prefix="streamsql-bench-") as name:
        folder = Path(name)
        with start_broker(folder / "broker", java=java, jars=broker_jars, env=os.environ) as broker:
            yield Bench(broker.connection, java, jars, folder)


def _round(bench: Bench, contest: Contest, records: int, turn: int) -> Iterator[Took]:
    """Run every job on every side once; the sides change their order from round to round."""
    sides = contest.sides if turn % 2 == 0 else tuple(reversed(contest.sides))
    for job in contest.jobs:
        for side in sides:
            yield _take(bench, contest, job, side, records)


def _take(bench: Bench, contest: Contest, job: str, side: str, records: int) -> Took:
    """Drain once, from new checkpoints into new topics."""
    outputs = (*contest.jobs, *(_lost(topic) for topic in (contest.topic, *contest.jobs)))
    delete_topics(bench.broker, outputs)
    create_topics(bench.broker, [TopicSpec(t, PARTITIONS) for t in outputs])
    with tempfile.TemporaryDirectory(dir=bench.folder) as name:
        folder = Path(name)
        if side == BY_HAND:
            done = _by_hand(bench, contest, job, folder)
        else:
            done = _ours(bench, job, side, folder)
    lines = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    batches = [line for line in lines if "durations" in line]
    main = [b for b in batches if b.get("query", job) == _model(job, side)] or batches
    read = sum(b.get("rows", b.get("rows_in", 0)) for b in main)
    if read != records:
        counted = f"{read:,} of {records:,} records were read"
        raise MeasuringError(f"{job}, {side}: {counted}\n{done.output}")
    offsets = end_offsets(bench.broker, [job, _lost(job)])
    phases = _phases(main)
    return Took(
        job=job,
        side=side,
        processing=phases["triggerExecution"] / 1000,
        jvm=done.jvm,
        wall=done.wall,
        batches=len(main),
        written=sum(sum(partitions.values()) for partitions in offsets.values()),
        phases=phases,
    )


def _model(job: str, side: str) -> str:
    return job + {KEPT: "_kept", TESTED: "_tested"}.get(side, "")


def _lost(topic: str) -> str:
    return f"{topic}.dead_letter"


def _phases(batches: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    names = {name for b in batches for name in b["durations"]}
    return {n: sum(b["durations"].get(n, 0) for b in batches) for n in sorted(names)}


def _ours(bench: Bench, job: str, side: str, folder: Path) -> Done:
    command = [
        *(sys.executable, "-m", "streamsql", "run", "--once", "--log-format", "json"),
        *("-s", _model(job, side), "--project-dir", str(PROJECT)),
        *("--target-path", str(folder / "target")),
    ]
    env = bench.env | {"BENCH_CHECKPOINTS": str(folder / "checkpoints")}
    return run(command, cwd=folder, env=env, watch_jvm=True)


def _by_hand(bench: Bench, contest: Contest, job: str, folder: Path) -> Done:
    settings = SparkSettings("local[2]", "4.1.1", {"spark.sql.shuffle.partitions": "2"})
    log = folder / "spark.log"
    spec = SessionSpec(
        "by hand", settings, bench.java, bench.jars, log, delta=False, local_checkpoints=True
    )
    conf = session_conf(spec)
    work = {
        "job": job,
        "topic": contest.topic,
        "schema": contest.schema,
        "servers": bench.broker.bootstrap_servers,
        "checkpoint": str(folder / "checkpoint"),
        "conf": {"spark.master": settings.master, **conf},
        "offsets": OFFSETS,
    }
    command = [sys.executable, str(HERE / "by_hand.py"), json.dumps(work)]
    return run(command, cwd=folder, env=bench.env, watch_jvm=True)


def _summed(contest: Contest, runs: Sequence[Took], records: int) -> tuple[str, dict[str, Any]]:
    rows, figures = [], []
    for job, about in contest.jobs.items():
        first = _of(runs, job, contest.sides[0])
        for side in contest.sides:
            ours = _of(runs, job, side)
            seconds = {m: middle([getattr(t, m) for t in ours]) for m in MEASURES}
            ratios = {m: middle(_ratios(ours, first, m)) for m in MEASURES}
            figures.append({"job": about, "side": side, "seconds": seconds, "ratios": ratios})
            cells = [told(seconds[m]) for m in MEASURES]
            compared = [told(ratios[m]) for m in ("processing", "jvm")]
            rows.append([about, side, *compared, *cells])
    head = ["job", "how", "processing, ratio", "CPU of the JVM, ratio"]
    head += ["processing, s", "CPU of the JVM, s", "wall, s"]
    text = f"{records:,} records, medians (least to greatest). Aim: {contest.aim}.\n\n"
    details = {"records": records, "rows": figures, "runs": [asdict(t) for t in runs]}
    return text + table(head, rows), details


def _of(runs: Sequence[Took], job: str, side: str) -> list[Took]:
    return [t for t in runs if t.job == job and t.side == side]


def _ratios(ours: Sequence[Took], others: Sequence[Took], measure: str) -> list[float]:
    """Return ours over the others, round by round: what was near in time is compared."""
    pairs = zip(ours, others, strict=True)
    return [getattr(mine, measure) / getattr(theirs, measure) for mine, theirs in pairs]
