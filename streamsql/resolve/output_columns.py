"""The columns that a model gives, beside what is declared of them; what makes them useless."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from streamsql.datatypes import DataType, ddl
from streamsql.findings import Finding, Location, Severity
from streamsql.parse import ParsedModel
from streamsql.project.nodes import Column
from streamsql.resolve.declared import declared_type
from streamsql.resolve.relations import OutputColumn
from streamsql.resolve.scope import Attribute, Rowset


def typed_columns(
    found: Rowset, parsed: ParsedModel
) -> tuple[tuple[OutputColumn, ...], list[Finding]]:
    """Take declared types where none is inferred; report where both are known and differ."""
    declared = {c.name.lower(): c for c in parsed.rendered.model.columns}
    columns: list[OutputColumn] = []
    findings: list[Finding] = []
    enforced = parsed.rendered.contract_enforced  # contract-broken speaks of it
    for column in found.columns:
        told = declared.get(column.name.lower())
        told_type = declared_type(told.data_type) if told is not None else None
        known_type = column.type or told_type
        written = ddl(known_type) if known_type is not None else None
        place = partial(_place, parsed, column)
        columns.append(OutputColumn(column.name, written, place, column.never_null, column.said))
        if told is None or enforced:
            continue
        if told_type and column.type and not _agree(told_type, column.type):
            findings.append(_mismatch(parsed, told, ddl(column.type)))
    return tuple(columns), findings


def _agree(told: DataType, found: DataType) -> bool:
    return ddl(told).lower() == ddl(found).lower()


def _mismatch(parsed: ParsedModel, told: Column, found: str) -> Finding:
    return Finding(
        "type-mismatch",
        f"the column '{told.name}' is declared as {told.data_type}, and its SQL gives {found}",
        told.location,
        Severity.WARNING,
        hint=f"declare it as {found}, or cast it: CAST(… AS {told.data_type})",
        model=parsed.name,
    )


def duplicates(found: Rowset, parsed: ParsedModel) -> Iterator[Finding]:
    """Report each column whose name another one has: nobody could read it."""
    seen: set[str] = set()
    for column in found.columns:
        name = column.name.lower()
        if name in seen:
            yield Finding(
                "duplicate-column",
                f"two columns are called '{column.name}'",
                _place(parsed, column),
                hint="give one of them another name with AS",
                model=parsed.name,
            )
        seen.add(name)


def unnamed(found: Rowset, parsed: ParsedModel) -> Iterator[Finding]:
    """Report each column that Spark would have to make up a name for."""
    for column in found.columns:
        if not column.named:
            yield Finding(
                "unnamed-column",
                "this column has no name of its own, and readers need one",
                _place(parsed, column),
                hint="give it a name with AS",
                model=parsed.name,
            )


def _place(parsed: ParsedModel, column: Attribute) -> Location:
    node: exp.Expr = column.node if column.node is not None else parsed.tree
    return parsed.location(node)
