"""A call has too many or too few arguments if and only if Spark says so: see ``arity.txt``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest
from argument_matrix import Cell, findings
from recorded_runs import FOLDER

from streamsql.errors import ModelError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOST = 9
LINES = [
    line.split()
    for line in (FOLDER / "arity.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
_DROPPED = frozenset({"position", "regr_avgx", "regr_avgy", "regr_sxx", "regr_sxy", "regr_syy"})
"""Functions of which sqlglot drops the arguments that are too many."""
_OTHERWISE = frozenset({"ceil", "floor", "initcap", "percentile", "transform"})
"""Functions that have a node of their own: some calls are refused in other words, or not."""


_SYNTAX = frozenset(
    ("char", "chr", "curdate", "decode", "if", "listagg", "overlay", "position", "string_agg")
) | {"substr", "substring", "trim"}
"""Functions that cannot be read with some counts."""


class Count(NamedTuple):
    """A call of a function with so many NULLs, and whether it takes so many arguments."""

    name: str
    count: int
    taken: bool

    @property
    def call(self) -> str:
        return f"{self.name}({', '.join(['NULL'] * self.count)})"


def counts() -> Iterator[Count]:
    """Yield what Spark said: a count with ``+`` stands for all that are greater, too."""
    for name, *taken in LINES:
        every = {
            n
            for t in taken
            for n in range(int(t.rstrip("+")), MOST + 1 if "+" in t else int(t) + 1)
        }
        yield from (Count(name, n, n in every) for n in range(MOST + 1))


def _said(calls: list[Count]) -> dict[Count, list[str]]:
    return dict(zip(calls, findings(Cell(c.call, c.taken) for c in calls), strict=True))


def _alone(count: Count) -> list[str]:
    try:
        return _said([count])[count]
    except ModelError:
        return ["wrong-argument-count: it cannot be read"]


def test_an_error_if_and_only_if_it_is_refused() -> None:
    every = list(counts())
    found = _said([c for c in every if c.name not in _SYNTAX])
    found |= {c: _alone(c) for c in every if c.name in _SYNTAX}
    wrong = []
    for count, said in found.items():
        told = any(f.startswith("wrong-argument-count") for f in said)
        missed = not count.taken and count.name not in _DROPPED | _OTHERWISE
        if (told and count.taken) or (missed and not told):
            wrong.append(f"{count.call}: Spark takes it: {count.taken}, lint: {said}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    assert len(LINES) > 450


@pytest.mark.spark
def test_spark_says_the_same(spark: SparkSession) -> None:
    from pyspark.errors import PySparkException

    wrong = []
    for count in random.Random(8).sample(list(counts()), 16):
        try:
            spark.sql(f"SELECT {count.call}")
            taken = True
        except PySparkException as error:
            said = error.getCondition() or ""
            taken = not said.startswith(("WRONG_NUM_ARGS", "REQUIRED_PARAMETER"))
        if taken != count.taken:
            wrong.append(count)
    assert not wrong
