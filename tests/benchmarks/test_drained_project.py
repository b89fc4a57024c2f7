"""The project that the drain benchmark runs must go on compiling."""

from __future__ import annotations

from pathlib import Path

from streamsql.pipeline import Compilation, compile_project
from streamsql.project import read_files

ROOT = Path(__file__).parents[2] / "benchmarks"


def compilation() -> Compilation:
    files = read_files(ROOT / "orders", profiles_dir=None, vars={}, env={})
    return compile_project(files, installed_spark="4.1.1")


def test_it_has_nothing_to_complain_about() -> None:
    assert compilation().findings == ()


def test_each_job_runs_with_and_without_dead_letters() -> None:
    plan = compilation().plan
    assert plan is not None
    ids = {query.id for query in plan.queries}
    assert ids == {
        "priced",
        "priced_kept",
        "revenue",
        "revenue_kept",
        "dead_letter.shop.orders_kept",
    }
    for job in ("priced", "revenue"):
        assert plan.query(job).writes[0].topic == plan.query(f"{job}_kept").writes[0].topic
        assert plan.query(job).writes[0].columns == plan.query(f"{job}_kept").writes[0].columns


def test_the_job_by_hand_reads_the_same_columns() -> None:
    (orders,) = (s for s in compilation().project.sources if s.name == "orders")
    declared = ", ".join(f"{c.name} {c.data_type}" for c in orders.columns)
    by_hand = (ROOT / "by_hand.py").read_text(encoding="utf-8")
    start = by_hand.index("SCHEMA = (") + len("SCHEMA = (")
    lines = by_hand[start : by_hand.index(")\n\n", start)].splitlines()
    assert "".join(line.strip().strip('"') for line in lines if line) == declared
