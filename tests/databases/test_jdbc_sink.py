"""Models written into PostgreSQL: types, replays, and what is said when it does not work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from postgres import PASSWORD, USER, Postgres

from streamsql.errors import ConnectionFault, PlanError
from streamsql.findings import Location
from streamsql.plan.nodes import PlannedColumn, Query, QueryRead, QueryWrite, Step
from streamsql.project.nodes import Trigger

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from streamsql.spark.jdbc import JdbcConnection

pytestmark = pytest.mark.spark
DATABASE = "sinks"
COLUMNS = {"id": "bigint", "kind": "string", "version": "int"}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    postgres.create_database(DATABASE)
    return DATABASE


def connection(postgres: Postgres, **changes: Any) -> JdbcConnection:
    from streamsql.spark.jdbc import JdbcConnection

    made = JdbcConnection("warehouse", postgres.url(DATABASE), USER, PASSWORD)
    return replace(made, **changes)


def query_of(
    source: Path, table: str, columns: Mapping[str, str] = COLUMNS, sql: str = "*", **settings: Any
) -> Query:
    schema = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    read = QueryRead("events", "events", "table", "json", {}, path=str(source), schema=schema)
    planned = tuple(PlannedColumn(name, kind) for name, kind in columns.items())
    write = QueryWrite(
        "jdbc", "jdbc", {}, planned, connection="warehouse", table=table, **settings
    )  # fmt: skip
    return Query(
        id=table, kind="model", model=table, reads=(read,),
        steps=(Step("rows", f"SELECT {sql} FROM events"),), writes=(write,),
        output_mode="append", trigger=Trigger(), upstream=(), level=0, sql="",
        location=Location(f"models/{table}.sql"),
    )  # fmt: skip


def drain(
    spark: SparkSession, query: Query, reached: JdbcConnection, folder: Path, *, empty: bool = False
) -> Exception | None:
    from streamsql.spark.batches import Destination
    from streamsql.spark.databases import prepare_table
    from streamsql.spark.streams import start_query

    (write,) = query.writes
    table = prepare_table(spark, "shop", query, write, reached, empty=empty)
    stream = start_query(
        spark,
        query,
        checkpoint=str(folder),
        read_options={},
        destinations=[Destination(write, {}, database=table)],
        paths={},
        once=True,
    )
    try:
        stream.awaitTermination(300)
    except Exception as error:  # noqa: BLE001
        return error
    return None


def forget_last_commit(checkpoint: Path) -> None:
    """As if the process had been killed just before Spark's commit."""
    numbers = [int(p.name) for p in (checkpoint / "commits").iterdir() if p.name.isdigit()]
    (checkpoint / "commits" / str(max(numbers))).unlink()
    (checkpoint / "commits" / f".{max(numbers)}.crc").unlink(missing_ok=True)


