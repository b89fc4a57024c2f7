"""Dead letters as text for people and as JSON for programs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamsql.cli.output import plural
from streamsql.cli.rows import as_table, printable
from streamsql.plan.dead_letters import DeadLetterTopic
from streamsql.spark.letters import Group, Letter, own_headers, time_of
from streamsql.spark.replay import Tally

_COLUMNS = ("letters", "replayed", "of", "error", "first", "last", "example")
_HEX_LINE = 16


@dataclass(frozen=True, slots=True)
class Listed:
    """A dead-letter topic and what is in it."""

    letters: DeadLetterTopic
    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        """How many letters there are."""
        return sum(group.count for group in self.groups)

    @property
    def replayed(self) -> int:
        """How many of them were replayed."""
        return sum(group.replayed for group in self.groups)


def list_text(listed: Iterable[Listed]) -> str:
    """Each topic with a table of its letters by error."""
    return "\n".join(_topic_text(each) for each in listed)


def _topic_text(listed: Listed) -> str:
    letters = listed.letters
    head = f"{letters.topic} (of {', '.join(letters.of)}, connection {letters.connection})"
    if not listed.groups:
        return f"{head}: no dead letters"
    rows = [
        (g.count, g.replayed, g.of or "", printable(g.error), *_times(g), str(g.example))
        for g in listed.groups
    ]
    table = "\n".join(f"  {line}" for line in as_table(_COLUMNS, rows).splitlines())
    return f"{head}: {plural(listed.count, 'dead letter')}, {listed.replayed} replayed\n{table}"


def _times(group: Group) -> tuple[str, str]:
    return (_time(group.first), _time(group.last))


def list_json(listed: Iterable[Listed]) -> str:
    """One array with an object for each topic."""
    return json.dumps([_topic_object(each) for each in listed], indent=2, ensure_ascii=False)


def _topic_object(listed: Listed) -> dict[str, Any]:
    return {
        "topic": listed.letters.topic,
        "connection": listed.letters.connection,
        "of": list(listed.letters.of),
        "letters": listed.count,
        "replayed": listed.replayed,
        "groups": [
            {
                "of": group.of,
                "error": group.error,
                "test": group.test,
                "letters": group.count,
                "replayed": group.replayed,
                "first": _time(group.first),
                "last": _time(group.last),
                "example": str(group.example),
            }
            for group in listed.groups
        ],
    }


def letter_text(letter: Letter, replayed_at: int | None) -> str:
    """All of one letter; what is no text as a hex dump."""
    replayed = "no" if replayed_at is None else _time(replayed_at)
    told = {
        "dead letter": f"{letter.place}, written {_time(letter.record.timestamp)}",
        "error": letter.error,
        "of": letter.of or "unknown",
        "record": f"{letter.original or 'unknown'}, written {letter.written_at or 'unknown'}",
        "replayed": f"{replayed}; {letter.round} times before" if letter.round else replayed,
    }
    lines = [f"{name:<12} {printable(text)}" for name, text in told.items()]
    for name, value in own_headers(letter.record):
        lines.append(f"{'header':<12} {printable(name)} = {_short(value)}")
    return "\n".join(
        (*lines, *_body("key", letter.record.key), *_body("value", letter.record.value))
    )


def _short(value: bytes | None) -> str:
    if value is None:
        return "null"
    text = _as_text(value)
    return value.hex(" ") if text is None else printable(text)


def _body(name: str, value: bytes | None) -> Iterator[str]:
    if value is None:
        yield f"{name:<12} null"
        return
    text = _as_text(value)
    yield f"{name:<12} {plural(len(value), 'byte')}" + ("" if text is not None else ", no text")
    yield from (f"  {line}" for line in (hex_dump(value) if text is None else text.split("\n")))


def _as_text(value: bytes) -> str | None:
    """Return bytes as text, None if a terminal should not see them as they are."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text.replace("\n", "").replace("\t", "").isprintable() else None


def hex_dump(value: bytes) -> Iterator[str]:
    """Yield bytes in lines of sixteen: where, in hexadecimal, and as ASCII."""
    for start in range(0, len(value), _HEX_LINE):
        part = value[start : start + _HEX_LINE]
        ascii_ = "".join(chr(b) if 32 <= b < 127 else "." for b in part)
        yield f"{start:08x}  {part.hex(' '):<{_HEX_LINE * 3 - 1}}  {ascii_}"


def letter_json(letter: Letter, replayed_at: int | None) -> str:
    """One object; bytes as base64, and as text where they are some."""
    told = {
        "letter": str(letter.place),
        "written_at": _time(letter.record.timestamp),
        "error": letter.error,
        "of": letter.of,
        "test": letter.test,
        "record": str(letter.original) if letter.original else None,
        "record_written_at": letter.written_at or None,
        "replayed_at": None if replayed_at is None else _time(replayed_at),
        "replay_round": letter.round,
        "key": _bytes_object(letter.record.key),
        "value": _bytes_object(letter.record.value),
        "headers": [
            {"name": name, "value": _bytes_object(value)}
            for name, value in own_headers(letter.record)
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _bytes_object(value: bytes | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "size": len(value),
        "text": _as_text(value),
        "base64": base64.b64encode(value).decode(),
    }


def tally_text(tallies: Mapping[str, Tally], verb: str) -> list[str]:
    """Return what was, or would be, replayed of each dead-letter topic, and what was not."""
    lines = []
    for topic, tally in tallies.items():
        left_out = [f"  left out: {n} {why}" for why, n in sorted(tally.left_out.items()) if n]
        written = [f"{n} into {name}" for name, n in sorted(tally.written.items())]
        if written or left_out:
            lines += [f"{topic}: {verb} {', '.join(written) or 'nothing'}", *left_out]
    return lines or ["there is nothing to replay"]


def tally_json(tallies: Mapping[str, Tally]) -> str:
    """One array with an object for each topic."""
    told = [
        {
            "topic": topic,
            "replayed": dict(sorted(tally.written.items())),
            "left_out": {why: n for why, n in sorted(tally.left_out.items()) if n},
        }
        for topic, tally in tallies.items()
    ]
    return json.dumps(told, indent=2, ensure_ascii=False)


def _time(milliseconds: int) -> str:
    return time_of(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
