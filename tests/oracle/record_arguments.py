"""Ask a Spark for all calls of ``arguments.txt`` again, and write what it takes.

    python tests/oracle/record_arguments.py > arguments.txt

with the Python of any pyspark; needs about ten minutes.
"""

from __future__ import annotations

import sys

from argument_matrix import ALONE, BESIDE, COLUMNS, DDL, MATRIX
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession


def main() -> None:
    """Print the matrix as this Spark would have it."""
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.ansi.enabled", "true").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    spark.createDataFrame([], DDL).createOrReplaceTempView("t")

    def takes(template: str, left: str, right: str) -> bool:
        call = template.replace("{1}", f"t.`{COLUMNS[right][0]}`")
        if left != ALONE:
            call = call.replace("{0}", f"t.`{COLUMNS[left][0]}`")
        try:
            spark.sql(f"SELECT {call} FROM t")
        except PySparkException:
            return False
        return True

    for line in MATRIX.read_text(encoding="utf-8").splitlines():
        template, *sides = line.split("\t")
        if not sides:
            sys.stdout.write(f"{line}\n")
            continue
        lines: dict[str, str] = {}
        for left in sides[0]:
            tried = COLUMNS if left == ALONE else BESIDE
            taken = "".join(right for right in tried if takes(template, left, right))
            lines[taken] = lines.get(taken, "") + left
        for taken, lefts in lines.items():
            sys.stdout.write(f"{template}\t{lefts}\t{taken}\n")


if __name__ == "__main__":
    main()
