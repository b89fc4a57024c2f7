"""Tables that keep one row a key: the newest, by the model's own order.

The one home of ``foreachBatch``. A batch that is written again changes nothing: its rows
are no greater than those already there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.sql import DataFrame

from streamsql.plan.nodes import QueryWrite

_BATCH = "streamsql_batch"
_NEWEST = "streamsql_newest"


def merge_writer(write: QueryWrite, path: str) -> Callable[[DataFrame, int], None]:
    """Return what ``foreachBatch`` calls to merge a batch into the Delta table at ``path``."""
    newest = newest_of_each_key(_BATCH, write.unique_key, write.order_by)
    merge = merge_statement(path, _NEWEST, write.unique_key, write.order_by)

    def merge_batch(batch: DataFrame, batch_id: int) -> None:
        del batch_id  # the order of the rows, not the batch's number, makes a replay harmless
        session = batch.sparkSession
        # Read twice by MERGE; a stateful batch must not be computed twice.
        batch.persist()
        try:
            batch.createOrReplaceTempView(_BATCH)
            session.sql(newest).createOrReplaceTempView(_NEWEST)
            session.sql(merge).collect()
        finally:
            batch.unpersist()

    return merge_batch


def newest_of_each_key(batch: str, key: Sequence[str], order_by: Sequence[str]) -> str:
    """Return SQL for the greatest row of each key within a batch; ties by content, so that
    the same batch gives the same rows again."""
    order = ", ".join(f"{_quoted(c)} DESC" for c in order_by)
    return (
        f"SELECT * EXCEPT (_rank) FROM (SELECT *, row_number() OVER ("
        f"PARTITION BY {', '.join(map(_quoted, key))} "
        f"ORDER BY {order}, to_json(struct(*)) DESC) AS _rank FROM {batch}) WHERE _rank = 1"
    )


def merge_statement(path: str, rows: str, key: Sequence[str], order_by: Sequence[str]) -> str:
    """Return the MERGE that lets the greater row of each key win."""
    same = " AND ".join(f"t.{_quoted(c)} <=> s.{_quoted(c)}" for c in key)
    greater = (
        f"struct({', '.join(f's.{_quoted(c)}' for c in order_by)}) > "
        f"struct({', '.join(f't.{_quoted(c)}' for c in order_by)})"
    )
    return (
        f"MERGE INTO delta.`{path}` AS t USING {rows} AS s ON {same} "
        f"WHEN MATCHED AND {greater} THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
