"""The books beside Spark's checkpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streamsql.errors import CheckpointFault
from streamsql.findings import Location
from streamsql.plan.nodes import Query, QueryRead, Step
from streamsql.project.nodes import Trigger
from streamsql.spark.checkpoints import (
    Generation,
    SourceOrigin,
    adopt_renamed,
    changed_statements,
    current_generation,
    open_generation,
    save,
)
from streamsql.spark.storage import LocalStorage

STORAGE = LocalStorage()
READ = QueryRead("k", "shop.orders", "kafka", "kafka", {}, "kafka", ("orders",))
QUERY = Query(
    id="revenue",
    kind="model",
    model="revenue",
    reads=(READ,),
    steps=(Step("q", "SELECT 1"),),
    writes=(),
    output_mode="append",
    trigger=Trigger(),
    upstream=(),
    level=0,
    sql="",
    location=Location("models/revenue.sql"),
    stateful=True,
)


def start(folder: Path, query: Query = QUERY, *, full_refresh: bool = False) -> Generation:
    """Do what a run does: open, write the books, let Spark make its first batch."""
    opened = open_generation(STORAGE, str(folder), query, full_refresh=full_refresh)
    origins = {"k": SourceOrigin("cluster", {"orders": "id-1"}, {"orders": {"0": 5}})}
    generation = opened.bound(query, origins).prepared()
    save(STORAGE, generation)
    offsets = Path(generation.path) / "offsets"
    offsets.mkdir(parents=True, exist_ok=True)
    (offsets / "0").write_text("v1")
    return generation


def reopen(folder: Path, query: Query = QUERY, *, full_refresh: bool = False) -> Generation:
    return open_generation(STORAGE, str(folder), query, full_refresh=full_refresh)


def test_first_start_and_resume(tmp_path: Path) -> None:
    first = start(tmp_path)
    assert (first.number, first.resumed) == (1, False)
    again = reopen(tmp_path)
    assert (again.number, again.resumed) == (1, True)
    assert again.origins["k"].offsets == {"orders": {"0": 5}}
    assert current_generation(STORAGE, str(tmp_path)) == 1


def test_full_refresh_is_the_next_generation(tmp_path: Path) -> None:
    start(tmp_path)
    second = start(tmp_path, full_refresh=True)
    assert (second.number, second.path) == (2, f"{tmp_path}/2")
    assert reopen(tmp_path).number == 2


def test_a_refresh_that_was_cut_short_is_taken_up_again(tmp_path: Path) -> None:
    start(tmp_path)
    begun = reopen(tmp_path, full_refresh=True)
    save(STORAGE, begun)  # and the run dies before the targets are empty
    resumed = reopen(tmp_path)
    assert (resumed.number, resumed.state) == (2, "preparing")


def test_other_sources_are_refused(tmp_path: Path) -> None:
    start(tmp_path)
    other = replace(QUERY, reads=(READ, replace(READ, view="p", of="shop.payments")))
    with pytest.raises(CheckpointFault, match=r"shop\.payments.*cannot resume"):
        reopen(tmp_path, other)
    assert reopen(tmp_path, other, full_refresh=True).number == 2


def test_a_checkpoint_of_another_query_is_refused(tmp_path: Path) -> None:
    start(tmp_path)
    with pytest.raises(CheckpointFault, match="belongs to the query 'revenue'"):
        reopen(tmp_path, replace(QUERY, id="profit"))


def test_a_checkpoint_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1" / "offsets").mkdir(parents=True)
    with pytest.raises(CheckpointFault, match="did not make"):
        reopen(tmp_path)


def test_a_broken_record_says_so(tmp_path: Path) -> None:
    start(tmp_path)
    (tmp_path / "1.json").write_text("{")
    with pytest.raises(CheckpointFault, match="cannot be read"):
        reopen(tmp_path)


def test_changed_sql_is_seen(tmp_path: Path) -> None:
    start(tmp_path)
    assert not changed_statements(reopen(tmp_path), QUERY)
    assert changed_statements(reopen(tmp_path), replace(QUERY, steps=(Step("q", "SELECT 2"),)))


def test_a_renamed_model_keeps_its_checkpoint(tmp_path: Path) -> None:
    start(tmp_path / "shop" / "revenue")
    renamed = replace(QUERY, id="income", model="income", renamed_from="revenue")
    assert adopt_renamed(STORAGE, str(tmp_path), "shop", renamed) == "revenue"
    taken = reopen(tmp_path / "shop" / "income", renamed)
    assert (taken.number, taken.resumed) == (1, True)
    assert adopt_renamed(STORAGE, str(tmp_path), "shop", renamed) is None
