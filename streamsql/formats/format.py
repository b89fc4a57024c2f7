"""What a format is: functions from what is declared to SQL text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from streamsql.findings import Finding, Location
from streamsql.formats.records import Decoding, EncodedSource
from streamsql.formats.schemas import RecordSchema

Columns = Sequence[tuple[str, str]]  # names and types, as Spark DDL


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which the value of a record is written.

    ``options`` are the ``format_options`` it knows, each with a line of help. ``decode``
    takes a source, the relation of its raw records and the hidden fields wanted;
    ``value`` gives the expression of the value of a row; ``check_source`` and
    ``check_output`` say what cannot be decoded or encoded, before anything runs. A format
    that ``takes_schema`` gets its columns from a schema file of the project.
    """

    name: str
    about: str
    options: Mapping[str, str]
    check_source: Callable[[EncodedSource], tuple[Finding, ...]]
    decode: Callable[[EncodedSource, str, Sequence[str]], Decoding]
    check_output: Callable[[Columns, Location, RecordSchema | None], tuple[Finding, ...]]
    value: Callable[[Columns, RecordSchema | None], str]
    takes_schema: bool = False
