"""What a format is: functions from what is declared to SQL text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from streamsql.findings import Finding, Location
from streamsql.formats.reading import Part, Reading
from streamsql.formats.records import Encoded
from streamsql.formats.schemas import RecordSchema

Columns = Sequence[tuple[str, str]]  # names and types, as Spark DDL


class Output(NamedTuple):
    """What is to be written as a value or a key, and how."""

    columns: Columns
    options: Mapping[str, str] = MappingProxyType({})
    schema: RecordSchema | None = None


class KeyOutput(NamedTuple):
    """How the key of a record is written; ``format`` None: as it has always been."""

    columns: Sequence[str] = ()
    format: Format | None = None
    options: Mapping[str, str] = MappingProxyType({})
    schema: RecordSchema | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which the value or the key of a record is written.

    ``options`` are the ``format_options`` it knows, each with a line of help. ``read`` says
    what it makes of a part of a record; ``value`` gives the expression of a row's value or
    key; ``check_source`` and ``check_output`` say what cannot be decoded or encoded, before
    anything runs.

    A format is ``by_name`` if columns that nobody reads can be left out of what is declared.
    ``one_value`` is the type of the value of a format that has but one column. ``schema`` is
    the kind of schema files that give its columns; it cannot do without one if it
    ``needs_schema``. ``hidden`` are fields of its own that a reader may name, with their types.
    """

    name: str
    about: str
    options: Mapping[str, str]
    check_source: Callable[[Encoded], tuple[Finding, ...]]
    read: Callable[[Encoded, Part], Reading]
    check_output: Callable[[Output, Location], tuple[Finding, ...]]
    value: Callable[[Output], str]
    by_name: bool = False
    one_value: str | None = None
    schema: str | None = None
    needs_schema: bool = False
    hidden: Callable[[Encoded], Mapping[str, str]] = field(default=lambda _: {})
