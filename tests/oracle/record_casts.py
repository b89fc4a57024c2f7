"""Ask a Spark for all casts of ``casts.txt`` again, and write what it takes.

    python tests/oracle/record_casts.py > casts.txt

with the Python of any pyspark; needs about a minute.
"""

from __future__ import annotations

import sys

from cast_matrix import MATRIX, TYPES, WAYS, Cast
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession


def main() -> None:
    """Print the matrix as this Spark would have it."""
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.ansi.enabled", "true").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")

    def takes(cast: Cast) -> bool:
        try:
            spark.sql(f"SELECT {cast.call}")
        except PySparkException:
            return False
        return True

    for line in MATRIX.read_text(encoding="utf-8").splitlines():
        if "\t" not in line:
            sys.stdout.write(f"{line}\n")
    for way in WAYS:
        for source, name in TYPES.items():
            taken = "".join(to for to, target in TYPES.items() if takes(Cast(way, name, target)))
            sys.stdout.write(f"{way}\t{source}\t{taken}\n")


if __name__ == "__main__":
    main()
