"""Who waits for a core: nobody for ever, whatever the name of a query."""

from __future__ import annotations

import threading
import time

import pytest
from pyspark import InheritableThread
from pyspark.sql import SparkSession

from streamsql.spark.streams import scheduler_pool

pytestmark = pytest.mark.spark
OTHERS, JOBS = "abcdef", 8


def test_the_last_of_the_alphabet_has_its_turn(spark: SparkSession) -> None:
    assert spark.sparkContext.defaultParallelism == 2
    assert scheduler_pool(spark, "zebra", 2) == "zebra"
    assert waited(spark, own_pools=True) > 2 * len(OTHERS), "or Spark has mended its ways"
    assert waited(spark, own_pools=False) <= 2 * len(OTHERS)


def waited(spark: SparkSession, *, own_pools: bool) -> int:
    """Let six queries ask for cores without a pause and a seventh join them for one job; return
    how many jobs of the others were done while it waited, from when Spark knew of its job."""
    context, done = spark.sparkContext, list[str]()
    busy = threading.Event()

    def work(name: str, jobs: int) -> None:
        pool = scheduler_pool(spark, name, 2 if own_pools else len(OTHERS) + 1)
        context.setLocalProperty("spark.scheduler.pool", pool)  # type: ignore[arg-type]
        context.setJobGroup(f"{name} {own_pools}", name)
        for _ in range(jobs):
            spark.range(0, 1_000_000, 1, 1).selectExpr("sum(id * id % 7)").collect()
            done.append(name)
            if len(done) >= len(OTHERS):
                busy.set()

    def join() -> None:
        assert busy.wait(timeout=300)
        work("zebra", 1)

    threads = [InheritableThread(target=work, args=(name, JOBS)) for name in OTHERS]
    threads.append(InheritableThread(target=join))
    for thread in threads:
        thread.start()
    while not context.statusTracker().getJobIdsForGroup(f"zebra {own_pools}"):
        assert any(thread.is_alive() for thread in threads)
        time.sleep(0.002)
    done.append("came")
    for thread in threads:
        thread.join(timeout=300)
    return max(0, done.index("zebra") - done.index("came"))
