"""Where each query keeps its progress, and the books beside it.

``<checkpoints>/<project>/<query>/<generation>/`` is Spark's own checkpoint;
``<generation>.json`` beside it says what it was started from: the plan of the query, the
cluster and topic ids it read, and where its sources began.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from streamsql import __version__
from streamsql.errors import CheckpointFault
from streamsql.plan.nodes import Query, as_json
from streamsql.spark.storage import Storage

READY = "ready"
PREPARING = "preparing"  # its targets may not be emptied yet


@dataclass(frozen=True, slots=True)
class SourceOrigin:
    """What one Kafka read of a checkpoint was bound to when the checkpoint was made.

    ``topics`` maps topic names to Kafka's own ids of them; ``offsets`` maps topic names to
    partitions to the first offset to read.
    """

    cluster_id: str
    topics: Mapping[str, str]
    offsets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Generation:
    """One life of a query's checkpoint. ``path`` is what Spark gets as checkpointLocation."""

    query: str
    number: int
    path: str
    state: str
    origins: Mapping[str, SourceOrigin]
    plan: Mapping[str, Any]
    resumed: bool

    @property
    def record_path(self) -> str:
        """Where the books of this generation are."""
        return f"{self.path}.json"

    def bound(self, query: Query, origins: Mapping[str, SourceOrigin]) -> Generation:
        """Return this generation bound to what the query and its sources are now."""
        return replace(self, plan=_plan_of(query), origins=origins)

    def prepared(self) -> Generation:
        """Return this generation once its targets are empty."""
        return replace(self, state=READY)


def query_folder(checkpoints: str, project: str, query_id: str) -> str:
    """Return the folder of all generations of a query."""
    return f"{checkpoints}/{project}/{query_id}"


def open_generation(
    storage: Storage, folder: str, query: Query, *, full_refresh: bool
) -> Generation:
    """Return the generation to run: the newest, or the next one for a full refresh.

    Nothing is written: ``save`` does. CheckpointFault if the newest belongs to another
    query or reads other sources than the query does now.
    """
    numbers = sorted(int(name) for name in storage.folders(folder) if name.isdigit())
    written = [n for n in numbers if storage.exists(f"{folder}/{n}.json")]
    newest = _newest_record(storage, folder, numbers)
    if newest is None and numbers and not full_refresh:
        raise CheckpointFault(
            f"{folder}/{numbers[-1]} is a checkpoint that streamsql did not make",
            hint="move it away, or start a new generation with --full-refresh",
        )
    if newest is None or (full_refresh and newest.state == READY):
        number = max([*numbers, *written, newest.number if newest else 0], default=0) + 1
        state = PREPARING if full_refresh else READY
        path = f"{folder}/{number}"
        return Generation(query.id, number, path, state, {}, _plan_of(query), resumed=False)
    _check_belongs(newest, query)
    return newest


def save(storage: Storage, generation: Generation) -> None:
    """Write the books of a generation; they exist before Spark's checkpoint does."""
    record = {
        "streamsql": __version__,
        "query": generation.query,
        "generation": generation.number,
        "state": generation.state,
        "sources": as_json(generation.origins),
        "plan": generation.plan,
    }
    storage.write(generation.record_path, json.dumps(record, indent=1, sort_keys=True))


def current_generation(storage: Storage, folder: str) -> int | None:
    """Return the number of a query's newest generation, None if it never ran."""
    numbers = [int(name) for name in storage.folders(folder) if name.isdigit()]
    newest = _newest_record(storage, folder, sorted(numbers))
    return newest.number if newest else None


def adopt_renamed(storage: Storage, checkpoints: str, project: str, query: Query) -> str | None:
    """Move the checkpoints of ``renamed_from`` under the query's own name.

    Returns the old name if there was something to move.
    """
    old = query.renamed_from
    if old is None:
        return None
    source = query_folder(checkpoints, project, old)
    target = query_folder(checkpoints, project, query.id)
    if not storage.folders(source) or storage.folders(target):
        return None
    if storage.exists(target):
        storage.remove(target)  # no more than an empty folder with a lock file
    storage.rename(source, target)
    for name in storage.folders(target):
        record = storage.read(f"{target}/{name}.json")
        if record is not None:
            renamed = {**json.loads(record), "query": query.id}
            storage.write(f"{target}/{name}.json", json.dumps(renamed, indent=1, sort_keys=True))
    return old


def _newest_record(storage: Storage, folder: str, numbers: list[int]) -> Generation | None:
    """Read the newest books: they may be one ahead of the folders Spark has made so far."""
    ahead = (numbers[-1] if numbers else 0) + 1
    for number in [ahead, *reversed(numbers)]:
        path = f"{folder}/{number}"
        text = storage.read(f"{path}.json")
        if text is not None:
            return _parse(storage, path, number, text)
    return None


def _parse(storage: Storage, path: str, number: int, text: str) -> Generation:
    try:
        record = json.loads(text)
        origins = {
            view: SourceOrigin(o["cluster_id"], o["topics"], o["offsets"])
            for view, o in record["sources"].items()
        }
        return Generation(
            record["query"],
            number,
            path,
            record["state"],
            origins,
            record["plan"],
            resumed=storage.exists(f"{path}/offsets/0") or bool(storage.exists(f"{path}/commits")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointFault(
            f"the record of a checkpoint cannot be read: {path}.json ({error})",
            hint="restore it from a copy, or start a new generation with --full-refresh",
        ) from error


def _check_belongs(generation: Generation, query: Query) -> None:
    if generation.query != query.id:
        raise CheckpointFault(
            f"the checkpoint {generation.path} belongs to the query '{generation.query}', "
            f"not to '{query.id}'",
            hint="set renamed_from if the model was renamed, or start a new generation "
            "with --full-refresh",
        )
    before, now = _reads(generation.plan), _reads(_plan_of(query))
    if generation.resumed and before != now:
        raise CheckpointFault(
            f"query '{query.id}' reads {_listed(now)} now, but its checkpoint was made "
            f"reading {_listed(before)}; Spark cannot resume from it",
            hint=f"start a new generation: streamsql run -s {query.model or query.id} "
            "--full-refresh",
        )


def _plan_of(query: Query) -> Mapping[str, Any]:
    plan: Mapping[str, Any] = as_json(query)
    return plan


def _reads(plan: Mapping[str, Any]) -> list[str]:
    """Return what a plan reads, in the order Spark numbers its sources."""
    return [f"{read['of']} ({_read_from(read)})" for read in plan["reads"]]


def _read_from(read: Mapping[str, Any]) -> str:
    place: str = read["path"] or read["topic_pattern"] or ", ".join(read["topics"])
    partitions = read.get("partitions")
    return f"{place}, partitions {', '.join(map(str, partitions))}" if partitions else place


def _listed(reads: list[str]) -> str:
    return ", ".join(reads) or "nothing"


def changed_statements(generation: Generation, query: Query) -> bool:
    """Whether the SQL of a resumed query is not what its checkpoint was made from."""
    before = [(s["view"], s["sql"], s["dedup"]) for s in generation.plan["steps"]]
    now = [(s["view"], s["sql"], s["dedup"]) for s in _plan_of(query)["steps"]]
    return generation.resumed and before != now
