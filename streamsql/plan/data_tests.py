"""Data tests as SQL: one pass over the rows tells which tests each fails, and Spark counts them.

The rows of a tested relation get a column with a bit for each test that they fail. What is
counted, dropped, quarantined or ends the query is decided by that column alone, so that no
condition is looked at twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from streamsql.datatypes import quote_name
from streamsql.formats import COORDINATES, SetAside, encode, json_value
from streamsql.formats.records import (
    RAW_HEADERS,
    RAW_KEY,
    RAW_VALUE,
    literal,
    quarantine_headers,
)
from streamsql.plan.assembly import Select, indented
from streamsql.plan.nodes import BATCH_VIEW, Observation, PlannedColumn, PlannedTest, QueryWrite
from streamsql.project.nodes import DeadLetter, ModelConfig
from streamsql.resolve import ResolvedTest

FAILED = "_streamsql_failed"
_QUARANTINED, _NAMES = "_streamsql_quarantined", "_streamsql_tests"
ROWS, QUARANTINED, DROPPED, TEST = "rows", "quarantined", "dropped", "test__"
_HEADERS = "array<struct<key:string,value:binary>>"
_RECORD = (("key", "binary"), ("value", "binary"), ("headers", _HEADERS))


@dataclass(frozen=True, slots=True)
class TestedRelation:
    """The tests of a relation: ``of`` is the model or source, as users name it.

    ``columns`` are those it is known to have; ``located`` tells that its rows carry the place of
    their records, ``ends`` that its readers do not get it.
    """

    relation: str
    of: str
    tests: tuple[ResolvedTest, ...]
    columns: tuple[str, ...] = ()
    located: bool = False
    ends: bool = False

    @property
    def stem(self) -> str:
        """What the names of its SELECTs end with."""
        return self.relation.partition("__")[2]

    @property
    def marked(self) -> str:
        """The SELECT of all its rows with what they fail."""
        return f"tested__{self.stem}"

    @property
    def untested(self) -> str:
        """The SELECT of its rows as its own SQL gives them."""
        return f"untested__{self.stem}"

    @property
    def observation(self) -> str:
        """What its counts are called."""
        return f"streamsql_tests__{self.stem}"

    @property
    def by_row(self) -> tuple[ResolvedTest, ...]:
        """The tests that are a condition over a row."""
        return tuple(t for t in self.tests if t.passes is not None)

    def bits(self, *consequences: str) -> int:
        """Return the bits of the tests with these consequences."""
        chosen = (n for n, t in enumerate(self.by_row) if t.test.on_failure in consequences)
        return sum(1 << n for n in chosen)

    def has(self, *consequences: str) -> str:
        """Return the condition of a row that fails a test with one of these consequences."""
        return f"{FAILED} & {self.bits(*consequences)}L != 0"


def planned_tests(tested: TestedRelation) -> Iterator[PlannedTest]:
    """Yield the tests of a relation as a query applies them."""
    for test in tested.tests:
        told = test.test
        counted = tested.observation if test.passes is not None else None
        yield PlannedTest(
            test.id, tested.of, told.name, told.column, told.on_failure, counted, told.location
        )


def tested_selects(tested: TestedRelation, own: Select) -> tuple[Select, ...]:
    """Return a relation's SELECTs with its tests: its own rows, those with what they fail, and
    the good ones under its own name. ``own`` is as it would be without tests."""
    if not tested.by_row:
        return (own,)
    untested = replace(own, name=tested.untested)
    marked = replace(_marked_select(tested), observation=_observation(tested))
    return untested, marked, Select(own.name, good_rows(tested), (tested.marked,))


def _marked_select(tested: TestedRelation) -> Select:
    return Select(
        tested.marked,
        _marked(tested),
        (tested.untested, *_references(tested)),
        about=f"the data tests of {tested.of}",
    )


def _observation(tested: TestedRelation) -> Observation:
    return Observation(tested.observation, _counts(tested))


def _references(tested: TestedRelation) -> Iterator[str]:
    for test in tested.by_row:
        for condition in test.conditions:
            for reference in condition.parsed.rendered.references:
                if reference.relation != tested.relation:
                    yield reference.relation


def good_rows(tested: TestedRelation) -> str:
    """Return the SELECT of the rows that stay."""
    gone = tested.bits("drop", "quarantine")
    where = f"\nWHERE {FAILED} & {gone}L = 0" if gone else ""
    taken = f"{FAILED}, {COORDINATES}" if tested.ends else FAILED
    return f"SELECT * EXCEPT ({taken})\nFROM {tested.marked}{where}"


def _marked(tested: TestedRelation) -> str:
    bits = "\n  + ".join(_bit(number, t, tested) for number, t in enumerate(tested.by_row))
    alias = quote_name(tested.of.rpartition(".")[2])
    return f"SELECT\n  *,\n  {bits} AS {FAILED}\nFROM {tested.untested} AS {alias}"


def _bit(number: int, test: ResolvedTest, tested: TestedRelation) -> str:
    """Return the bit of a test, 0 for a row that passes; a condition that is null passes too."""
    failing = failing_condition(test)
    value = f"{1 << number}L"
    if test.test.on_failure == "fail":
        value = f"raise_error({_message(test, tested)})"
    return f"IF({failing}, {value}, 0L)"


def failing_condition(test: ResolvedTest) -> str:
    """Return the condition of the rows that fail a test, as its SQL stands in the project."""
    assert test.passes is not None, "a test by row has a condition"
    failing = f"NOT ({_within_brackets(test.passes.sql)})"
    if test.where is None:
        return failing
    return f"({_within_brackets(test.where.sql)}) AND {failing}"


def _within_brackets(sql: str) -> str:
    """Keep a comment at the end of a condition from swallowing the bracket after it."""
    return f"\n{indented(sql, '    ')}\n  " if "--" in sql or "\n" in sql else sql


def _message(test: ResolvedTest, tested: TestedRelation) -> str:
    known = {c.lower(): c for c in tested.columns}
    named = [n for c in test.conditions for n in c.columns]
    shown = dict.fromkeys(known[n.lower()] for n in named if n.lower() in known)
    parts = [literal(f"data test {test.id} of {tested.of} failed: ")]
    for name in shown:
        parts.append(literal(f"{name} = "))
        parts += [f"coalesce(CAST({quote_name(name)} AS STRING), 'null')", "', '"]
    if shown:
        parts.pop()
    if tested.located:
        place = ("topic", "'-'", "partition", "' at offset '", "offset")
        parts.append("', in '")
        parts += [p if p.startswith("'") else f"{COORDINATES}.{p}" for p in place]
    return f"concat({', '.join(parts)})"


def _counts(tested: TestedRelation) -> dict[str, str]:
    counts = {
        TEST + test.id: _count_of(f"{FAILED} & {1 << number}L != 0")
        for number, test in enumerate(tested.by_row)
    }
    held, gone = tested.has("quarantine"), tested.has("drop")
    return {
        ROWS: "count(1)",
        QUARANTINED: _count_of(held if tested.bits("quarantine") else "false"),
        DROPPED: _count_of(f"{gone} AND NOT {held}" if tested.bits("drop") else "false"),
        **counts,
    }


def _count_of(condition: str) -> str:
    """Return the count of the rows of a condition; ``count_if`` gives each row a column for it."""
    return f"count(IF({condition}, 1, NULL))"


# Quarantine


def quarantines(tested: TestedRelation | None) -> bool:
    """Whether a test sends rows to the dead letters."""
    return tested is not None and bool(tested.bits("quarantine"))


def _names(tested: TestedRelation) -> str:
    """Return the expression of the names of the quarantining tests that a row fails."""
    held = tested.bits("quarantine")
    names = (
        f"IF({FAILED} & {1 << number}L != 0, {literal(test.id)}, NULL)"
        for number, test in enumerate(tested.by_row)
        if held & (1 << number)
    )
    return f"concat_ws(', ', {', '.join(names)})"


def _named(tested: TestedRelation) -> str:
    """Return what reads the rows that are written, with the names of the tests for which a row is
    quarantined: headers tell them twice, and Spark would make the code for them twice."""
    named = f"IF({tested.has('quarantine')}, {_names(tested)}, NULL) AS {_NAMES}"
    return f"(\n  SELECT *, {named}\n  FROM {indented(_kept(tested)).strip()}\n)"


def _kept(tested: TestedRelation) -> str:
    """Return what reads the rows that are written somewhere, good or not."""
    if not tested.bits("drop"):
        return tested.marked
    where = f"{FAILED} & {tested.bits('drop')}L = 0 OR {tested.has('quarantine')}"
    return f"{tested.marked}\nWHERE {where}"


def quarantined_topic(
    name: str,
    tested: TestedRelation,
    config: ModelConfig,
    write: QueryWrite,
    dead_letter: DeadLetter,
) -> tuple[tuple[Select, ...], tuple[QueryWrite, ...]]:
    """Return the SELECT of a topic's records and dead letters, and the writes of both.

    On one connection they are one write, in which each row names its topic. If all rows are
    written, they are counted as records: Spark then makes these of its input in one go. Its
    Kafka sink takes no notice of the column that is counted.
    """
    shared = dead_letter.connection == write.connection
    counted = shared and not tested.bits("drop")
    held = tested.has("quarantine")
    item = f"{held} AS {_QUARANTINED}"
    if shared:
        topics = f"{literal(dead_letter.topic)}, {literal(write.topic or '')}"
        item = f"IF({held}, {topics}) AS topic"
    if counted:
        item += f",\n  {FAILED}"

    def headers(own: str | None) -> str:
        return quarantine_headers(tested.of, _NAMES, tested.located, own)

    sql = encode(
        _named(tested),
        tuple((c.name, c.data_type) for c in write.columns),
        key=config.written_key,
        headers=config.headers,
        format=config.format or "json",
        options=config.format_options,
        schema=config.schema,
        partition=config.partition,
        delete_when=config.delete_when,
        set_aside=SetAside(held, headers, item),
    )
    select = Select(name, sql, (tested.marked,))
    selects: tuple[Select, ...] = (select,)
    if counted:
        selects = (_marked_select(tested), replace(select, observation=_observation(tested)))
    if shared:
        options = {k: v for k, v in write.options.items() if k != "topic"}
        one = replace(
            write,
            options={**options, "includeHeaders": "true"},
            dead_letter=dead_letter.topic,
        )
        return selects, (one,)
    return selects, (
        replace(write, select=_of_batch(f"NOT {_QUARANTINED}")),
        _dead_letters(dead_letter, _of_batch(_QUARANTINED)),
    )


def quarantined_rows(
    tested: TestedRelation, write: QueryWrite, columns: str, dead_letter: DeadLetter
) -> tuple[str, tuple[QueryWrite, ...]]:
    """Return the SELECT of a table's or sink's rows, and the writes: its own and the dead letters.

    ``columns`` are the select items of a good row.

    A row that is quarantined has its dead letter beside it: the row as JSON, and headers.
    """
    value = json_value(tuple((c.name, c.data_type) for c in write.columns))
    headers = quarantine_headers(tested.of, _names(tested), tested.located)
    record = f"named_struct('value', {value}, 'headers', {headers})"
    item = f"  IF({tested.has('quarantine')}, {record}, NULL) AS {_QUARANTINED}"
    good = _of_batch(f"{_QUARANTINED} IS NULL")
    bad = f"SELECT {_QUARANTINED}.* FROM {BATCH_VIEW} WHERE {_QUARANTINED} IS NOT NULL"
    return f"SELECT\n{columns},\n{item}\nFROM {_kept(tested)}", (
        replace(write, select=good),
        _dead_letters(dead_letter, bad),
    )


def _of_batch(condition: str) -> str:
    return f"SELECT * EXCEPT ({_QUARANTINED}) FROM {BATCH_VIEW} WHERE {condition}"


def _dead_letters(dead_letter: DeadLetter, select: str) -> QueryWrite:
    return QueryWrite(
        kind="kafka",
        format="kafka",
        options={"topic": dead_letter.topic, "includeHeaders": "true"},
        columns=tuple(PlannedColumn(name, kind) for name, kind in _RECORD),
        connection=dead_letter.connection,
        topic=dead_letter.topic,
        holds_dead_letters=True,
        select=select,
    )


def source_quarantine(tested: TestedRelation, good: str) -> str:
    """Return the SELECT of the records that decode and that tests of their source quarantine.

    ``good`` is the SELECT of good records, with all of Kafka's own fields and the value.
    """
    held = replace(
        tested, tests=tuple(t for t in tested.tests if t.test.on_failure == "quarantine")
    )
    alias = quote_name(tested.of.rpartition(".")[2])
    bits = "\n    + ".join(_bit(number, t, held) for number, t in enumerate(held.by_row))
    headers = quarantine_headers(tested.of, _names(held), True, f"coalesce({RAW_HEADERS}, array())")
    return (
        f"SELECT {RAW_KEY} AS key, {RAW_VALUE} AS value, {headers} AS headers\n"
        f"FROM (\n  SELECT *, {bits} AS {FAILED}\n  FROM (\n{indented(good, '    ')}\n  )"
        f" AS {alias}\n)\nWHERE {FAILED} != 0"
    )


def needs_place(tests: Iterable[ResolvedTest]) -> bool:
    """Whether a test tells where the record of a row was."""
    return any(t.test.on_failure in ("quarantine", "fail") for t in tests)
