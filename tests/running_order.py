"""The order in which workers take files: what takes longest begins first.

So no worker is left with a long file alone at the end. A list that is out of date costs time and
nothing else.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONGEST = (
    "chaos/test_clean_stops.py",
    "run/test_state_claims.py",
    "chaos/test_kills.py",
    "chaos/test_broker_outages.py",
    "errors/test_running.py",
    "main_job/test_what_keeps_data_right.py",
    "main_job/test_cluster_run.py",
    "main_job/test_sample_project.py",
    "chaos/test_database_kills.py",
    "main_job/test_failing_queries.py",
    "cli/test_run_command.py",
    "oracle/test_random_queries.py",
    "run/test_standing_watermarks.py",
    "run/test_correlated_subqueries.py",
    "cli/test_lint_cache.py",
)


def turn(item: pytest.Item) -> int:
    """When it is a test's turn: the longest files, what else needs Spark or Kafka, the rest."""
    name = item.path.relative_to(TESTS).as_posix()
    if name in LONGEST:
        return LONGEST.index(name)
    heavy = any(item.get_closest_marker(mark) for mark in ("spark", "kafka", "slow"))
    return len(LONGEST) if heavy else len(LONGEST) + 1
