"""What Spark itself says of a query, now: the setup of the recordings, over small files."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from random_parts import TABLES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TYPES = {"array": "array<int>"}
_DELAYS = {"events": "10 minutes", "clicks": "5 minutes", "clicks2": "5 minutes"}
_ROW = {
    "id": "1",
    "user": "u1",
    "url": "/a",
    "amount": 2.5,
    "ts": "2026-01-01T10:00:00Z",
    "arr": [1, 2],
    "raw": "x",
}
_QUIET = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.streaming.pollingDelay": "5ms",
    "spark.sql.streaming.metricsEnabled": "false",
}


@contextmanager
def recorded_views(spark: SparkSession, folder: Path) -> Iterator[None]:
    """Make the relations of the recordings known to Spark, as streams over one row each."""
    before = {key: spark.conf.get(key) for key in _QUIET}
    for key, value in _QUIET.items():
        spark.conf.set(key, value)
    for name, columns in TABLES.items():
        if name == "dim":
            rows = "VALUES ('u1', 'Ann', 1.5D), ('u2', 'Bob', 2.5D) AS dim (k, name, vf)"
            spark.sql(f"SELECT * FROM {rows}").createOrReplaceTempView(name)
            continue
        path = folder / name
        path.mkdir()
        (path / "rows.json").write_text(json.dumps({c: _ROW[c] for c in columns}))
        schema = ", ".join(f"`{c}` {_TYPES.get(kind, kind)}" for c, kind in columns.items())
        stream = spark.readStream.schema(schema).json(str(path))
        if name in _DELAYS:
            stream = stream.withWatermark("ts", _DELAYS[name])
        stream.createOrReplaceTempView(name)
    try:
        yield
    finally:
        for name in TABLES:
            spark.catalog.dropTempView(name)
        for key, value in before.items():
            spark.conf.set(key, value or "")


def verdict(
    spark: SparkSession, sql: str, mode: str, dedup: Sequence[str] = (), sink: str = "noop"
) -> str:
    """Return ``OK``, or when Spark refused (``ANALYSIS``, ``START``, ``RUN``) and what it said.

    ``dedup`` are the keys of which one row is kept, ``sink`` the format that is written.
    """
    from pyspark.errors import PySparkException

    moment = "ANALYSIS"
    try:
        rows = spark.sql(sql)
        moment = "START"
        if dedup and rows.isStreaming:
            rows = rows.dropDuplicatesWithinWatermark(list(dedup))
        with tempfile.TemporaryDirectory() as checkpoint, tempfile.TemporaryDirectory() as out:
            query = (
                rows.writeStream.format(sink)
                .outputMode(mode)
                .option("checkpointLocation", checkpoint)
                .option("path", out)
                .trigger(availableNow=True)
                .start()
            )
            moment = "RUN"
            query.awaitTermination()
    except PySparkException as refusal:
        said = re.sub(r"\s+", " ", str(refusal).partition("JVM stacktrace")[0])
        return f"{moment} {said}"
    return "OK"
