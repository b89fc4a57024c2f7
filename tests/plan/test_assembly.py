"""How named SELECTs become the statements that Spark runs."""

from __future__ import annotations

from streamsql.plan.assembly import Select, assemble, indented, readable
from streamsql.project.nodes import Dedup


def of(*selects: Select) -> dict[str, Select]:
    return {s.name: s for s in selects}


def test_views_are_inlined_readers_last() -> None:
    selects = of(
        Select("c", "SELECT * FROM b JOIN a", ("b", "a")),
        Select("b", "SELECT 1 FROM a", ("a",)),
        Select("a", "SELECT * FROM k", ("k",)),
    )
    (step,) = assemble(selects, "c")
    assert step.view == "c"
    assert step.sql == (
        "WITH\na AS (\n  SELECT * FROM k\n),\nb AS (\n  SELECT 1 FROM a\n)\nSELECT * FROM b JOIN a"
    )


def test_a_model_with_its_own_ctes_is_nested() -> None:
    selects = of(
        Select("b", "WITH x AS (SELECT * FROM a)\nSELECT * FROM x", ("a",)),
        Select("a", "SELECT 1"),
    )
    (step,) = assemble(selects, "b")
    assert step.sql.endswith(
        "SELECT *\nFROM (\n  WITH x AS (SELECT * FROM a)\n  SELECT * FROM x\n)"
    )


def test_dedup_splits_the_query() -> None:
    selects = of(
        Select("raw", "SELECT * FROM k", ("k",)),
        Select("unique_orders", "SELECT id, ts FROM raw", ("raw",), Dedup(("id",)), "ts"),
        Select("sums", "SELECT ts, count(*) FROM unique_orders GROUP BY ts", ("unique_orders",)),
    )
    first, last = assemble(selects, "sums")
    assert (first.view, first.dedup, first.event_time) == ("unique_orders", Dedup(("id",)), "ts")
    assert "raw AS (" in first.sql
    assert last.sql == "SELECT ts, count(*) FROM unique_orders GROUP BY ts"
    assert "dropDuplicatesWithinWatermark(id)" in readable((first, last), ["query sums"])


def test_dedup_of_the_result_itself_is_one_step() -> None:
    (step,) = assemble(of(Select("a", "SELECT 1", (), Dedup(("id",), "1 hour"), "ts")), "a")
    assert step.dedup == Dedup(("id",), "1 hour")


def test_indenting_leaves_quoted_lines_alone() -> None:
    sql = "SELECT 'one\n two' AS a, -- it's fine\n  \"x\ny\" AS b\nFROM t"
    assert indented(sql) == ("  SELECT 'one\n two' AS a, -- it's fine\n    \"x\ny\" AS b\n  FROM t")
