"""What rendering gives: SQL text without Jinja, what it refers to, and where it came from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from streamsql.findings import Location
from streamsql.project.nodes import DataTest, Model, ModelConfig


class Reference(NamedTuple):
    """One ``ref()`` or ``source()`` call of a model.

    ``relation`` is the identifier it rendered to; ``alias`` the plain name that the
    compiled SQL gives it where the user gave none.
    """

    kind: str  # "ref" or "source"
    name: str  # the model's or seed's name, or "source_name.table"
    relation: str
    alias: str
    location: Location


class Span(NamedTuple):
    """Rendered text from offset ``start`` on came from ``location``.

    ``literal`` spans were copied letter for letter, so an offset inside them moves the
    place along; other spans were computed, and every offset in them has one place.
    """

    start: int
    location: Location
    literal: bool
    text: str = ""


class SourceMap(NamedTuple):
    """From an offset in rendered SQL to a place in the template or macro the user wrote."""

    spans: tuple[Span, ...]

    def locate(self, offset: int, end: int | None = None) -> Location:
        """Return the place of the rendered text at ``offset`` (0-based), up to ``end``."""
        # The last that starts here or before: tuples compare by their first part, the start.
        span = self.spans[max(0, bisect_left(self.spans, (offset + 1,)) - 1)]
        if not span.literal:
            return span.location
        line, column = _advance(span, offset - span.start)
        if end is None or end - span.start > len(span.text):
            return Location(span.location.path, line, column)
        end_line, end_column = _advance(span, end - span.start)
        return Location(span.location.path, line, column, end_line, end_column)


def _advance(span: Span, distance: int) -> tuple[int, int]:
    newlines = span.text.count("\n", 0, distance)
    if not newlines:
        return span.location.line, span.location.column + distance
    return span.location.line + newlines, distance - span.text.rfind("\n", 0, distance)


class RenderedCondition(NamedTuple):
    """A condition over one row as SQL text, and where each letter of it came from."""

    sql: str
    source_map: SourceMap
    references: tuple[Reference, ...] = ()


class RenderedTest(NamedTuple):
    """A data test as SQL: ``passes`` holds for good rows; only rows that meet ``where`` are tested.

    ``id`` is what results call it. A test without ``passes`` is one that ``dedup`` makes true.
    """

    id: str
    test: DataTest
    passes: RenderedCondition | None
    where: RenderedCondition | None = None

    @property
    def references(self) -> tuple[Reference, ...]:
        """What its conditions refer to."""
        parts = (self.passes, self.where)
        return tuple(r for part in parts if part is not None for r in part.references)


class RenderedModel(NamedTuple):
    """A model as SQL text, its settings complete.

    ``config_places`` is where each of them was given last: in ``config()``, in YAML, or as the
    default of a folder. ``tests`` are its data tests, ``test_references`` what those refer to.
    """

    model: Model
    sql: str
    references: tuple[Reference, ...]
    config: ModelConfig
    source_map: SourceMap
    config_places: Mapping[str, Location] = MappingProxyType({})
    tests: tuple[RenderedTest, ...] = ()
    test_references: tuple[Reference, ...] = ()

    @property
    def all_references(self) -> tuple[Reference, ...]:
        """What it refers to, its data tests included."""
        return (*self.references, *self.test_references)

    @property
    def contract_enforced(self) -> bool:
        """Whether the declared columns and types must be those that are produced.

        Those of a topic must, unless it says otherwise: others read it. Columns without types
        are notes and tests, and no contract; where none are declared, there is none to hold.
        """
        if self.config.contract is not None:
            return self.config.contract
        columns = self.model.columns
        typed = bool(columns) and all(column.data_type is not None for column in columns)
        return self.config.materialized == "topic" and typed

    def place(self, key: str) -> Location:
        """Return where a setting was given; the model's own place if nowhere."""
        return self.config_places.get(key, self.model.location)
