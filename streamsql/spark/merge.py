"""Tables that keep one row a key: the newest, by the model's own order.

A batch that is merged again changes nothing: its rows are no greater than those already there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.sql import DataFrame

from streamsql.plan.nodes import QueryWrite

_ROWS = "streamsql_rows"
_NEWEST = "streamsql_newest"


def merge_rows(write: QueryWrite, path: str) -> Callable[[DataFrame], None]:
    """Return what merges the rows of a batch, which are read twice, into the Delta table at
    ``path``."""
    newest = newest_of_each_key(_ROWS, write.unique_key, write.order_by)

    def merge(rows: DataFrame) -> None:
        session = rows.sparkSession
        statement = merge_statement(path, _NEWEST, rows.columns, write.unique_key, write.order_by)
        rows.createOrReplaceTempView(_ROWS)
        session.sql(newest).createOrReplaceTempView(_NEWEST)
        session.sql(statement).collect()

    return merge


def newest_of_each_key(batch: str, key: Sequence[str], order_by: Sequence[str]) -> str:
    """Return SQL for the greatest row of each key within a batch; ties by content, so that
    the same batch gives the same rows again."""
    order = ", ".join(f"{_quoted(c)} DESC" for c in order_by)
    return (
        f"SELECT * EXCEPT (_rank) FROM (SELECT *, row_number() OVER ("
        f"PARTITION BY {', '.join(map(_quoted, key))} "
        f"ORDER BY {order}, to_json(struct(*)) DESC) AS _rank FROM {batch}) WHERE _rank = 1"
    )


def merge_statement(
    path: str, rows: str, columns: Sequence[str], key: Sequence[str], order_by: Sequence[str]
) -> str:
    """Return the MERGE that lets the greater row of each key win.

    The table may have more ``columns`` than the rows do.
    """
    same = " AND ".join(f"t.{_quoted(c)} <=> s.{_quoted(c)}" for c in key)
    greater = (
        f"struct({', '.join(f's.{_quoted(c)}' for c in order_by)}) > "
        f"struct({', '.join(f't.{_quoted(c)}' for c in order_by)})"
    )
    changes = ", ".join(f"t.{_quoted(c)} = s.{_quoted(c)}" for c in columns)
    names = ", ".join(map(_quoted, columns))
    values = ", ".join(f"s.{_quoted(c)}" for c in columns)
    return (
        f"MERGE INTO delta.`{path}` AS t USING {rows} AS s ON {same} "
        f"WHEN MATCHED AND {greater} THEN UPDATE SET {changes} "
        f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
