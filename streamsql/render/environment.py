"""Jinja for models and macros: the sandbox, with a place for every node and a bound on work.

Every token's line number is a ``Place``, an int that also knows its column; Jinja hands it on to
the nodes of its tree and to its own errors. The tree is then changed so that

* template text and expressions are written as pieces (``pieces.py``), which carry their places;
* every call passes along its ``Site``, so that a function knows where it was called;
* loops, calls and joined texts are counted, so that no template runs for ever.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.visitor import NodeTransformer

from streamsql.findings import Location, did_you_mean
from streamsql.project.containers import Scales
from streamsql.project.sandbox import Sandbox, TemplateFault
from streamsql.render.pieces import Piece, computed_piece, join_pieces, literal_piece, trim_piece

BEGINS = "{{"
SITE = "_site_"  # the keyword by which a call in a template passes the number of its Site
_MAX_WORK = 300_000  # two seconds or so
_MAX_CALLS_DEEP = 100
_FILE_NODES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Place(int):
    """A line number, as Jinja knows it, that knows its column and offset as well."""

    column: int
    offset: int

    @classmethod
    def at(cls, line: int, column: int, offset: int) -> Place:
        """Return the place of a character; lines and columns count from 1."""
        place = cls(line)
        place.column = column
        place.offset = offset
        return place


class Site(NamedTuple):
    """Where a call stands, what it calls, and where its keyword arguments are."""

    location: Location
    callee: str
    keywords: Mapping[str, Location]


@dataclass(slots=True)
class Work:
    """What one rendering has done so far: the calls it is in, and how much is left to do."""

    sites: list[Site] = field(default_factory=list)
    left: int = _MAX_WORK
    failed_at: Site | None = None
    scales: Scales = field(default_factory=Scales)

    def spend(self, amount: int = 1) -> None:
        """Count work.

        Raises:
            TemplateFault: there was too much of it.
        """
        self.left -= amount
        if self.left < 0:
            raise TemplateFault("sandbox", "the template loops too long", "is a loop endless?")


class Parsed(NamedTuple):
    """A template that was read, and where each ``{{`` and macro of it stands."""

    path: str
    tree: nodes.Template
    begins: tuple[Place, ...]
    macros: tuple[tuple[str, Location], ...]

    def names(self) -> Mapping[str, tuple[Location, ...]]:
        """Return where names, attributes and each ``{{`` stand, for errors that know no more."""
        begins = tuple(_location(self.path, begin) for begin in self.begins)
        return {**_names(self.tree, self.path), BEGINS: begins}


class MacroReturn(Exception):  # noqa: N818 - it is no error
    """Carries the value of ``return()`` out of a macro."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class LocatedFault(Exception):  # noqa: N818
    """A fault of a template, at its place."""

    def __init__(self, fault: TemplateFault, location: Location) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.location = location


class ModelEnvironment(Sandbox):
    """The environment that a project's models and macros share."""

    concat = staticmethod(join_pieces)

    def __init__(self) -> None:
        super().__init__(extensions=["jinja2.ext.do"])
        self.filters["trim"] = trim_piece
        self.pieces: list[Piece] = []
        self.places: list[Location] = []
        self.sites: list[Site] = []
        self.work = Work()
        self.known_names: Mapping[str, Any] = {}

    def parse_template(self, path: str, text: str) -> Parsed:
        """Parse a template.

        Raises:
            TemplateSyntaxError: its ``lineno`` may be a Place.
        """
        begins: list[Place] = []
        self.open_begins = begins
        tree = Parser(self, text, path, path).parse()
        macros = tuple(
            (node.name, _location(path, node.lineno))
            for node in tree.body
            if isinstance(node, nodes.Macro)
        )
        return Parsed(path, tree, tuple(begins), macros)

    def template(self, parsed: Parsed) -> Template:
        """Prepare the tree of a template, and compile it."""
        prepared = _Preparation(self, parsed.path, parsed.begins).visit(parsed.tree)
        code = self.compile(prepared, parsed.path, parsed.path)
        assert isinstance(code, CodeType)
        return self.template_class.from_code(self, code, {})

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = _placed(self.lexer.tokeniter(source, name, filename, state), source)
        kept = _noting_begins(tokens, self.open_begins)
        return TokenStream(self.lexer.wrap(kept, name, filename), name, filename)

    def add_site(self, node: nodes.Call, path: str) -> int:
        """Note where a call stands, and return the number to pass along with it."""
        self.sites.append(_site(node, path))
        return len(self.sites) - 1

    def built(self, value: Any) -> Any:
        """Return a list or dict that a template has made, unless it is too large."""
        return self.work.scales.check(value)

    def written(self, value: Any, place: int) -> Piece:
        """Return what ``{{ … }}`` writes."""
        self.work.spend()
        if callable(value) and not isinstance(value, Undefined):
            fault = TemplateFault("wrong-arguments", *_NOT_CALLED)
            raise LocatedFault(fault, self.places[place])
        return computed_piece(value, self.places[place])

    def counted(self, values: Any) -> Any:
        """Return what a loop goes over, counting it as work."""
        if isinstance(values, Sized):
            self.work.spend(len(values))
            return values
        return self._counted(values)

    def _counted(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self.work.spend()
            yield value

    def joined(self, values: list[Any]) -> Piece:
        """Return what ``~`` makes of its operands."""
        return join_pieces([str(value) for value in values])

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a function or macro from a template, knowing where that is written."""
        number = kwargs.pop(SITE, None)
        if number is None:
            return super().call(__context, __obj, *args, **kwargs)
        site = __self.sites[number]
        work = __self.work
        work.sites.append(site)
        try:
            return __self._checked_call(site, __context, __obj, *args, **kwargs)
        except MacroReturn as returned:
            if isinstance(__obj, Macro):
                work.failed_at = None
                return returned.value
            work.failed_at = work.failed_at or site
            raise
        except TemplateFault as fault:
            raise LocatedFault(fault, site.location) from None
        except Exception:
            work.failed_at = work.failed_at or site
            raise
        finally:
            work.sites.pop()

    def _checked_call(
        __self,  # noqa: N805
        __site: Site,
        __context: Any,
        __obj: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        __self.work.spend()
        if len(__self.work.sites) > _MAX_CALLS_DEEP:
            raise TemplateFault("sandbox", "macros call each other too deeply", "is it endless?")
        if isinstance(__obj, Undefined) and not _is_forbidden(__obj):
            raise _no_such_callee(__site, __obj, __self.known_names)
        try:
            return __self.built(super().call(__context, __obj, *args, **kwargs))
        except TypeError as error:
            if _innermost_module(error) != "jinja2.runtime":
                raise
            message = re.sub(r"^[\w.<>]+\(\)", f"{__site.callee}()", str(error))
            raise TemplateFault("wrong-arguments", message) from None


_NOT_CALLED = (
    "this is a function, and it is not called here",
    "write its arguments in parentheses, as in {{ ref('orders') }}",
)


def _is_forbidden(value: Undefined) -> bool:
    """Tell whether a value is missing because the sandbox hides it."""
    return issubclass(value._undefined_exception, SecurityError)  # noqa: SLF001 - no other way


def _no_such_callee(site: Site, callee: Undefined, known: Iterable[str]) -> Exception:
    name = site.callee
    message = str(getattr(callee, "_undefined_message", f"'{name}' is undefined"))
    if message != f"'{name}' is undefined":
        return TemplateFault("unknown-variable", message)
    hint = _DBT_ONLY.get(name) or did_you_mean(name, known)
    return TemplateFault("unknown-macro", f"there is no macro or function '{name}'", hint)


# What people who come from dbt look for, and what is there instead.
_DBT_ONLY = {
    "is_incremental": "every model is a stream here: leave the condition out",
    "run_query": "nothing is queried while compiling: a seed can hold small tables",
    "statement": "nothing is queried while compiling: a seed can hold small tables",
    "print": "use log()",
    "set": "use a list",
}


def _innermost_module(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else str(trace.tb_frame.f_globals.get("__name__"))


_Tokens = Iterator[tuple[int, str, str]]


def _placed(tokens: Iterable[tuple[int, str, str]], source: str) -> _Tokens:
    """Give each token of Jinja's lexer its Place.

    Tokens cover the text, except blanks that ``{%-`` takes away before itself.
    """
    text = re.sub(r"\r\n|\r", "\n", source)
    offset = 0
    line = 1
    for _, kind, value in tokens:
        start = text.find(value, offset)
        start = offset if start < 0 else start
        line += text.count("\n", offset, start)
        yield Place.at(line, start - text.rfind("\n", 0, start), start), kind, value
        offset = start + len(value)
        line += value.count("\n")


def _noting_begins(tokens: _Tokens, begins: list[Place]) -> _Tokens:
    for place, kind, value in tokens:
        if kind == "variable_begin" and isinstance(place, Place):
            begins.append(place)
        yield place, kind, value


def _location(path: str, line: int) -> Location:
    return Location(path, int(line), getattr(line, "column", 1))


def _names(tree: nodes.Template, path: str) -> Mapping[str, tuple[Location, ...]]:
    """Return where names and attributes stand, for errors that know a name only."""
    found: dict[str, list[Location]] = {}
    for node in tree.find_all((nodes.Name, nodes.Getattr)):
        if isinstance(node, nodes.Name) and node.ctx == "load":
            found.setdefault(node.name, []).append(_location(path, node.lineno))
        elif isinstance(node, nodes.Getattr):
            dot = _location(path, node.lineno)
            after = Location(path, dot.line, dot.column + 1)
            found.setdefault(node.attr, []).append(after)
    return {name: tuple(places) for name, places in found.items()}


def begin_of(node: nodes.Expr, path: str, begins: tuple[Place, ...]) -> Location:
    """Return the place of the ``{{`` that an expression is in."""
    offset = getattr(node.lineno, "offset", 0)
    number = bisect_right(begins, offset, key=lambda place: place.offset)
    return _location(path, begins[number - 1] if number else node.lineno)


class _Preparation(NodeTransformer):
    """Changes a tree as the module's docstring says."""

    def __init__(self, environment: ModelEnvironment, path: str, begins: tuple[Place, ...]) -> None:
        self.environment = environment
        self.path = path
        self.begins = begins

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        """Change the children of a node; files cannot be reached from templates."""
        if isinstance(node, _FILE_NODES):
            raise TemplateSyntaxError(
                f"'{type(node).__name__.lower()}' is not there: macros are known everywhere",
                node.lineno,
                self.path,
                self.path,
            )
        return super().generic_visit(node, *args, **kwargs)

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        """Write pieces."""
        node.nodes = [self._written(child) for child in node.nodes]
        return node

    def _written(self, child: nodes.Expr) -> nodes.Expr:
        environment = self.environment
        line = child.lineno
        if isinstance(child, nodes.TemplateData):
            environment.pieces.append(literal_piece(child.data, _location(self.path, line)))
            number = nodes.Const(len(environment.pieces) - 1, lineno=line)
            pieces = nodes.EnvironmentAttribute("pieces", lineno=line)
            return nodes.Getitem(pieces, number, "load", lineno=line)
        environment.places.append(begin_of(child, self.path, self.begins))
        number = nodes.Const(len(environment.places) - 1, lineno=line)
        visited: nodes.Expr = self.visit(child)
        return self._internal("written", [visited, number], line)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        """Pass the site of a call along with it."""
        number = nodes.Const(self.environment.add_site(node, self.path), lineno=node.lineno)
        self.generic_visit(node)
        node.kwargs = [*node.kwargs, nodes.Keyword(SITE, number, lineno=node.lineno)]
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        """Weigh a list."""
        return self._weighed(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        """Weigh a tuple, unless it is what values are assigned to."""
        return self._weighed(node) if node.ctx == "load" else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        """Weigh a dict."""
        return self._weighed(node)

    def _weighed(self, node: nodes.Expr) -> nodes.Node:
        self.generic_visit(node)
        return self._internal("built", [node], node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        """Count what a loop goes over."""
        self.generic_visit(node)
        assert isinstance(node.iter, nodes.Expr)
        node.iter = self._internal("counted", [node.iter], node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        """Join with ``~`` as pieces are joined."""
        self.generic_visit(node)
        operands = nodes.List(node.nodes, lineno=node.lineno)
        return self._internal("joined", [operands], node.lineno)

    def _internal(self, name: str, args: list[nodes.Expr], line: int) -> nodes.Call:
        method = nodes.EnvironmentAttribute(name, lineno=line)
        return nodes.Call(method, args, [], None, None, lineno=line)


def _site(node: nodes.Call, path: str) -> Site:
    keywords = {kw.key: _location(path, kw.value.lineno) for kw in node.kwargs}
    for arg in node.args:
        for pair in arg.items if isinstance(arg, nodes.Dict) else ():
            if isinstance(pair.key, nodes.Const):
                keywords[str(pair.key.value)] = _location(path, pair.value.lineno)
    names = []
    callee: nodes.Node = node.node
    while isinstance(callee, nodes.Getattr):
        names.append(callee.attr)
        callee = callee.node
    names.append(callee.name if isinstance(callee, nodes.Name) else "…")
    return Site(_location(path, callee.lineno), ".".join(reversed(names)), keywords)
