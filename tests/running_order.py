"""The order in which workers take files: what takes longest begins first.

So no worker is left with a long file alone at the end. A list that is out of date costs time and
nothing else.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

TESTS = Path(__file__).parent
LONGEST = (
    "main_job/test_cluster_run.py",
    "cli/test_lint_cache.py",  # needs no Spark, whose archive of classes the first worker may make
    "run/test_state_claims.py",
    "chaos/test_kills.py",
    "chaos/test_clean_stops.py",
    "chaos/test_broker_outages.py",
    "main_job/test_sample_project.py",
    "errors/test_running.py",
    "main_job/test_what_keeps_data_right.py",
    "security/test_secured_runs.py",
    "run/test_standing_watermarks.py",
    "machine/test_broker.py",
    "chaos/test_database_kills.py",
    "main_job/test_failing_queries.py",
    "oracle/test_random_queries.py",
    "cli/test_run_command.py",
    "dead_letters/test_guide.py",
    "security/test_secured_registries.py",
    "data_tests/test_consequences_on_spark.py",
    "run/test_correlated_subqueries.py",
)
# What needs the same server stays with one worker, so that it is started once.
TOGETHER = {
    "the sample project with its broker": (
        "main_job/test_cluster_run.py",
        "main_job/test_sample_project.py",
    ),
    "the broker with many doors": (
        "security/test_planted_secrets.py",
        "security/test_refusals.py",
        "security/test_revoked_rights.py",
        "security/test_secured_runs.py",
    ),
    "the registry": ("registry/", "security/test_secured_registries.py"),
    "the database": ("databases/", "chaos/test_database_kills.py"),
}


class ByServer(LoadFileScheduling):
    """Hands out files, and files that need the same server together."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        name = file.partition(f"{TESTS.name}/")[2]
        return next((part for part, of in TOGETHER.items() if name.startswith(of)), file)


def turn(item: pytest.Item) -> int:
    """When it is a test's turn: the longest files, what else needs Spark or Kafka, the rest."""
    name = item.path.relative_to(TESTS).as_posix()
    if name in LONGEST:
        return LONGEST.index(name)
    heavy = any(item.get_closest_marker(mark) for mark in ("spark", "kafka", "slow"))
    return len(LONGEST) if heavy else len(LONGEST) + 1
