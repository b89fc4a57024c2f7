"""Data tests as SQL: the built-in ones, and macros ``test_NAME`` of the project's own.

A macro renders the condition that a good row meets. It is given ``column_name`` (and ``model``,
the name of the relation) where it takes them, and the test's ``arguments`` by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2.runtime import Macro

from streamsql.datatypes import quote_name
from streamsql.findings import Finding, Location
from streamsql.project.data_tests import ARGUMENTS, unknown_test
from streamsql.project.nodes import DataTest
from streamsql.render.environment import MacroReturn
from streamsql.render.pieces import Piece, join_pieces, make_piece, source_map, trim_piece
from streamsql.render.rendered import Reference, RenderedCondition, RenderedTest, Span

PREFIX = "test_"
Expand = Callable[[str, Callable[[], str]], tuple[Piece | Finding, tuple[Reference, ...]]]
_REF = re.compile(r"""\s*ref\(\s*(['"])(\w+)\1\s*\)\s*""")


def render_tests(
    tests: Iterable[DataTest], owner: str, names: Mapping[str, Any], expand: Expand
) -> tuple[tuple[RenderedTest, ...], tuple[Finding, ...]]:
    """Render the tests of a model or source; those that cannot be are findings.

    ``names`` is what templates know, macros included; ``expand`` calls a macro of a path.
    """
    made: list[RenderedTest] = []
    findings: list[Finding] = []
    taken: set[str] = set()
    for test in tests:
        passes = _passes(test, owner, names, expand)
        if isinstance(passes, Finding):
            findings.append(passes)
            continue
        place = test.where_location or test.location
        where = None if test.where is None else _condition(test.where, place)
        made.append(RenderedTest(_id_of(test, owner, taken), test, passes, where))
    return tuple(made), tuple(findings)


def _id_of(test: DataTest, owner: str, taken: set[str]) -> str:
    """Return what results call a test: its own name, else one of its parts; each once."""
    parts = (test.name, re.sub(r"\W+", "_", owner), re.sub(r"\W+", "_", test.column or ""))
    stem = test.label or "_".join(part for part in parts if part)
    number, name = 1, stem
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return name


def _passes(
    test: DataTest, owner: str, names: Mapping[str, Any], expand: Expand
) -> RenderedCondition | Finding | None:
    if test.name == "unique":
        return None
    if test.name == "relationships":
        return _relationship(test)
    if test.name in ARGUMENTS:
        place = next(iter(test.places.values()), test.location)
        return _condition(_BUILT_IN[test.name](test), place)
    macro = names.get(PREFIX + test.name)
    if not isinstance(macro, Macro):
        macros = tuple(n.removeprefix(PREFIX) for n in names if n.startswith(PREFIX))
        message, hint = unknown_test(test.name, macros)
        return Finding("unknown-test", message, test.location, hint=hint)
    return _of_macro(test, owner, macro, expand)


def _condition(sql: str, place: Location) -> RenderedCondition:
    piece = make_piece(sql, (Span(0, place, literal=False),))
    return RenderedCondition(sql, source_map(piece, place))


def _not_null(test: DataTest) -> str:
    return f"{_column(test)} IS NOT NULL"


def _accepted_values(test: DataTest) -> str:
    return f"{_column(test)} IN ({', '.join(test.arguments['values']) or 'NULL'})"


def _range(test: DataTest) -> str:
    given, column = test.arguments, _column(test)
    bounds = []
    if "min" in given:
        sign = ">=" if given.get("min_inclusive", True) else ">"
        bounds.append(f"{column} {sign} {given['min']}")
    if "max" in given:
        sign = "<=" if given.get("max_inclusive", True) else "<"
        bounds.append(f"{column} {sign} {given['max']}")
    return " AND ".join(bounds)


def _matches(test: DataTest) -> str:
    pattern = test.arguments["regex"].replace("\\", "\\\\").replace("'", "\\'")
    return f"{_column(test)} RLIKE '{pattern}'"


def _expression(test: DataTest) -> str:
    return str(test.arguments["expression"]).strip()


_BUILT_IN: Mapping[str, Callable[[DataTest], str]] = {
    "not_null": _not_null,
    "accepted_values": _accepted_values,
    "range": _range,
    "matches": _matches,
    "expression": _expression,
}


def _column(test: DataTest) -> str:
    return quote_name(test.column or "")


def _relationship(test: DataTest) -> RenderedCondition | Finding:
    """Ask for the value among those of a static relation."""
    to, place = str(test.arguments["to"]), test.places.get("to", test.location)
    found = _REF.fullmatch(to)
    if found is None:
        message = f"'{to}' does not say what the column refers to"
        return Finding("wrong-arguments", message, place, hint="write to: ref('currencies')")
    name = found[2]
    field = quote_name(test.arguments["field"])
    relation = f"ref__{name}"
    before = f"{_column(test)} IN (SELECT "
    field_place = test.places.get("field", test.location)
    sql = f"{before}{field} FROM {relation} WHERE {field} IS NOT NULL)"
    spans = (
        Span(0, test.location, literal=False),
        Span(len(before), field_place, literal=False),
    )
    piece = make_piece(sql, spans)
    reference = Reference("ref", name, relation, name, place)
    return RenderedCondition(sql, source_map(piece, test.location), (reference,))


def _of_macro(
    test: DataTest, owner: str, macro: Macro, expand: Expand
) -> RenderedCondition | Finding:
    offered = {"model": owner} | ({"column_name": quote_name(test.column)} if test.column else {})
    given = {name: value for name, value in offered.items() if name in macro.arguments}
    fault = _wrong_arguments(test, macro)
    if fault is not None:
        return fault
    given |= test.arguments
    text, references = expand(test.location.path, lambda: _called(macro, given))
    if isinstance(text, Finding):
        return text
    if not text.strip():
        message = f"the macro '{macro.name}' gives no condition"
        hint = "write the SQL that a good row meets"
        return Finding("wrong-arguments", message, test.location, hint=hint)
    whole = join_pieces([trim_piece(text)])
    return RenderedCondition("".join((whole, "")), source_map(whole, test.location), references)


def _called(macro: Macro, arguments: Mapping[str, Any]) -> str:
    try:
        return str(macro(**arguments))
    except MacroReturn as returned:
        return str(returned.value)


def _wrong_arguments(test: DataTest, macro: Macro) -> Finding | None:
    """Compare a test's arguments with those of its macro, which Jinja would pass over in part."""
    takes = macro.arguments
    listed = ", ".join(n for n in takes if n not in ("model", "column_name")) or "none"
    hint = f"its arguments: {listed}"
    for name in test.arguments:
        if name not in takes and not macro.catch_kwargs:
            message = f"the data test '{test.name}' has no argument '{name}'"
            return Finding("wrong-arguments", message, test.places[name], hint=hint)
    if "column_name" in takes and test.column is None:
        message = f"the data test '{test.name}' is about a column, and stands beside none"
        return Finding("wrong-arguments", message, test.location, hint="put it under a column")
    return None
