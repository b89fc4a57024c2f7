"""Ask a Spark how many arguments each of its functions takes, as ``arity.txt`` has it.

    python tests/oracle/record_arity.py > arity.txt

with the Python of any pyspark; needs a few minutes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

ARITY = Path(__file__).parent / "arity.txt"
MOST = 9
_WRONG = ("WRONG_NUM_ARGS", "REQUIRED_PARAMETER_NOT_FOUND")
_IN_GRAMMAR = frozenset(
    (
        *("and", "any", "between", "case", "cast", "current_date", "current_time", "current_user"),
        *("current_timestamp", "extract", "in", "localtimestamp", "not", "or", "session_user"),
        *("python_worker_logs", "user", "when", "collations", "range", "sql_keywords"),
        *("variant_explode", "variant_explode_outer"),
    )
)
"""Functions with a syntax of their own, or that make tables."""


def written(taken: list[int]) -> str:
    """Write counts, where the last ``+`` stands for all that are greater."""
    if taken and taken[-1] == MOST:
        first = next(n for n in taken if set(range(n, MOST + 1)) <= set(taken))
        return " ".join([*(str(n) for n in taken if n < first), f"{first}+"])
    return " ".join(map(str, taken))


def main() -> None:
    """Print the counts as this Spark would have them."""
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.ansi.enabled", "true").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")

    def takes(name: str, count: int) -> bool:
        try:
            spark.sql(f"SELECT {name}({', '.join(['NULL'] * count)})")
        except PySparkException as error:
            return not (error.getCondition() or "").startswith(_WRONG)
        return True

    for line in ARITY.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            sys.stdout.write(f"{line}\n")
    for row in spark.sql("SHOW SYSTEM FUNCTIONS").collect():
        if re.fullmatch(r"\w+", row[0]) and row[0] not in _IN_GRAMMAR:
            taken = [n for n in range(MOST + 1) if takes(row[0], n)]
            sys.stdout.write(f"{row[0]} {written(taken)}\n")


if __name__ == "__main__":
    main()
