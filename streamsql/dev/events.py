"""Sample events for the sources of a project: from a generator of its own, or made up."""

from __future__ import annotations

import base64
import heapq
import importlib.util
import inspect
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal as Number
from pathlib import Path
from typing import Any, NamedTuple

from streamsql.datatypes import Array, DataType, Decimal, Map, Primitive, Struct, parse_type
from streamsql.dev.samples import can_be_made, sample_key, sample_value
from streamsql.errors import StreamsqlError, UsageError
from streamsql.formats import RecordSchema
from streamsql.project.nodes import Column, Project, Source


class Event(NamedTuple):
    """A record on its way to a topic. ``source`` is a source's name (``shop.orders``);
    ``time`` is when it arrives, by the clock of the events."""

    source: str
    key: bytes | None
    value: bytes | None
    time: datetime
    headers: list[tuple[str, bytes]]


Generator = Callable[[int, datetime, float], Iterator[Event]]


def event_generator(project: Project, root: Path, path: str | None) -> Generator:
    """Return what makes the events of a project: ``dev-events``, else made-up records.

    A generator is a Python file with ``events(seed, start, rate)``: an endless iterator of
    (source, key, value, time, headers), ``rate`` records a second of its own clock.

    Raises:
        UsageError: the file is not there, cannot be run, or has no such function.
    """
    if path is None:
        return lambda seed, start, rate: made_up(project.sources, seed, start, rate)
    generate = _load(root / path, path)
    takes_rate = "rate" in inspect.signature(generate).parameters
    known = {s.unique_name for s in project.sources}

    def events(seed: int, start: datetime, rate: float) -> Iterator[Event]:
        try:
            made = generate(seed, start, rate=rate) if takes_rate else generate(seed, start)
            for event in map(Event._make, made):
                if event.source not in known:
                    raise UsageError(f"{path} made an event for '{event[0]}', which is no source")
                yield event
        except StreamsqlError:
            raise
        except Exception as error:
            raise UsageError(f"{path} failed: {type(error).__name__}: {error}") from error

    return events


def _load(file: Path, shown: str) -> Callable[..., Iterator[Any]]:
    if not file.is_file():
        raise UsageError(
            f"dev-events names {shown}, which is not a file",
            hint="correct it, or remove it to get made-up events",
        )
    spec = importlib.util.spec_from_file_location("streamsql_dev_events", file)
    assert spec is not None
    assert spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{shown} cannot be run: {type(error).__name__}: {error}") from error
    generate = getattr(module, "events", None)
    if not callable(generate):
        raise UsageError(f"{shown} has no function events(seed, start)")
    loaded: Callable[..., Iterator[Any]] = generate
    return loaded


def made_up(
    sources: tuple[Source, ...], seed: int, start: datetime, rate: float
) -> Iterator[Event]:
    """Make up records that fit the declared columns of each source, for ever.

    Columns that end in ``id`` come from one small range, so that records of different
    sources can be joined; the watermark column is the time, a little out of order.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    made = [s for s in sources if can_be_made(s)]
    due = [(chance.expovariate(1.0), n) for n in range(len(made))]
    heapq.heapify(due)
    while due:
        at, n = heapq.heappop(due)
        time = start + timedelta(seconds=at)
        yield _made_up(made[n], time, chance)
        heapq.heappush(due, (at + chance.expovariate(rate / len(made)), n))


def _made_up(source: Source, time: datetime, chance: random.Random) -> Event:
    record = {}
    needed = _needed(source.schema)
    for column in source.columns:
        event_time = time - timedelta(seconds=chance.expovariate(1 / 5))
        is_time = source.watermark is not None and source.watermark.column == column.name
        record[column.name] = (
            _written(event_time) if is_time else _value(column, event_time, chance, needed)
        )
    of_key = {}
    if source.key is not None:
        needed = _needed(source.key.schema)
        of_key = {c.name: _value(c, time, chance, needed) for c in source.key.columns}
    key = sample_key(source, record, of_key, chance)
    value = sample_value(source, record, time, chance)
    return Event(source.unique_name, key, value, time, [])


def _needed(schema: RecordSchema | None) -> frozenset[str]:
    """Return the columns that a schema takes no null for."""
    return frozenset(f.name for f in schema.fields if not f.nullable) if schema else frozenset()


def _value(column: Column, time: datetime, chance: random.Random, needed: frozenset[str]) -> Any:
    kind = parse_type(column.data_type or "string")
    if not column.not_null and column.name not in needed and chance.random() < 0.02:
        return None
    return _of_type(kind, column.name, time, chance)


def _of_type(kind: DataType, name: str, time: datetime, chance: random.Random) -> Any:
    match kind:
        case Struct():
            return {f.name: _of_type(f.type, f.name, time, chance) for f in kind.fields}
        case Array():
            return [_of_type(kind.element, name, time, chance) for _ in range(chance.randint(1, 3))]
        case Map():
            return {
                str(_of_type(kind.key, f"k{n}", time, chance)): _of_type(
                    kind.value, name, time, chance
                )
                for n in range(2)
            }
        case Decimal():
            largest = 10 ** min(kind.precision, 5) - 1
            return float(Number(chance.randint(1, largest)).scaleb(-kind.scale))
        case Primitive():
            return _primitive(kind.name, name, time, chance)


def _primitive(kind: str, name: str, time: datetime, chance: random.Random) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "tinyint": lambda: chance.randint(0, 100),
        "smallint": lambda: chance.randint(0, 1000),
        "int": lambda: chance.randint(1, 1000),
        "bigint": lambda: chance.randint(1, 1000),
        "float": lambda: round(chance.uniform(0, 100), 2),
        "double": lambda: round(chance.gauss(50, 15), 3),
        "boolean": lambda: chance.random() < 0.5,
        "date": lambda: time.date().isoformat(),
        "timestamp": lambda: _written(time),
        "timestamp_ntz": lambda: _written(time).removesuffix("Z"),
        "variant": lambda: {"sample": chance.randint(1, 100)},
        "binary": lambda: base64.b64encode(chance.randbytes(6)).decode(),
    }
    return makers.get(kind, lambda: f"{name}-{chance.randint(1, 20)}")()


def _written(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
