"""PostgreSQL's side of a written table: types, and the statements of one batch, as text.

Rows come into an unlogged staging table first, written by many connections; one statement
takes them from there into the table. See ``docs/decisions/0010``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, parse_type

ATTEMPT = "streamsql_attempt"  # who wrote a staged row: one try at one batch
PART = "streamsql_part"  # and which of its tasks
BOOKS = "streamsql_batches"

_TYPES: Mapping[str, str] = {
    "boolean": "boolean",
    "tinyint": "smallint",
    "smallint": "smallint",
    "int": "integer",
    "bigint": "bigint",
    "float": "real",
    "double": "double precision",
    "binary": "bytea",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "timestamp_ntz": "timestamp without time zone",
}
_TEXTUAL = ("string", "char", "varchar")
_TEXTS = ("text", "character varying", "character", "uuid", "json", "jsonb", "citext")
_FLOATS = ("real", "double precision")
_INTEGERS = ("smallint", "integer", "bigint", "numeric")
# What a table that was made by somebody else may have instead: nothing is lost in them.
_ALSO: Mapping[str, tuple[str, ...]] = {
    "smallint": _INTEGERS,
    "integer": _INTEGERS[1:],
    "bigint": _INTEGERS[2:],
    "real": ("double precision",),
    "text": _TEXTS,
    "jsonb": ("json", "text"),
}


class TableColumn(NamedTuple):
    """A column of a written table: its name, and the types of Spark and of PostgreSQL."""

    name: str
    data_type: str
    sql_type: str

    @property
    def nested(self) -> bool:
        """Whether its values are written as JSON."""
        return self.sql_type == "jsonb"


def table_columns(columns: Iterable[tuple[str, str]]) -> tuple[TableColumn, ...]:
    """Return a table's columns from names and types of Spark's; all types must be storable."""
    found = ((name, data_type, sql_type(data_type)) for name, data_type in columns)
    return tuple(TableColumn(n, kind, made) for n, kind, made in found if made is not None)


def sql_type(data_type: str) -> str | None:
    """Return PostgreSQL's type for one of Spark's, None for what it cannot hold.

    >>> sql_type("decimal(12,2)"), sql_type("array<string>"), sql_type("variant")
    ('numeric(12,2)', 'jsonb', None)
    """
    return _sql_type(parse_type(data_type))


def _sql_type(kind: DataType) -> str | None:
    match kind:
        case Decimal():
            return f"numeric({kind.precision},{kind.scale})"
        case Primitive(name):
            # char, varchar, and strings with a collation
            return "text" if name.startswith(_TEXTUAL) else _TYPES.get(name)
        case Array():
            return "jsonb" if _sql_type(kind.element) else None
        case Map():
            return "jsonb" if _sql_type(kind.key) == "text" and _sql_type(kind.value) else None
        case Struct():
            return "jsonb" if all(_sql_type(f.type) for f in kind.fields) else None


def holds(there: str, wanted: str) -> bool:
    """Whether a column of the type ``there`` takes every value of the type ``wanted``."""
    if there == wanted:
        return True
    base, precision, scale = _parts(there)
    wanted_base, wanted_precision, wanted_scale = _parts(wanted)
    if base == wanted_base == "numeric":
        return precision is None or (
            scale >= wanted_scale and precision - scale >= (wanted_precision or 1000) - wanted_scale
        )
    if base == "numeric":
        return precision is None and base in _ALSO.get(wanted_base, ())
    return base in _ALSO.get(wanted_base, ())


def _parts(text: str) -> tuple[str, int | None, int]:
    base, _, rest = text.partition("(")
    if base != "numeric" or not rest:
        return base.strip(), None, 0
    precision, _, scale = rest.rstrip(")").partition(",")
    return base, int(precision), int(scale or 0)


class TableNames(NamedTuple):
    """A table, and those that streamsql keeps beside it in the same schema, quoted.

    ``query`` is the name of the query in the books, with its project.
    """

    table: str
    staging: str
    books: str
    query: str

    @classmethod
    def of(cls, table: str, query: str) -> TableNames:
        """Return the names for a table ``name`` or ``schema.name`` that a query writes."""
        schema, _, name = table.rpartition(".")
        digest = hashlib.sha256(f"{query} {table}".encode()).hexdigest()[:12]
        return cls(
            _qualified(schema, name),
            _qualified(schema, f"streamsql_staging_{digest}"),
            _qualified(schema, BOOKS),
            query,
        )


def _qualified(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def quoted(name: str) -> str:
    """Return a name between double quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as a literal: whatever stands in it, as ``standard_conforming_strings``."""
    return "'" + value.replace("'", "''") + "'"


def create_table(names: TableNames, columns: Sequence[TableColumn], key: Sequence[str]) -> str:
    """Return what makes the table; the unique key is its primary key."""
    made = [f"{quoted(c.name)} {c.sql_type}" for c in columns]
    if key:
        made.append(f"PRIMARY KEY ({_listed(key)})")
    return f"CREATE TABLE {names.table} ({', '.join(made)})"


def add_column(names: TableNames, column: TableColumn) -> str:
    """Return what adds a column that the table does not have yet."""
    return f"ALTER TABLE {names.table} ADD COLUMN {quoted(column.name)} {column.sql_type}"


def create_books(names: TableNames) -> str:
    """Return what makes the table that knows the last batch of each checkpoint."""
    return (
        f"CREATE TABLE {names.books} (query text, checkpoint text, batch bigint NOT NULL, "
        "written_at timestamp with time zone NOT NULL DEFAULT now(), "
        "PRIMARY KEY (query, checkpoint))"
    )


def create_staging(
    names: TableNames, columns: Sequence[TableColumn], flag: str | None
) -> tuple[str, str]:
    """Return what makes the staging table anew. JSON is staged as text."""
    made = [f"{quoted(c.name)} {'text' if c.nested else c.sql_type}" for c in columns]
    made += [f"{quoted(flag)} boolean"] if flag else []
    made += [f"{ATTEMPT} text NOT NULL", f"{PART} integer NOT NULL"]
    return (
        f"DROP TABLE IF EXISTS {names.staging}",
        f"CREATE UNLOGGED TABLE {names.staging} ({', '.join(made)})",
    )


def newest(
    names: TableNames, columns: Sequence[TableColumn], order_by: Sequence[str], limit: int
) -> str:
    """Return what reads the greatest rows of a table, the greatest first; any, without an order."""
    order = ", ".join(f"{quoted(name)} DESC NULLS LAST" for name in order_by)
    ordered = f" ORDER BY {order}" if order else ""
    return f"SELECT {_listed(c.name for c in columns)} FROM {names.table}{ordered} LIMIT {limit}"


def open_book(names: TableNames, checkpoint: str) -> str:
    """Return what makes sure that a checkpoint is in the books, with no batch yet."""
    return (
        f"INSERT INTO {names.books} (query, checkpoint, batch) "
        f"VALUES ({text(names.query)}, {text(checkpoint)}, -1) ON CONFLICT DO NOTHING"
    )


def last_batch(names: TableNames, checkpoint: str) -> str:
    """Return what reads the last batch of a checkpoint, and keeps other writers of it waiting."""
    return f"SELECT batch FROM {names.books} WHERE {_this(names, checkpoint)} FOR UPDATE"


def note_batch(names: TableNames, checkpoint: str, batch: int) -> str:
    """Return what writes a batch into the books."""
    return (
        f"UPDATE {names.books} SET batch = {batch}, written_at = now() "
        f"WHERE {_this(names, checkpoint)}"
    )


def _this(names: TableNames, checkpoint: str) -> str:
    return f"query = {text(names.query)} AND checkpoint = {text(checkpoint)}"


class Merge(NamedTuple):
    """How staged rows become rows of a table.

    ``types`` are those that the table's columns have, by name. Without a ``key`` rows are
    added. ``flag`` is a boolean column that is not in the table: where it is true, the row of
    that key is deleted.
    """

    names: TableNames
    columns: tuple[TableColumn, ...]
    types: Mapping[str, str]
    key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    flag: str | None = None

    def statement(self, attempt: str) -> str:
        """Return what takes the rows of one attempt into the table."""
        staged = _staged(self.names, attempt)
        if not self.key:
            return f"{staged} {self._insert('staged')}"
        newest = f"{staged}, newest AS ({self._newest()})"
        if self.flag:
            newest += f", gone AS ({self._delete()})"
        kept = f" WHERE s.{quoted(self.flag)} IS NOT TRUE" if self.flag else ""
        return f"{newest} {self._insert('newest')}{kept} {self._conflict()}"

    def _insert(self, rows: str) -> str:
        values = ", ".join(f"CAST(s.{quoted(c.name)} AS {self._type(c)})" for c in self.columns)
        listed = _listed(c.name for c in self.columns)
        return f"INSERT INTO {self.names.table} AS t ({listed}) SELECT {values} FROM {rows} AS s"

    def _newest(self) -> str:
        """The greatest row of each key; ties by content, so that none depends on chance."""
        order = [f"{self._ordered('s', c)} DESC NULLS LAST" for c in self.order_by]
        ties = [f"{content} DESC NULLS LAST" for content in self._content()]
        key = [f"s.{quoted(c)}" for c in self.key]
        return (
            f"SELECT DISTINCT ON ({', '.join(key)}) s.* FROM staged AS s "
            f"ORDER BY {', '.join([*key, *order, *ties])}"
        )

    def _content(self) -> Iterator[str]:
        """What tells rows of one key and order apart. Each is compared only where all before it
        are alike, which costs less than a text of every row."""
        for column in self.columns:
            staged = f"s.{quoted(column.name)}"
            if column.sql_type in _FLOATS:  # 0 and -0 are alike otherwise
                yield f'CAST({staged} AS text) COLLATE "C"'
            elif column.name not in (*self.key, *self.order_by):
                is_text = column.nested or column.sql_type == "text"
                yield f'{staged} COLLATE "C"' if is_text else staged
        if self.flag:
            yield f"s.{quoted(self.flag)}"

    def _conflict(self) -> str:
        others = [c.name for c in self.columns if c.name not in self.key]
        if not others:
            return f"ON CONFLICT ({_listed(self.key)}) DO NOTHING"
        changes = ", ".join(f"{quoted(n)} = excluded.{quoted(n)}" for n in others)
        where = f" WHERE {self._greater('excluded', 't')}" if self.order_by else ""
        return f"ON CONFLICT ({_listed(self.key)}) DO UPDATE SET {changes}{where}"

    def _delete(self) -> str:
        same = " AND ".join(
            f"t.{quoted(c)} = CAST(s.{quoted(c)} AS {self.types[c]})" for c in self.key
        )
        older = f" AND NOT ({self._greater('t', 's')})" if self.order_by else ""
        return (
            f"DELETE FROM {self.names.table} AS t USING newest AS s "
            f"WHERE {same} AND s.{quoted(str(self.flag))}{older}"
        )

    def _greater(self, one: str, other: str) -> str:
        """Whether a row is greater than another, as Spark orders them: nulls come first."""
        condition = "false"
        for name in reversed(self.order_by):
            mine, theirs = self._ordered(one, name), self._ordered(other, name)
            later = f"{mine} > {theirs} OR ({theirs} IS NULL AND {mine} IS NOT NULL)"
            condition = f"{later} OR ({mine} IS NOT DISTINCT FROM {theirs} AND ({condition}))"
        return condition

    def _ordered(self, row: str, name: str) -> str:
        """A column to order by: texts by their bytes, as Spark does, whatever the collation."""
        column = f"{row}.{quoted(name)}"
        is_text = self.types.get(name) in _TEXTS[:3]
        return f'{column} COLLATE "C"' if is_text else column

    def _type(self, column: TableColumn) -> str:
        return self.types.get(column.name, column.sql_type)


def _staged(names: TableNames, attempt: str) -> str:
    """The staged rows of one attempt. A task that Spark ran twice has staged its rows twice, in
    two transactions: those of the first are taken (``xmin`` is the transaction of a row)."""
    mine = f"{ATTEMPT} = {text(attempt)}"
    return (
        f"WITH seen AS (SELECT DISTINCT {PART}, xmin AS transaction FROM {names.staging} "
        f"WHERE {mine}), "
        f"first AS (SELECT DISTINCT ON ({PART}) {PART}, transaction FROM seen "
        f"ORDER BY {PART}, CAST(CAST(transaction AS text) AS bigint)), "
        f"staged AS (SELECT r.* FROM {names.staging} AS r JOIN first "
        f"ON r.{PART} = first.{PART} AND r.xmin = first.transaction WHERE r.{mine})"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
