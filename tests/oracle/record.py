"""Record what Spark does with queries: ``python tests/oracle/record.py queries.tsv out.jsonl``.

``queries.tsv`` has a line for each query: its name, a tab, and the SQL, over the relations that
``README.md`` describes. The Spark that is asked is the one that Python finds.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from live_spark import recorded_views, verdict

MODES = ("append", "update", "complete")
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.join.asofJoin.enabled": "true",
    "spark.ui.enabled": "false",
}
_LONGEST = 300


def recorded(spark: Any, name: str, sql: str) -> dict[str, str]:
    """Run one query in each mode; return its line of a recording."""
    record = {"id": name, "sql": sql}
    for mode in MODES:
        said = verdict(spark, sql, mode)[:_LONGEST]
        moment, _, message = said.partition(" ")
        if moment == "ANALYSIS":
            return {**record, "analysis": message}
        record[mode] = said
    return record


def queries(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the queries in a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, sql = line.partition("\t")
        if sql:
            yield name, sql


def main(source: str, target: str) -> None:
    """Record the queries of one file in another."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").config(map=SETTINGS).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            recorded_views(spark, Path(folder)),
            Path(target).open("w", encoding="utf-8") as out,
        ):
            for name, sql in queries(Path(source)):
                out.write(json.dumps(recorded(spark, name, sql)) + "\n")
                out.flush()
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
