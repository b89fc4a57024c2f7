"""Declared columns of sources, models and seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streamsql.project.faults import Faults
from streamsql.project.marked import Marked, Table
from streamsql.project.nodes import Column
from streamsql.project.shapes import (
    ColumnName,
    DataTypeText,
    FreeMap,
    JsonSchema,
    Key,
    Record,
    Section,
    Text,
    wrong_type,
)


@dataclass(frozen=True, slots=True)
class DataTests:
    """A list of data tests, of which only some are there yet; the others are refused."""

    supported: tuple[str, ...]

    def read(self, marked: Marked, faults: Faults) -> Any:
        """Return the names of the supported tests."""
        if not isinstance(marked.value, tuple):
            return wrong_type("a list of tests", marked, faults)
        return tuple(name for item in marked.value if (name := self._name(item, faults)))

    def _name(self, item: Marked, faults: Faults) -> str | None:
        if isinstance(item.value, str) and item.value in self.supported:
            return item.value
        name = next(iter(item.value.entries), "") if isinstance(item.value, Table) else item.value
        if name in self.supported:
            message = f"the data test '{name}' takes no arguments here"
            faults.add("unsupported-test", message, item.location, f"write just: {name}")
        else:
            hint = f"supported here: {', '.join(self.supported)}" if self.supported else None
            message = f"the data test '{name}' is not supported here yet"
            faults.add("unsupported-test", message, item.location, hint)
        return None

    def schema(self) -> JsonSchema:
        """Return the schema of the list."""
        return {"type": "array", "items": {"enum": list(self.supported)}}


def _column(record: Record) -> Column:
    return Column(
        name=record.values["name"],
        data_type=record.get("data_type"),
        description=record.get("description", "").strip(),
        location=record.place("name"),
        not_null="not_null" in record.get("data_tests", ()),
        meta=record.get("meta", {}),
    )


def _column_section(of: str, supported_tests: tuple[str, ...]) -> Section:
    return Section(
        f"a column of a {of}",
        (
            Key("name", ColumnName(), "The column's name.", required=True),
            Key("data_type", DataTypeText(), "Its type in Spark's DDL: `decimal(10,2)`."),
            Key("description", Text(may_be_empty=True), "What it is, for people."),
            Key("data_tests", DataTests(supported_tests), "What must hold for its values."),
            Key("meta", FreeMap(), "Anything you want to note."),
        ),
        _column,
    )


SOURCE_COLUMN = _column_section("source", ("not_null",))
MODEL_COLUMN = _column_section("model", ())
SEED_COLUMN = _column_section("seed", ())


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
