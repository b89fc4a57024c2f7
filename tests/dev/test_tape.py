"""Sample events go on where they ended: nothing twice, nothing left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from streamsql.dev.events import Event
from streamsql.dev.tape import Tape, load_tape, save_tape

START = datetime(2026, 1, 1, tzinfo=UTC)


def ticks(seed: int, start: datetime, rate: float) -> Iterator[Event]:
    n = 0
    while True:
        n += 1
        yield Event("s.t", None, b"%d of %d" % (n, seed), start + timedelta(seconds=n / rate), [])


def test_the_next_events_follow_the_last(tmp_path: Path) -> None:
    path = tmp_path / "broker" / "events-kafka.json"
    tape = Tape(7, 2.0, START, START)
    all_of_them = list(islice(tape.events(ticks), 10))
    save_tape(path, tape, all_of_them[3].time)
    again = load_tape(path, 7, 2.0)
    assert again == replace(tape, played=all_of_them[3].time)
    assert list(islice(again.events(ticks), 6)) == all_of_them[4:]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("seed", "rate"), [(8, 2.0), (7, 3.0)])
def test_other_events_begin_where_the_last_ended(tmp_path: Path, seed: int, rate: float) -> None:
    path, ended = tmp_path / "events.json", START + timedelta(minutes=3)
    save_tape(path, Tape(7, 2.0, START, START), ended)
    assert load_tape(path, seed, rate) == Tape(seed, rate, ended, ended)


def test_a_long_tape_is_not_wound_through(tmp_path: Path) -> None:
    path, ended = tmp_path / "events.json", START + timedelta(days=3)
    save_tape(path, Tape(7, 2.0, START, START), ended)
    assert load_tape(path, 7, 2.0) == Tape(7, 2.0, ended, ended)


@pytest.mark.parametrize("text", [None, "", "[]", '{"seed": 7}', '{"start": 3, "played": 4}'])
def test_what_cannot_be_read_counts_as_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "events.json"
    if text is not None:
        path.write_text(text)
    tape = load_tape(path, 7, 2.0)
    assert tape.played == tape.start
    assert timedelta(hours=11) < datetime.now(UTC) - tape.start < timedelta(hours=13)
