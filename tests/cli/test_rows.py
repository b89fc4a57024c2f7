"""Rows on a terminal: what stands in a record must not steer it."""

from __future__ import annotations

from streamsql.cli.rows import as_csv, as_table


def test_what_a_terminal_would_obey_is_written_out() -> None:
    shown = as_table(["value"], [["red \x1b[31m and a \x00 zero,\nZürich"]])
    assert shown.splitlines()[-1] == r"red \x1b[31m and a \x00 zero,\nZürich"


def test_machines_get_it_as_it_is() -> None:
    assert as_csv(["value"], [["a\x00b"]]).splitlines() == ["value", "a\x00b"]
