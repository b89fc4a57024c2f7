"""Counts of data tests, read from what Spark observed of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streamsql.plan.data_tests import DROPPED, QUARANTINED, ROWS, TEST
from streamsql.plan.nodes import PlannedTest, Query
from streamsql.spark.events import TestCount, TestResult


@dataclass(frozen=True, slots=True)
class Tested:
    """What the data tests of a query did with rows: of a batch, or of a run."""

    __test__ = False  # not pytest's

    counts: tuple[TestCount, ...] = ()
    quarantined: int = 0
    dropped: int = 0

    @property
    def failed(self) -> int:
        """Failures of all tests together; a row counts once for each test that it fails."""
        return sum(c.failed for c in self.counts)

    def plus(self, other: Tested) -> Tested:
        """Return both together."""
        mine = {(c.of, c.test): c for c in self.counts}
        summed = tuple(_sum(c, mine.get((c.of, c.test))) for c in other.counts)
        seen = {(c.of, c.test) for c in summed}
        rest = tuple(c for key, c in mine.items() if key not in seen)
        return Tested(
            (*rest, *summed), self.quarantined + other.quarantined, self.dropped + other.dropped
        )


def _sum(count: TestCount, before: TestCount | None) -> TestCount:
    if before is None:
        return count
    passed, failed = count.passed + before.passed, count.failed + before.failed
    return TestCount(count.test, count.of, count.on_failure, passed, failed)


def read_tests(query: Query, progress: Mapping[str, Any]) -> Tested:
    """Read the counts of a batch out of Spark's own progress.

    What a test of a source quarantines is kept by another query, and no dead letter of this one.
    """
    observed: Mapping[str, Mapping[str, Any]] = progress.get("observedMetrics") or {}
    names = {t.observation: t.of for t in query.tests if t.observation in observed}
    counts = tuple(c for t in query.tests if (c := _count(t, observed, progress)) is not None)
    return Tested(
        counts,
        sum(int(observed[n][QUARANTINED]) for n, of in names.items() if n and of == query.model),
        sum(int(observed[name][DROPPED]) for name in names if name),
    )


def _count(
    test: PlannedTest, observed: Mapping[str, Mapping[str, Any]], progress: Mapping[str, Any]
) -> TestCount | None:
    if test.observation is None:
        return _duplicates(test, progress.get("stateOperators") or ())
    counted = observed.get(test.observation)
    if counted is None:
        return None
    failed = int(counted[TEST + test.id])
    return TestCount(test.id, test.of, test.on_failure, int(counted[ROWS]) - failed, failed)


def _duplicates(test: PlannedTest, operators: Sequence[Mapping[str, Any]]) -> TestCount | None:
    """Rows that ``dedup`` let pass and dropped; of several, the model's own is the uppermost,
    which Spark tells first."""
    for operator in operators:
        if str(operator["operatorName"]).startswith("dedupe"):
            dropped = int(operator.get("customMetrics", {}).get("numDroppedDuplicateRows", 0))
            passed = int(operator["numRowsUpdated"])
            return TestCount(test.id, test.of, test.on_failure, passed, dropped)
    return None


def test_results(query: Query, tested: Tested, failure: str | None) -> tuple[TestResult, ...]:
    """Sum up the tests of a query's run; ``failure`` is why the query died, if it did."""
    return tuple(_results(query, tested, failure))


def _results(query: Query, tested: Tested, failure: str | None) -> Iterator[TestResult]:
    counts = {(c.of, c.test): c for c in tested.counts}
    for test in query.tests:
        none = TestCount(test.id, test.of, test.on_failure, 0, 0)
        count = counts.get((test.of, test.id))
        if failure is not None and f"data test {test.id} of {test.of} failed" in failure:
            yield TestResult(count or none, "fail", failure)
        elif count is None:
            yield TestResult(none, "skipped")
        else:
            yield TestResult(count, "warn" if count.failed else "pass")
