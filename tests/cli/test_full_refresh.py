"""Which queries ``--full-refresh`` is about."""

from __future__ import annotations

from dataclasses import replace

from streamsql.cli.commands.run import _begun_anew
from streamsql.cli.options import SelectionOptions
from streamsql.findings import Location
from streamsql.plan.nodes import Plan, Query
from streamsql.project.nodes import Trigger

MODEL = Query(
    id="revenue",
    kind="model",
    model="revenue",
    reads=(),
    steps=(),
    writes=(),
    output_mode="append",
    trigger=Trigger(),
    upstream=(),
    level=0,
    sql="",
    location=Location("models/revenue.sql"),
)
BAD_RECORDS = replace(MODEL, id="dead_letter.shop.orders", kind="dead_letter", model=None)
PLAN = Plan("shop", "dev", "4.1.1", "checkpoints", (MODEL, BAD_RECORDS))


def test_the_whole_project_begins_anew() -> None:
    everything = SelectionOptions(select=(), exclude=())
    assert _begun_anew(PLAN, everything) == {"revenue", "dead_letter.shop.orders"}


def test_dead_letters_that_others_share_go_on() -> None:
    some = SelectionOptions(select=("revenue",), exclude=())
    assert _begun_anew(PLAN, some) == {"revenue"}
