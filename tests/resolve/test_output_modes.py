"""Output modes against recorded runs of Spark 4.1.1: ``modes that ran | query``, one a line.

The queries read ``events`` and ``clicks`` (watermarks of 10 and 5 minutes on ``ts``), the
same without a watermark (``events_nw``, ``clicks_nw``), and the static ``dim``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from type_corpus import rendered

from streamsql.datatypes import Struct, parse_type
from streamsql.parse import parse_model
from streamsql.resolve import EventTime, StreamFacts, legal_output_modes
from streamsql.resolve.expressions import type_of
from streamsql.resolve.queries import resolve_query
from streamsql.resolve.scope import Attribute, Flow, Rowset, Scope
from streamsql.resolve.walk import Walk

FOLDER = Path(__file__).parent
EVENTS = "id string, user string, amount double, ts timestamp, arr array<int>, raw string"
CLICKS = "id string, user string, url string, ts timestamp, amount double"
DIM = "k string, name string, vf double"


def _rowset(columns: str, streaming: bool = True, delay: str | None = None) -> Rowset:
    struct = parse_type(f"struct<{columns}>")
    assert isinstance(struct, Struct)
    marked = EventTime("ts", delay) if delay else None
    attributes = (
        Attribute(f.name, f.type, marked if f.name == "ts" else None) for f in struct.fields
    )
    return Rowset(tuple(attributes), flow=Flow(streaming))


RELATIONS = {
    "events": _rowset(EVENTS, delay="10 minutes"),
    "clicks": _rowset(CLICKS, delay="5 minutes"),
    "clicks2": _rowset(CLICKS, delay="5 minutes"),
    "events_nw": _rowset(EVENTS),
    "clicks_nw": _rowset(CLICKS),
    "dim": _rowset(DIM, streaming=False),
}


def _runs(name: str) -> list[tuple[set[str], str]]:
    lines = (FOLDER / name).read_text().splitlines()
    pairs = (line.split(" | ", 1) for line in lines)
    return [(set(modes.split()) - {"none"}, sql) for modes, sql in pairs]


def _facts(sql: str) -> StreamFacts:
    model = parse_model(rendered(sql))
    walk = Walk(model, RELATIONS, resolve_query, type_of)
    rowset = resolve_query(model.tree, Scope(), walk)
    assert not walk.findings, (sql, walk.findings)
    return StreamFacts(rowset.streaming, (), rowset.flow.stateful)


def _legal(sql: str, version: str = "4.1.1") -> set[str]:
    return {m.name for m in legal_output_modes(_facts(sql), version) if m.legal}


def test_modes_are_those_that_ran() -> None:
    wrong = [(sql, ran) for ran, sql in _runs("output_modes.txt") if _legal(sql) != ran]
    assert not wrong


def test_nothing_that_ran_is_refused() -> None:
    """These queries are refused for reasons that are no matter of the output mode."""
    runs = _runs("output_modes_of_other_rules.txt")
    assert not [(sql, ran) for ran, sql in runs if not ran <= _legal(sql)]


def test_the_corpus_is_wide() -> None:
    assert len(_runs("output_modes.txt")) >= 80


@pytest.mark.parametrize(
    ("version", "kind", "legal"),
    [
        ("4.1.1", "JOIN", {"append"}),
        ("4.2.0", "JOIN", {"append", "update"}),
        ("4.3.0", "LEFT SEMI JOIN", {"append", "update"}),
        ("4.3.0", "LEFT JOIN", {"append"}),
    ],
)
def test_joins_of_two_streams_by_version(version: str, kind: str, legal: set[str]) -> None:
    sql = (
        f"SELECT e.id FROM events e {kind} clicks c ON e.user = c.user "
        "AND c.ts BETWEEN e.ts AND e.ts + INTERVAL 1 HOUR"
    )
    assert _legal(sql, version) == legal


def test_a_refusal_says_why_and_where() -> None:
    append, update, complete = legal_output_modes(_facts("SELECT DISTINCT user FROM events"))
    assert append.reason
    assert append.cause is not None
    assert (append.cause.kind, append.cause.model) == ("distinct", "model")
    assert update.legal
    assert complete.legal