def test_a_replayed_batch_changes_nothing(
    spark: SparkSession, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    reached, source, checkpoint = connection(postgres), tmp_path / "in", tmp_path / "checkpoint"
    source.mkdir()
    added = query_of(source, "added")
    for number in range(2):
        rows = [f'{{"id": {n}, "kind": "k{n % 7}", "version": {number}}}' for n in range(100)]
        (source / f"{number}.json").write_text("\n".join(rows))
        assert drain(spark, added, reached, checkpoint) is None
        forget_last_commit(checkpoint)
        assert drain(spark, added, reached, checkpoint) is None
        counts = postgres.rows(database, "SELECT count(*), count(DISTINCT id) FROM added")
        assert counts == [(100 * (number + 1), 100)]
    # A new checkpoint counts its batches from 0 again, and is another one to the books.
    assert drain(spark, added, reached, tmp_path / "second") is None
    assert postgres.rows(database, "SELECT count(*) FROM added") == [(400,)]
    # What a full refresh begins is emptied first.
    merged = query_of(source, "added", unique_key=(), on_schema_change="fail")
    assert drain(spark, merged, reached, tmp_path / "third", empty=True) is None
    assert postgres.rows(database, "SELECT count(*) FROM added") == [(200,)]
    assert postgres.rows(database, "SELECT count(*) FROM streamsql_batches") == [(3,)]
    upserted = query_of(source, "upserted", unique_key=("kind",), order_by=("id", "version"))
    assert drain(spark, upserted, reached, tmp_path / "fourth") is None
    newest = postgres.rows(database, "SELECT kind, id, version FROM upserted ORDER BY kind")
    assert newest == [(f"k{n % 7}", n, 1) for n in (98, 99, 93, 94, 95, 96, 97)]
    from streamsql.spark.databases import newest_rows, prepare_table

    (write,) = upserted.writes
    table = prepare_table(spark, "shop", upserted, write, reached, empty=False)
    assert newest_rows(spark, table, 2) == [("99", "k1", "1"), ("98", "k0", "1")]


TYPES = {
    "a_boolean": ("boolean", "true"),
    "a_tinyint": ("tinyint", "-128Y"),
    "a_int": ("int", "2147483647"),
    "a_bigint": ("bigint", "CAST('-9223372036854775808' AS BIGINT)"),
    "a_double": ("double", "double('NaN')"),
    "a_decimal": ("decimal(38,10)", "1234567890123456789012345678.0123456789BD"),
    "a_string": ("string", "'Zoë\\\\ \\'quoted\\' 🦆'"),
    "a_binary": ("binary", "X'00FF10'"),
    "a_date": ("date", "DATE'1969-12-31'"),
    "a_timestamp": ("timestamp", "TIMESTAMP'2026-03-29T02:30:00.123456Z'"),
    "a_ntz": ("timestamp_ntz", "TIMESTAMP_NTZ'2026-03-29 02:30:00.123456'"),
    "a_array": (
        "array<struct<at:timestamp,n:decimal(4,2)>>",
        "array(named_struct('at', TIMESTAMP'2026-01-01T00:00:00.123456Z', 'n', 1.50BD))",
    ),
    "a_null": ("string", "CAST(NULL AS STRING)"),
}


def test_every_type_arrives(
    spark: SparkSession, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    from streamsql.plan.writes import select_list

    reached, source = connection(postgres), tmp_path / "in"
    source.mkdir()
    (source / "1.json").write_text('{"id": 1, "kind": "k", "version": 1}')
    query = query_of(source, "types")
    planned = tuple(PlannedColumn(name, kind) for name, (kind, _) in TYPES.items())
    write = replace(query.writes[0], columns=planned)
    made = ", ".join(f"{sql} AS {name}" for name, (_, sql) in TYPES.items())
    steps = (
        Step("made", f"SELECT {made} FROM events"),
        Step("rows", f"SELECT {select_list(write)} FROM made"),
    )
    query = replace(query, steps=steps, writes=(write,))
    assert drain(spark, query, reached, tmp_path / "checkpoint") is None
    texts = ", ".join(f"{name}::text" for name in TYPES)
    (found,) = postgres.rows(database, f"SELECT {texts} FROM types")
    assert dict(zip(TYPES, found, strict=True)) == {
        "a_boolean": "true",
        "a_tinyint": "-128",
        "a_int": "2147483647",
        "a_bigint": "-9223372036854775808",
        "a_double": "NaN",
        "a_decimal": "1234567890123456789012345678.0123456789",
        "a_string": "Zoë\\ 'quoted' 🦆",
        "a_binary": "\\x00ff10",
        "a_date": "1969-12-31",
        "a_timestamp": "2026-03-29 02:30:00.123456+00",
        "a_ntz": "2026-03-29 02:30:00.123456",
        "a_array": '[{"n": 1.50, "at": "2026-01-01T00:00:00.123456Z"}]',
        "a_null": None,
    }


def test_columns_that_the_table_lacks(
    spark: SparkSession, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    reached, source = connection(postgres), tmp_path / "in"
    source.mkdir()
    (source / "1.json").write_text('{"id": 1, "kind": "k", "version": 7}')
    postgres.execute(
        database,
        "CREATE TABLE narrow (id numeric PRIMARY KEY, kind varchar(10), "
        "seen timestamptz DEFAULT now())",
    )
    query = query_of(source, "narrow")
    with pytest.raises(PlanError, match=r"version: missing in the table, integer in the model"):
        drain(spark, query, reached, tmp_path / "checkpoint")
    for what in ("ignore", "append_new_columns"):
        changed = replace(query, writes=(replace(query.writes[0], on_schema_change=what),))
        postgres.execute(database, "DELETE FROM narrow")
        assert drain(spark, changed, reached, tmp_path / what) is None
    assert postgres.rows(database, "SELECT id, kind, version, seen IS NOT NULL FROM narrow") == [
        (1, "k", 7, True)
    ]
    keyed = replace(query.writes[0], on_schema_change="ignore", unique_key=("kind",))
    with pytest.raises(PlanError, match=r"has no unique index on \(kind\)"):
        drain(spark, replace(query, writes=(keyed,)), reached, tmp_path / "keyed")


def test_what_goes_wrong_names_the_connection(
    spark: SparkSession, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    from streamsql.spark.failures import read_failure

    source = tmp_path / "in"
    source.mkdir()
    (source / "1.json").write_text('{"id": 1, "version": 7}')
    query = query_of(source, "wrong", unique_key=("kind",))
    reached = connection(postgres)
    place = rf"connection 'warehouse' \({reached.url}\): "

    def refused(**changes: Any) -> ConnectionFault:
        with pytest.raises(ConnectionFault, match="connection 'warehouse'") as caught:
            drain(spark, query, connection(postgres, **changes), tmp_path / "never")
        assert PASSWORD not in f"{caught.value} {caught.value.hint}"
        assert "\n" not in str(caught.value)
        return caught.value

    wrong = refused(password="not it")
    assert str(wrong) == f'{_plain(place)}password authentication failed for user "shop"'
    assert wrong.hint == "check user and password of this connection in profiles.yml"
    assert not wrong.passing
    down = refused(url="jdbc:postgresql://127.0.0.1:1/sinks?password=hush")
    assert down.passing
    assert "hush" not in str(down)
    assert "does not exist" in str(refused(url=postgres.url("nowhere")))
    postgres.administer("CREATE ROLE guest LOGIN PASSWORD 'guest-password'")
    rights = refused(user="guest", password="guest-password")
    assert "permission denied for schema public" in str(rights)
    assert "rights" in str(rights.hint)

    # A row that the table refuses ends the query; what is said goes through Spark and back.
    error = drain(spark, query, reached, tmp_path / "checkpoint")
    assert error is not None
    failure = read_failure(str(error), "")
    assert failure.reason.startswith(f'{_plain(place)}null value in column "kind"')
    assert "coalesce" in str(failure.hint)
    assert not failure.connection


def _plain(pattern: str) -> str:
    return pattern.replace("\\", "")
