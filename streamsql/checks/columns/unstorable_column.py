from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, model_rule
from streamsql.connectors.file_types import fits_file
from streamsql.connectors.postgres import sql_type
from streamsql.findings import Severity
from streamsql.resolve import OutputColumn, ResolvedModel


@model_rule(Severity.ERROR)
def unstorable_column(model: ResolvedModel) -> Iterator[Fault]:
    """A column of a database's table, or of files, has a type that cannot be held there.

    Intervals and variants have no counterpart in PostgreSQL, and JSON, which holds arrays and
    structs there, has maps by text alone. Files of CSV hold no arrays, maps or structs, windows
    among these; files of text hold one column of text. The first batch would fail.

    Bad:

        -- models/stored.sql
        {{ config(materialized='sink', connector='jdbc', connection='warehouse') }}
        SELECT order_id, map(order_id, amount) AS amounts FROM {{ source('shop', 'orders') }}

    Good:

        -- models/stored.sql
        {{ config(materialized='sink', connector='jdbc', connection='warehouse') }}
        SELECT order_id, map(currency, amount) AS amounts FROM {{ source('shop', 'orders') }}
    """
    rendered = model.parsed.rendered
    config = rendered.config
    if config.materialized == "sink" and config.format == "jdbc":
        yield from _in_a_database(model)
    elif config.materialized in ("sink", "table") and config.format is not None:
        yield from _in_files(model, config.format)


def _in_a_database(model: ResolvedModel) -> Iterator[Fault]:
    for column in model.columns:
        if column.data_type is not None and sql_type(column.data_type) is None:
            yield Fault(
                f"the column '{column.name}' is {column.data_type}, for which PostgreSQL has no"
                " type",
                model.parsed.rendered.place("connector"),
                hint="cast it, or write it with to_json(…)",
            )


def _in_files(model: ResolvedModel, format_name: str) -> Iterator[Fault]:
    rendered = model.parsed.rendered
    folders = {name.lower() for name in rendered.config.partition_by}
    written = [c for c in model.columns if c.name.lower() not in folders]
    for column in written:
        if column.data_type is not None and not fits_file(format_name, column.data_type):
            yield Fault(
                f"the column '{column.name}' is {column.data_type}, which files of {format_name}"
                " cannot hold",
                rendered.place("format"),
                hint=_INSTEAD.get(format_name, "cast it, or leave it out"),
            )
    if format_name == "text" and len(written) > 1:
        yield _too_many(written, model)


def _too_many(written: list[OutputColumn], model: ResolvedModel) -> Fault:
    return Fault(
        f"files of text hold one column, and this model has {len(written)}",
        model.parsed.rendered.place("format"),
        hint="write them as one with to_csv(struct(…)), or choose another format",
    )


_INSTEAD = {
    "csv": "write it with to_json(…), or its fields as columns of their own",
    "text": "cast it to STRING",
}
