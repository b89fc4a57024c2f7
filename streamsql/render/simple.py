"""Rendering of templates that are text and plain calls, without Jinja's parser and compiler.

Most models only call ``config``, ``ref``, ``source``, ``var`` or a macro with constants. Jinja
spends most of its time on reading a template and making Python of it; these need none. What is
not surely simple goes to Jinja, and what both can do is the same: a test renders each way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jinja2.runtime import Context

from streamsql.findings import Location
from streamsql.render.environment import SITE, ModelEnvironment, Site
from streamsql.render.pieces import Piece, computed_piece, literal_piece

# Words that are no names to Jinja, or not everywhere.
_WORDS = frozenset(
    {"and", "else", "elif", "for", "if", "import", "in", "is", "not", "or", "recursive"}
)
_CONSTANTS: Mapping[str, Any] = {
    **dict.fromkeys(("true", "True"), True),
    **dict.fromkeys(("false", "False"), False),
    **dict.fromkeys(("none", "None"), None),
}
_NAME = r"[A-Za-z_][A-Za-z_0-9]*"
_CALL = re.compile(rf"\{{\{{\s*({_NAME})\s*\(")
_KEYWORD = re.compile(rf"\s*({_NAME})\s*=(?!=)\s*")
# Strings without escapes, and numbers as everybody writes them.
_CONSTANT = re.compile(
    rf"""'(?P<single>[^'\\\n]*)'|"(?P<double>[^"\\\n]*)"|(?P<float>\d+\.\d+)(?![\w.])"""
    rf"""|(?P<int>0|[1-9]\d*)(?![\w.])|(?P<name>{_NAME})"""
)
_BLANKS = re.compile(r"\s*")
_END = re.compile(r"\s*\}\}")


class _NotSimple(Exception):  # noqa: N818 - nobody is told
    """Jinja has to read the template."""


class SimpleCall(NamedTuple):
    """``{{ name(…) }}`` with constants, where its ``{{`` is, and what errors tell of it."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    begin: Location
    site: Site


class SimpleText(NamedTuple):
    """Text that is written as it stands."""

    text: str
    place: Location


def read_simple(path: str, template: str) -> tuple[SimpleText | SimpleCall, ...] | None:
    """Take a template apart that is nothing but text and calls with constants, else None."""
    if "{%" in template or "{#" in template or "\r" in template:
        return None
    reader = _Reader(path, template.removesuffix("\n"))
    try:
        return tuple(reader.parts())
    except (_NotSimple, RecursionError, ValueError):
        return None


class _Reader:
    """One template, read from its beginning on."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.line = 1
        self.line_start = 0
        self.seen = 0

    def parts(self) -> Iterator[SimpleText | SimpleCall]:
        """Yield texts and calls in turn."""
        done = 0
        while (begin := self.text.find("{{", done)) >= 0:
            if begin > done:
                yield SimpleText(self.text[done:begin], self.place(done))
            call, done = self.call(begin)
            yield call
        if done < len(self.text):
            yield SimpleText(self.text[done:], self.place(done))

    def place(self, offset: int) -> Location:
        """Return the place of an offset that is no less than the last one asked for."""
        newlines = self.text.count("\n", self.seen, offset)
        if newlines:
            self.line += newlines
            self.line_start = self.text.rfind("\n", 0, offset) + 1
        self.seen = offset
        return Location(self.path, self.line, offset - self.line_start + 1)

    def call(self, begin: int) -> tuple[SimpleCall, int]:
        """Read ``{{ name(…) }}``; the second is where it ends."""
        opened = _CALL.match(self.text, begin)
        if opened is None or opened[1] in _WORDS or opened[1] in _CONSTANTS:
            raise _NotSimple
        where, named = self.place(begin), self.place(opened.start(1))
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        places: dict[str, Location] = {}
        at = self.blanks(opened.end())
        while self.text[at : at + 1] != ")":
            keyword = _KEYWORD.match(self.text, at)
            if keyword is None:
                if kwargs or self.text[at : at + 1] == "{":
                    raise _NotSimple
                value, at = self.value(at)
                args.append(value)
            else:
                if keyword[1] in kwargs:
                    raise _NotSimple
                places[keyword[1]] = self.place(keyword.end())
                kwargs[keyword[1]], at = self.value(keyword.end())
            at = self.after_item(at, ")")
        end = _END.match(self.text, at + 1)
        if end is None:
            raise _NotSimple
        site = Site(named, opened[1], places)
        return SimpleCall(opened[1], tuple(args), kwargs, where, site), end.end()

    def value(self, at: int) -> tuple[Any, int]:
        """Read a constant, a list or a dict of such; the second is where it ends."""
        opening = self.text[at : at + 1]
        if opening == "[":
            return self.items(at + 1)
        if opening == "{":
            return self.pairs(at + 1)
        found = _CONSTANT.match(self.text, at)
        kind = found.lastgroup if found is not None else None
        if found is None or kind is None:
            raise _NotSimple
        written = found[kind]
        if kind in ("single", "double"):
            return written, found.end()
        if kind == "name":
            if written not in _CONSTANTS:
                raise _NotSimple
            return _CONSTANTS[written], found.end()
        return (int(written) if kind == "int" else float(written)), found.end()

    def items(self, at: int) -> tuple[list[Any], int]:
        """Read what is left of a list."""
        items: list[Any] = []
        at = self.blanks(at)
        while self.text[at : at + 1] != "]":
            item, at = self.value(at)
            items.append(item)
            at = self.after_item(at, "]")
        return items, at + 1

    def pairs(self, at: int) -> tuple[dict[Any, Any], int]:
        """Read what is left of a dict."""
        pairs: dict[Any, Any] = {}
        at = self.blanks(at)
        while self.text[at : at + 1] != "}":
            if self.text[at : at + 1] in "[{":
                raise _NotSimple
            key, at = self.value(at)
            at = self.blanks(at)
            if self.text[at : at + 1] != ":":
                raise _NotSimple
            pairs[key], at = self.value(self.blanks(at + 1))
            at = self.after_item(at, "}")
        return pairs, at + 1

    def after_item(self, at: int, closing: str) -> int:
        """Return where the next item begins, or the closing bracket stands."""
        at = self.blanks(at)
        if self.text[at : at + 1] == ",":
            return self.blanks(at + 1)
        if self.text[at : at + 1] != closing:
            raise _NotSimple
        return at

    def blanks(self, at: int) -> int:
        found = _BLANKS.match(self.text, at)
        assert found is not None, "no blanks are blanks, too"
        return found.end()


def simple_pieces(
    environment: ModelEnvironment,
    path: str,
    parts: tuple[SimpleText | SimpleCall, ...],
    names: dict[str, Any],
) -> Iterator[Piece]:
    """Yield what a simple template writes, doing its calls as they come."""
    context = Context(environment, names, path, {})
    for part in parts:
        if isinstance(part, SimpleText):
            yield literal_piece(part.text, part.place)
            continue
        environment.sites.append(part.site)
        site = {SITE: len(environment.sites) - 1}
        callee = context.resolve(part.name)
        value = environment.call(context, callee, *part.args, **part.kwargs, **site)
        yield computed_piece(value, part.begin)
