from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamsql.errors import EnvironmentFault
from streamsql.spark.cluster import standalone_cluster
from streamsql.spark.java import Java
from streamsql.spark.tether import started_at

pytestmark = [pytest.mark.spark, pytest.mark.slow]

# A driver in a process of its own: the suite's own session is local.
DRIVER = """
import sys
from pyspark.sql import SparkSession
spark = (SparkSession.builder.master(sys.argv[1]).config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.executor.memory", "512m").config("spark.sql.shuffle.partitions", "2")
    .getOrCreate())
print("rows", spark.range(1000).repartition(2).count(), flush=True)
spark.stop()
"""


def test_a_driver_runs_on_executors_of_the_cluster(java: Java, tmp_path: Path) -> None:
    with standalone_cluster(tmp_path / "cluster", java=java, memory="700m") as cluster:
        pids = [tether.pid for tether in (cluster.master, *cluster.workers)]
        assert all(started_at(pid) is not None for pid in pids)
        env = {**os.environ, "JAVA_HOME": str(java.home)}
        command = (sys.executable, "-c", DRIVER, cluster.url)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
        assert "rows 1000" in done.stdout, done.stderr[-2000:]
        assert list(cluster.logs.glob("worker-1/app-*/0/stderr")), "no executor ran"
    assert all(started_at(pid) is None for pid in pids)


def test_a_cluster_that_cannot_start_says_why(java: Java, tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentFault, match="did not start: a process of it ended"),
        standalone_cluster(tmp_path, java=java, memory="nonsense"),
    ):
        pass
