"""An archive of Spark's classes: a JVM that maps it starts with half the CPU.

The suite starts some fifty JVMs that load the same ten thousand classes. The first of them is made
to write down what it has loaded ("Application Class-Data Sharing" in the manual page of ``java``).
A JVM that the archive does not fit goes without.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from streamsql.spark.artifacts import pyspark_home
from streamsql.spark.java import Java

# One stream with state is most of what any of them does.
TRAINING = """
import sys
from pyspark import SparkContext
from pyspark.sql import SparkSession

settings = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "1",
}
spark = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
spark.range(10).selectExpr("id", "timestamp_seconds(id) AS ts").write.json(sys.argv[1] + "/in")
rows = spark.readStream.schema("id BIGINT, ts TIMESTAMP").json(sys.argv[1] + "/in")
counts = rows.withWatermark("ts", "1 second").groupBy("ts").count()
writer = counts.writeStream.format("noop").trigger(availableNow=True)
writer.option("checkpointLocation", sys.argv[1] + "/checkpoint").start().awaitTermination()
spark.stop()
gateway = SparkContext._gateway
gateway.shutdown()
gateway.proc.stdin.close()
sys.exit(gateway.proc.wait())
"""


def options(java: Java, scratch: Path) -> str:
    """The options with which a JVM uses the archive; it is made if it is not there yet."""
    release = (java.home / "release").read_text(encoding="utf-8")
    key = hashlib.sha256(f"{release}{pyspark_home()}{TRAINING}".encode()).hexdigest()[:12]
    archive = Path(sys.prefix) / f"spark-classes-{key}.jsa"
    with archive.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _make(archive, scratch)
    return f"-XX:SharedArchiveFile={archive} -Xlog:disable" if archive.exists() else ""


def _make(archive: Path, scratch: Path) -> None:
    unfinished = archive.with_suffix(".part")
    dump = f"-XX:ArchiveClassesAtExit={unfinished} -Xlog:disable"
    env = {**os.environ, "SPARK_SUBMIT_OPTS": f"{os.environ['SPARK_SUBMIT_OPTS']} {dump}"}
    command = (sys.executable, "-c", TRAINING, str(scratch))
    subprocess.run(command, env=env, capture_output=True, check=True, timeout=600)
    if unfinished.exists():
        unfinished.rename(archive)
