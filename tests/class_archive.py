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

# What most of them do: streams with state, joins of streams, batches written by hand, and Parquet,
# of which Delta's tables and their logs are made.
TRAINING = """
import sys
from pyspark import SparkContext
from pyspark.sql import SparkSession

settings = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.ansi.enabled": "true",
}
spark = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
folder = sys.argv[1]
made = spark.range(10).selectExpr("id", "timestamp_seconds(id) AS ts", "CAST(id AS STRING) AS k")
made.write.json(folder + "/in")
rows = spark.readStream.schema("id BIGINT, ts TIMESTAMP, k STRING").json(folder + "/in")
rows.withWatermark("ts", "1 second").createOrReplaceTempView("a")
rows.withWatermark("ts", "1 second").createOrReplaceTempView("b")
queries = (
    "SELECT window(ts, '1 minute').start AS w, count(*) AS n, max(id) AS m, sum(CAST(id AS"
    " DECIMAL(12,2))) AS s FROM a GROUP BY window(ts, '1 minute')",
    "SELECT session_window(ts, '1 minute') AS w, k, count(*) AS n FROM a GROUP BY 1, 2",
    "SELECT a.id, b.k FROM a LEFT JOIN b ON a.id = b.id AND b.ts BETWEEN a.ts AND a.ts +"
    " INTERVAL 1 HOUR",
    "WITH c AS (SELECT *, from_json(concat('[', k, ']'), 'array<int>') AS j FROM a WHERE id > 1)"
    " SELECT upper(k) AS key, to_json(struct(j[0] AS x, coalesce(id, 0) AS id, ts)) AS value,"
    " CASE WHEN k LIKE '1%' THEN try_cast(k AS INT) END AS c FROM c",
)


def write(batch, number):
    batch.persist()
    batch.write.mode("append").parquet(folder + "/out")
    batch.unpersist()


for number, query in enumerate(queries):
    found = spark.sql(query)
    if number == 0:
        found = found.drop("w")
        writer = found.writeStream.foreachBatch(write)
    elif number == 3:
        writer = found.dropDuplicates(["key"]).writeStream.format("noop").outputMode("append")
    else:
        writer = found.writeStream.format("noop")
    writer = writer.option("checkpointLocation", folder + "/checkpoint" + str(number))
    writer.trigger(availableNow=True).start().awaitTermination()
made.createOrReplaceTempView("t")
spark.sql("SELECT k, row_number() OVER (PARTITION BY k ORDER BY id) AS r FROM t").collect()
made.write.parquet(folder + "/more")
spark.read.parquet(folder + "/more").createOrReplaceTempView("p")
spark.sql("SELECT p.k, count(*) AS n FROM p JOIN t ON p.id = t.id GROUP BY p.k").collect()
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
