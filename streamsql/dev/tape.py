"""How far sample events have been played, so that the next ``dev`` goes on and does not begin anew.

Queries resume from their checkpoints: were the same hours played to them twice, the second time
every record would come after the watermark, or be a duplicate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from pathlib import Path

from streamsql.dev.events import Event, Generator

_HEAD_START = timedelta(hours=12)
_MOST_TO_SKIP = 200_000  # records that are made again to find the place: a few seconds


@dataclass(frozen=True, slots=True)
class Tape:
    """The events of a seed from ``start`` on, ``rate`` a second of their clock, which have been
    played up to ``played``."""

    seed: int
    rate: float
    start: datetime
    played: datetime

    def events(self, generate: Generator) -> Iterator[Event]:
        """Yield the events that have not been played."""
        made = generate(self.seed, self.start, self.rate)
        if self.played == self.start:
            return made
        return dropwhile(lambda event: event.time <= self.played, made)

    @property
    def count(self) -> int:
        """About how many events have been played."""
        return round((self.played - self.start).total_seconds() * self.rate)


def new_tape(seed: int, rate: float) -> Tape:
    """Return a tape that begins half a day ago, so that its clock can run faster than ours."""
    start = datetime.now(UTC) - _HEAD_START
    return Tape(seed, rate, start, start)


def load_tape(path: Path, seed: int, rate: float) -> Tape:
    """Return the tape that ``path`` tells of, where it was left.

    With another seed or rate, or after very many events, a new one begins at that time. A file
    that is not there or cannot be read counts as none.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        start, played = (datetime.fromisoformat(told[key]) for key in ("start", "played"))
        tape = Tape(told["seed"], told["rate"], start, played)
    except (OSError, ValueError, KeyError, TypeError):
        return new_tape(seed, rate)
    if (tape.seed, tape.rate) == (seed, rate) and tape.count < _MOST_TO_SKIP:
        return tape
    return Tape(seed, rate, played, played)


def save_tape(path: Path, tape: Tape, played: datetime) -> None:
    """Keep how far a tape has been played; half a file is never seen."""
    told = asdict(replace(tape, played=played))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(told, default=datetime.isoformat), encoding="utf-8")
    beside.replace(path)
