"""The project that the drain benchmark runs must go on compiling."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from fastavro import schemaless_reader

from benchmarks.contests import AVRO, DRAIN, NARROW, WIDE, WIDE_FIELDS, Contest
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
        "priced_framed",
        "narrow",
        "priced",
        "priced_kept",
        "priced_tested",
        "revenue",
        "revenue_kept",
        "dead_letter.shop.orders_kept",
    }
    for job in ("priced", "revenue"):
        assert plan.query(job).writes[0].topic == plan.query(f"{job}_kept").writes[0].topic
        assert plan.query(job).writes[0].columns == plan.query(f"{job}_kept").writes[0].columns


def test_the_tested_job_is_the_same_with_six_tests() -> None:
    plan = compilation().plan
    assert plan is not None
    tested = plan.query("priced_tested")
    assert [t.on_failure for t in tested.tests] == ["quarantine"] * 6
    (write,) = tested.writes
    assert (write.topic, write.dead_letter) == ("priced", "priced.dead_letter")
    assert write.columns == plan.query("priced").writes[0].columns


@pytest.mark.parametrize("contest", [DRAIN, NARROW], ids=lambda c: c.name)
def test_the_job_by_hand_decodes_the_same_columns(contest: Contest) -> None:
    (source,) = (s for s in compilation().project.sources if s.name == contest.topic)
    declared = ", ".join(f"{c.name} {c.data_type}" for c in source.columns)
    assert contest.schema == declared
    assert set(json.loads(contest.record(3).value or b"")) == {c.name for c in source.columns}


def test_five_fields_of_forty_are_parsed() -> None:
    plan = compilation().plan
    assert plan is not None
    sql = plan.query("narrow").sql
    assert len(WIDE) + 8 == WIDE_FIELDS
    assert [name for name in WIDE if f"record.{name}" in sql] == ["field_02", "field_03"]


def test_framed_orders_can_be_read() -> None:
    (source,) = (s for s in compilation().project.sources if s.name == "framed")
    assert source.schema is not None
    value = AVRO.record(3).value or b""
    assert value[:5] == b"\0" + (source.schema.id or 0).to_bytes(4, "big")
    read = schemaless_reader(io.BytesIO(value[5:]), json.loads(source.schema.text), None)
    assert isinstance(read, dict)
    assert read["amount"] == Decimal("0.03")
