"""How a format reads a part of a record, and the two SELECTs that are made of it.

A format says in pieces of SQL what it makes of a part, which is the value or the key; the
pieces of both are put together here, in one way for all formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from streamsql.formats.event_time import event_time, in_time, reasons
from streamsql.formats.records import (
    HIDDEN,
    RECORD,
    Decoding,
    EncodedSource,
    SourceColumn,
    literal,
    raise_unless,
    select_bad,
    select_good,
)


class Part(NamedTuple):
    """A part of a record: the expression of its bytes, and the names that it gets.

    ``text`` is the column in which its text is made ready, ``row`` the relation of what is read.
    """

    bytes: str
    text: str
    row: str


VALUE = Part("value", "text", "record")
KEY = Part("key", "key_text", "key_record")


def no_fields(_: str) -> Mapping[str, str]:
    """Return nothing: the format has no fields of its own."""
    return {}


class Reading(NamedTuple):
    """What a format makes of a part, as pieces of SQL.

    ``row`` is the expression of what is read; it is exploded into the part's row, or copied
    where it is ``cheap``. ``columns`` and ``hidden`` (fields of the format's own) are
    expressions over the row. A part is good if all ``tests`` hold, or what is in ``otherwise``;
    ``faults`` are conditions and what to say, the first that holds is told. ``text`` is made
    ready in a sub-select, only where all ``guards`` hold.
    """

    row: str
    columns: Callable[[str], Sequence[tuple[str, str]]]
    tests: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    otherwise: str | None = None
    text: str | None = None
    guards: tuple[str, ...] = ()
    cheap: bool = False
    hidden: Callable[[str], Mapping[str, str]] = no_fields


class KeyReading(NamedTuple):
    """How the key is read: ``whole`` makes one value of its columns, ``required`` tells
    whether there must be one."""

    reading: Reading
    whole: Callable[[str], str]
    required: bool


def decoding(
    source: EncodedSource,
    view: str,
    hidden: Sequence[str],
    value: Reading,
    key: KeyReading | None = None,
) -> Decoding:
    """Return the SELECTs of a source's good and bad records."""
    good, faults = _judged(source, value, key)
    if source.on_error == "fail" and good:
        return Decoding(_good_or_raise(view, hidden, (value, key), (good, faults)), None)
    rows, where = _rows(view, value, key, all_rows=False)
    key_row = _row(key.reading, KEY) if key is not None else None
    told = _hidden(value, _row(value, VALUE), key, key_row)
    columns = value.columns(_row(value, VALUE))
    decoded = select_good(columns, hidden, told, rows + _where(where, good))
    if source.on_error != "dead_letter" or not good:
        return Decoding(decoded, None)
    rows, where = _rows(view, value, key, all_rows=True)
    bad = select_bad(reason(faults), rows + _where(where, f"NOT coalesce({good}, false)"))
    return Decoding(decoded, bad)


def _good_or_raise(
    view: str,
    hidden: Sequence[str],
    parts: tuple[Reading, KeyReading | None],
    judged: tuple[str, list[tuple[str, str]]],
) -> str:
    """Return the SELECT of good records that ends the query at a bad one.

    The last explode keeps filters of models from taking the bad record away before.
    """
    value, key = parts
    good, faults = judged
    answer, row, key_row = _row(value, VALUE), "checked", None
    if key is not None:
        answer = f"named_struct('record', {answer}, 'key', {_row(key.reading, KEY)}, 'has', key)"
        row, key_row = "checked.record", "checked.key"
    rows, where = _rows(view, value, key, all_rows=True)
    if where:
        rows = f"(\n  SELECT * FROM {view}\n  WHERE value IS NOT NULL\n)\n"
    checked = raise_unless(good, f"array({answer})", reason(faults))
    rows += f"LATERAL VIEW explode({checked}) AS checked"
    told = _hidden(value, row, key, key_row, "checked.has")
    return select_good(value.columns(row), hidden, told, rows)


def _row(reading: Reading, part: Part) -> str:
    return reading.row if reading.cheap else part.row


def _hidden(
    value: Reading, row: str, key: KeyReading | None, key_row: str | None, has: str = "key"
) -> Mapping[str, str]:
    own = dict(value.hidden(row))
    if key is not None and key_row is not None:
        own["_key"] = f"IF({has} IS NULL, NULL, {key.whole(key_row)})"
    return {**HIDDEN, **RECORD, **own}


def _rows(
    view: str, value: Reading, key: KeyReading | None, *, all_rows: bool
) -> tuple[str, str | None]:
    """Return a relation of what is read, and what its WHERE has to begin with.

    Where bad records are not wanted, those that may not be read are left out below.
    """
    texts, tests = [], ["value IS NOT NULL"]
    if value.text and value.guards and all_rows:
        texts.append(f"IF({' AND '.join(value.guards)}, {value.text}, NULL) AS {VALUE.text}")
    elif value.text:
        texts.append(f"{value.text} AS {VALUE.text}")
        tests += value.guards
    if key is not None and key.reading.text:
        guards = " AND ".join(("key IS NOT NULL", *key.reading.guards))
        texts.append(f"IF({guards}, {key.reading.text}, NULL) AS {KEY.text}")
    exploded = [(value, VALUE)] + ([(key.reading, KEY)] if key is not None else [])
    laterals = "".join(
        f"LATERAL VIEW explode(array({reading.row})) AS {part.row}\n"
        for reading, part in exploded
        if not reading.cheap
    )
    if not texts and not laterals:
        return f"{view}\n", tests[0]
    listed = ", ".join(("*", *texts))
    where = "\n    AND ".join(tests)
    between = "\n  " if texts else " "
    return f"(\n  SELECT {listed}{between}FROM {view}\n  WHERE {where}\n)\n{laterals}", None


def _where(first: str | None, good: str) -> str:
    tests = " AND ".join(test for test in (first, good) if test)
    return f"WHERE {tests}" if tests else ""


def _judged(
    source: EncodedSource, value: Reading, key: KeyReading | None
) -> tuple[str, list[tuple[str, str]]]:
    """Return the condition of a good record, and what can be wrong with it.

    The condition is empty if every record is good.
    """
    columns = {name.lower(): made for made, name in value.columns(_row(value, VALUE))}
    timed = event_time(source, columns)
    tests, faults = [*value.tests], [*value.faults]
    if timed:
        tests.append(in_time(*timed))
        faults += reasons(source, *timed)
    good = _all_of(tests, None if timed else value.otherwise)
    if key is not None:
        of_key, before = _judged_key(key)
        good = f"({good}\n  AND {of_key})" if good and of_key else good or of_key
        faults = [*before, *faults]
    return good, faults


def _judged_key(key: KeyReading) -> tuple[str, list[tuple[str, str]]]:
    reading = key.reading
    good = _all_of(reading.tests, reading.otherwise)
    faults = []
    if key.required:
        faults.append(("key IS NULL", "'key: it is missing'"))
        good = f"(key IS NOT NULL AND {good})" if good else "key IS NOT NULL"
    elif good:
        good = f"(key IS NULL OR {good})"
    if reading.tests:
        told = f"concat('key: ', {reason(reading.faults)})"
        faults.append((f"NOT coalesce({good}, false)", told))
    return good, faults


def _all_of(tests: Sequence[str], otherwise: str | None) -> str:
    joined = "\n  AND ".join(tests)
    if otherwise is not None:
        return f"({joined}\n  OR {otherwise})"
    return f"({joined})" if len(tests) > 1 else joined


def reason(faults: Sequence[tuple[str, str]]) -> str:
    """Return the expression that says what is wrong, the first fault found."""
    whens = "".join(f"\n    WHEN {test} THEN {text}" for test, text in faults)
    return f"CASE{whens}\n    ELSE 'wrong type' END" if faults else "'wrong type'"


def missing(columns: Sequence[SourceColumn], values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the faults of columns that must be there, and are not."""
    return [
        (f"{values[c.name]} IS NULL", literal(f"required column {c.name} is missing"))
        for c in columns
        if c.not_null
    ]


def present(columns: Sequence[SourceColumn], values: Mapping[str, str]) -> list[str]:
    """Return the tests of columns that must be there."""
    return [f"{values[c.name]} IS NOT NULL" for c in columns if c.not_null]


def one_struct(reading: Reading) -> Callable[[str], str]:
    """Return what makes one struct of a part's columns."""

    def made(row: str) -> str:
        listed = ", ".join(f"{literal(name)}, {value}" for value, name in reading.columns(row))
        return f"named_struct({listed})"

    return made


def one_value(reading: Reading) -> Callable[[str], str]:
    """Return what makes the one value of a part."""
    return lambda row: reading.columns(row)[0][0]
