"""Declared columns of sources, models and seeds."""

from __future__ import annotations

from collections.abc import Callable

from streamsql.project.data_tests import DataTests
from streamsql.project.faults import Faults
from streamsql.project.nodes import Column, DataTest
from streamsql.project.shapes import (
    ColumnName,
    DataTypeText,
    FreeMap,
    Key,
    Record,
    Refused,
    Section,
    Shape,
    Text,
)


def _column(record: Record) -> Column:
    return Column(
        name=record.values["name"],
        data_type=record.get("data_type"),
        description=record.get("description", "").strip(),
        location=record.place("name"),
        meta=record.get("meta", {}),
        data_tests=tuple(
            test._replace(column=record.values["name"]) for test in record.get("data_tests", ())
        ),
    )


def _source_column(record: Record) -> Column:
    """A plain ``not_null`` of a source's column is part of decoding."""
    column = _column(record)
    if not column.data_tests:
        return column
    decoding = [t for t in column.data_tests if _is_decoding(t)]
    others = tuple(t for t in column.data_tests if t not in decoding)
    return column._replace(not_null=bool(decoding), data_tests=others)


def _is_decoding(test: DataTest) -> bool:
    plain = test.where is None and test.label is None and test.failure_location is None
    return test.name == "not_null" and plain


def _column_section(of: str, tests: Shape, build: Callable[[Record], Column] = _column) -> Section:
    return Section(
        f"a column of a {of}",
        (
            Key("name", ColumnName(), "The column's name.", required=True),
            Key("data_type", DataTypeText(), "Its type in Spark's DDL: `decimal(10,2)`."),
            Key("description", Text(may_be_empty=True), "What it is, for people."),
            Key("data_tests", tests, "What must hold for its values."),
            Key("meta", FreeMap(), "Anything you want to note."),
        ),
        build,
    )


_OF_A_SEED = Refused(
    "unsupported-test",
    "data tests of seeds are not supported: a seed is a file of the project",
    "test the models that read it",
)
SOURCE_COLUMN = _column_section("source", DataTests(of_column=True), _source_column)
MODEL_COLUMN = _column_section("model", DataTests(of_column=True))
SEED_COLUMN = _column_section("seed", _OF_A_SEED)


def check_columns(columns: tuple[Column, ...], of: str, faults: Faults) -> None:
    """Report columns declared twice; Spark does not tell upper from lower case."""
    seen: dict[str, Column] = {}
    for column in columns:
        first = seen.setdefault(column.name.lower(), column)
        if first is not column:
            faults.add(
                "duplicate-name",
                f"the column '{column.name}' of {of} is declared twice",
                column.location,
                f"it is there at line {first.location.line} already",
            )
