"""Where two streams meet, Spark lets one column with a watermark in on each side.

It judges after it has left out what nobody above needs, so the same join is refused or not by
what is selected from it. Each query says whether Spark refuses it in append mode.
"""

from __future__ import annotations

import pytest
from recorded_runs import Run, errors_by_model

WITH_WINDOW = "(SELECT *, window(ts, '10 minutes') AS w FROM {})"
PAIR = (
    f"{WITH_WINDOW.format('events')} e JOIN {WITH_WINDOW.format('clicks')} c"
    " ON e.user = c.user AND e.w = c.w"
)
BOUND = "{0}.user = a.user AND {0}.ts BETWEEN a.ts AND a.ts + INTERVAL 1 HOUR"
TWO = f"events a JOIN clicks b ON {BOUND.format('b')}"
THREE = f"{TWO} JOIN clicks2 c ON {BOUND.format('c')}"
INNER = "SELECT e.user AS u, e.ts AS t1, c.ts AS t2 FROM events e JOIN clicks c"
STACKED = f"({INNER} ON e.user = c.user AND e.ts = c.ts) x JOIN clicks2 d ON x.u = d.user"


@pytest.mark.parametrize(
    ("refused", "sql"),
    [
        (False, f"SELECT e.id FROM {PAIR}"),
        (True, f"SELECT e.id, e.ts FROM {PAIR}"),
        (True, f"SELECT e.* FROM {PAIR}"),
        (True, f"SELECT date_trunc('hour', e.ts) AS h FROM {PAIR}"),
        (False, f"SELECT id FROM (SELECT e.id, date_trunc('hour', e.ts) AS h FROM {PAIR})"),
        (False, f"SELECT e.id FROM {PAIR} WHERE e.ts > current_timestamp()"),
        (False, f"SELECT a.id FROM {THREE}"),
        (False, f"SELECT a.id, c.ts FROM {THREE}"),
        (True, f"SELECT a.id, b.ts FROM {THREE}"),
        (
            True,
            f"SELECT a.id FROM {TWO} JOIN clicks2 c ON c.user = a.user AND c.ts <= b.ts AND"
            " c.ts >= a.ts",
        ),
        (False, f"SELECT a.ts, b.ts AS other FROM {TWO}"),
        (True, f"SELECT * FROM {STACKED} AND x.t1 = d.ts"),
        (False, f"SELECT d.id FROM {STACKED} AND x.t1 = d.ts"),
    ],
)
def test_one_event_time_a_side(refused: bool, sql: str) -> None:
    run = Run("q", sql, "append", "", "4.3.0")
    errors = errors_by_model([run], run.spark_version).get(run.model, [])
    assert [e.partition(":")[0] for e in errors] == ["two-event-times"] * refused
