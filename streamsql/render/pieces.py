"""Text that remembers where it came from.

A ``Piece`` is a str like any other to templates: it compares, hashes, filters and prints as
such, so macros in conditions, ``set`` and filters work as ever. Only joining pieces, which is
how Jinja makes its output, keeps their spans; what filters make of them is plain text again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2.exceptions import SecurityError

from streamsql.findings import Location
from streamsql.project.sandbox import LONGEST_TEXT
from streamsql.render.rendered import SourceMap, Span

UNKNOWN = Location("", 0, 0)
_MOST_SPANS = 100_000


class Piece(str):
    """A text with the spans that cover it."""

    __slots__ = ("spans",)
    spans: tuple[Span, ...]

    def __str__(self) -> str:
        # Not a copy: Jinja calls str() on everything it writes.
        return self


def make_piece(text: str, spans: tuple[Span, ...]) -> Piece:
    """Return a text with its spans; they begin at 0 and leave no gap."""
    piece = Piece(text)
    piece.spans = spans
    return piece


def literal_piece(text: str, location: Location) -> Piece:
    """Return a text that stands in a template letter for letter."""
    return make_piece(text, (Span(0, location, True, text),))


def computed_piece(value: Any, location: Location) -> Piece:
    """Return what an expression gave, as text; a macro's text keeps its own places."""
    if isinstance(value, Piece):
        return value
    return make_piece(str(value), (Span(0, location, False),))


def join_pieces(parts: Iterable[str]) -> Piece:
    """Join texts, shifting their spans.

    Raises:
        SecurityError: the result is too large.
    """
    texts: list[str] = []
    spans: list[Span] = []
    length = 0
    for part in parts:
        if not part:
            continue
        found = part.spans if isinstance(part, Piece) else (Span(0, UNKNOWN, False),)
        spans += [_later(span, length) for span in found] if length else found
        texts.append(part)
        length += len(part)
        if len(spans) > _MOST_SPANS:
            spans = [Span(0, UNKNOWN, False)]
        if length > LONGEST_TEXT:
            raise SecurityError("the rendered text is too large")
    return make_piece("".join((*texts, "")), tuple(spans))


def _later(span: Span, length: int) -> Span:
    """Return a span after a text of this length: by far the most are moved so."""
    return Span(span.start + length, span.location, span.literal, span.text)


def trim_piece(value: Any, chars: str | None = None) -> str:
    """Strip a text as Jinja's ``trim`` does, keeping the spans of what is left."""
    text = str(value)
    stripped = str.strip(text, chars)
    if not isinstance(value, Piece) or not stripped:
        return stripped
    begin = len(text) - len(text.lstrip(chars))
    spans = []
    for span, end in zip(
        value.spans, (*(s.start for s in value.spans[1:]), len(text)), strict=True
    ):
        if end > begin and span.start < begin + len(stripped):
            spans.append(_shifted(span, begin))
    return make_piece(stripped, tuple(spans))


def _shifted(span: Span, begin: int) -> Span:
    """Return a span of a text whose first ``begin`` characters were cut off."""
    cut = begin - span.start
    if cut <= 0:
        return span._replace(start=span.start - begin)
    if not span.literal:
        return span._replace(start=0)
    lost, kept = span.text[:cut], span.text[cut:]
    place = span.location
    column = cut - lost.rfind("\n") if "\n" in lost else place.column + cut
    location = Location(place.path, place.line + lost.count("\n"), column)
    return Span(0, location, True, kept)


def source_map(piece: Piece, whole: Location) -> SourceMap:
    """Return the map of a rendered text; pieces nobody knows belong to what stands before."""
    spans: list[Span] = []
    known = whole
    for span in piece.spans:
        known = known if span.location is UNKNOWN else span.location
        spans.append(span if span.location is known else span._replace(location=known))
    return SourceMap(tuple(spans) or (Span(0, whole, False),))
