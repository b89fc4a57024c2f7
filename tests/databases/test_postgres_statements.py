"""The statements that take staged rows into a table, run by a real PostgreSQL.

No JVM is needed: psycopg stages what Spark's tasks would.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from postgres import PASSWORD, USER, Postgres

from streamsql.connectors.postgres import (
    Merge,
    TableNames,
    create_staging,
    create_table,
    holds,
    sql_type,
    table_columns,
)

Rows = list[tuple[object, ...]]
COLUMNS = table_columns([("id", "bigint"), ("at", "timestamp"), ("name", "string")])
NAMES = TableNames.of("orders", "shop/orders")


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    postgres.create_database("statements")
    return "statements"


@pytest.fixture
def server(postgres: Postgres, database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, dbname=database, user=USER, password=PASSWORD
    ) as connection:
        yield connection
        connection.rollback()


def merged(server: psycopg.Connection, merge: Merge, *batches: Rows) -> Rows:
    """Write batches of (values…) one after the other; what the table holds then."""
    server.execute(create_table(NAMES, merge.columns, merge.key))
    for statement in create_staging(NAMES, merge.columns, merge.flag):
        server.execute(statement)
    server.commit()
    try:
        for number, rows in enumerate(batches):
            attempt = f"attempt {number}"
            stage(server, attempt, 0, rows)
            server.execute(merge.statement(attempt))
            server.commit()
        return server.execute(f"SELECT * FROM {NAMES.table} ORDER BY 1, 2, 3").fetchall()
    finally:
        server.rollback()
        server.execute(f"DROP TABLE {NAMES.table}, {NAMES.staging}")
        server.commit()


def stage(server: psycopg.Connection, attempt: str, part: int, rows: Rows) -> None:
    for row in rows:
        places = ", ".join(["%s"] * (len(row) + 2))
        server.execute(f"INSERT INTO {NAMES.staging} VALUES ({places})", (*row, attempt, part))
    server.commit()


def merge_of(**settings: object) -> Merge:
    types = {c.name: c.sql_type for c in COLUMNS}
    return Merge(NAMES, COLUMNS, types, **settings)  # type: ignore[arg-type]


def test_rows_are_added(server: psycopg.Connection) -> None:
    rows: Rows = [(1, None, "a"), (1, None, "a")]
    assert merged(server, merge_of(), rows, [(2, None, "b")]) == [*rows, (2, None, "b")]


def test_the_last_batch_wins_without_an_order(server: psycopg.Connection) -> None:
    merge = merge_of(key=("id",))
    found = merged(server, merge, [(1, None, "b"), (1, None, "c")], [(1, None, "a")])
    assert found == [(1, None, "a")]


def test_ties_within_a_batch_do_not_depend_on_chance(server: psycopg.Connection) -> None:
    rows: Rows = [(1, None, "b"), (1, None, "c"), (1, None, "B")]
    merge = merge_of(key=("id",))
    found = {tuple(merged(server, merge, batch)) for batch in (rows, rows[::-1], rows[1:] + rows)}
    assert found == {((1, None, "c"),)}


KINDS = table_columns(
    [
        ("id", "int"),
        ("size", "double"),
        ("parts", "array<int>"),
        ("raw", "binary"),
        ("ok", "boolean"),
    ]
)


@pytest.mark.parametrize(
    "rows",
    [
        [(1, 0.0, "[1]", b"a", True), (1, -0.0, "[1]", b"a", True)],
        [(1, float("nan"), "[1]", b"a", True), (1, 1.0, "[1]", b"a", True)],
        [(1, 1.0, "[1]", b"a", True), (1, 1.0, "[1, 2]", b"a", True)],
        [(1, 1.0, "[1]", b"a", True), (1, 1.0, "[1]", b"\xff", None)],
        [(1, 1.0, None, None, None), (1, 1.0, None, None, False)],
    ],
)
def test_ties_of_every_kind(server: psycopg.Connection, rows: Rows) -> None:
    types = {c.name: c.sql_type for c in KINDS}
    for order in ((), ("size",)):
        merge = Merge(NAMES, KINDS, types, key=("id",), order_by=order)
        one, other = merged(server, merge, rows), merged(server, merge, rows[::-1])
        assert [str(row) for row in one] == [str(row) for row in other]  # 0.0 == -0.0


def test_of_like_rows_the_one_that_deletes_wins(server: psycopg.Connection) -> None:
    merge = merge_of(key=("id",), flag="gone")
    there: Rows = [(1, None, "a", False)]
    for rows in ([*there, (1, None, "a", True)], [(1, None, "a", True), *there]):
        assert merged(server, merge, there, rows) == []


def test_the_greatest_row_wins_whenever_it_comes(server: psycopg.Connection) -> None:
    """Null is less than anything, and texts compare by their bytes, as in Spark."""
    merge = merge_of(key=("id",), order_by=("at", "name"))
    early, late = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    first: Rows = [
        (1, late, "a"), (1, early, "z"),
        (2, None, "z"), (3, early, "a"), (4, early, "a"), (5, early, None), (6, None, None),
    ]  # fmt: skip
    second: Rows = [
        (1, early, "zz"),
        (2, early, "a"), (3, None, "z"), (4, early, "Z"), (5, early, "A"), (6, None, "a"),
    ]  # fmt: skip
    found = [(id_, name) for id_, _, name in merged(server, merge, first, second)]
    assert found == [(1, "a"), (2, "a"), (3, "a"), (4, "a"), (5, "A"), (6, "a")]
    assert [(i, n) for i, _, n in merged(server, merge, second, first)] == found


def test_rows_are_deleted(server: psycopg.Connection) -> None:
    merge = merge_of(key=("id",), order_by=("at",), flag="gone")
    early, late = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    found = merged(
        server,
        merge,
        [(1, early, "a", False), (2, late, "b", None), (3, early, "c", True)],
        [(1, late, "a", True), (2, early, "b", True)],
    )
    assert [id_ for id_, _, _ in found] == [2]
    # What was deleted is not remembered, as the page on guarantees says; a flag that is kept is.
    newest, oldest = [(1, late, "gone", True)], [(1, early, "back", False)]
    assert [name for _, _, name in merged(server, merge, newest, oldest)] == ["back"]
    kept = merge_of(key=("id",), order_by=("at",))
    rows = [[(1, late, "gone")], [(1, early, "back")]]
    assert [name for _, _, name in merged(server, kept, *rows)] == ["gone"]


def test_a_task_that_ran_twice_has_written_once(server: psycopg.Connection) -> None:
    """Spark's task may be run again though its transaction was committed."""
    server.execute(create_table(NAMES, COLUMNS, ()))
    for statement in create_staging(NAMES, COLUMNS, None):
        server.execute(statement)
    stage(server, "now", 0, [(1, None, "a"), (2, None, "a")])
    stage(server, "now", 0, [(2, None, "a"), (1, None, "a")])
    stage(server, "now", 1, [(3, None, "a")])
    stage(server, "an attempt that died", 0, [(4, None, "a")])
    server.execute(merge_of().statement("now"))
    found = server.execute(f"SELECT id FROM {NAMES.table} ORDER BY id").fetchall()
    server.execute(f"DROP TABLE {NAMES.table}, {NAMES.staging}")
    server.commit()
    assert found == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("there", "wanted", "fits"),
    [
        ("bigint", "integer", True),
        ("integer", "bigint", False),
        ("numeric", "bigint", True),
        ("numeric(12,2)", "numeric(10,2)", True),
        ("numeric(12,4)", "numeric(10,2)", True),
        ("numeric(10,4)", "numeric(10,2)", False),
        ("numeric", "numeric(10,2)", True),
        ("numeric(38,0)", "bigint", False),
        ("character varying(20)", "text", True),
        ("uuid", "text", True),
        ("text", "bigint", False),
        ("json", "jsonb", True),
        ("timestamp without time zone", "timestamp with time zone", False),
    ],
)
def test_what_a_column_holds(there: str, wanted: str, fits: bool) -> None:
    assert holds(there, wanted) == fits


def test_types_that_no_table_holds() -> None:
    refused = ("variant", "interval day to second", "array<variant>", "map<int,string>", "void")
    assert [sql_type(t) for t in refused] == [None] * len(refused)
