"""From named SELECTs that read each other to the statements that Spark runs.

Views are inlined as common table expressions, each with its own text nested inside. Where
a view needs an operator that SQL has no words for (``dedup``), the query is split there:
what is below becomes a statement of its own, registered as a temp view. So it is where rows
are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streamsql.plan.nodes import Observation, Step
from streamsql.project.nodes import Dedup


@dataclass(frozen=True, slots=True)
class Select:
    """A named SELECT. ``uses`` are the names of the other SELECTs that its text reads.

    ``event_time`` is the column that carries the watermark, if one does.
    """

    name: str
    sql: str
    uses: tuple[str, ...] = ()
    dedup: Dedup | None = None
    event_time: str | None = None
    about: str | None = None
    observation: Observation | None = None


def assemble(selects: Mapping[str, Select], result: str) -> tuple[Step, ...]:
    """Return the steps that give the rows of ``result``, whatever it reads first.

    Names in ``uses`` that are no SELECT of ours are views that Spark knows already.
    """
    steps: list[Step] = []
    for name in _in_order(selects, result):
        select = selects[name]
        if select.dedup is not None or select.observation is not None:
            steps.append(_step(selects, name, {s.view for s in steps}))
    if not steps or steps[-1].view != result:
        steps.append(_step(selects, result, {s.view for s in steps}))
    return tuple(steps)


def _step(selects: Mapping[str, Select], name: str, registered: set[str]) -> Step:
    select = selects[name]
    below = [n for n in _in_order(selects, name, registered) if n != name]
    sql = _with([selects[n] for n in below], select.sql)
    event_time = select.event_time if select.dedup else None
    return Step(name, sql, select.dedup, event_time, select.observation)


def _in_order(
    selects: Mapping[str, Select], name: str, registered: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return what ``name`` reads, directly or not, and itself, readers last."""
    done: dict[str, None] = {}
    known = set(registered)

    def visit(current: str) -> None:
        if current in done or current not in selects or (current in known and current != name):
            return
        for used in selects[current].uses:
            visit(used)
        done[current] = None

    visit(name)
    return tuple(done)


def _with(below: Iterable[Select], sql: str) -> str:
    """Put SELECTs in front of another as common table expressions."""
    ctes = [_cte(s) for s in below]
    if not ctes:
        return sql
    body = _as_subquery(sql) if _starts_with(sql) else sql
    return "WITH\n" + ",\n".join(ctes) + "\n" + body


def _cte(select: Select) -> str:
    about = f"-- {select.about}\n" if select.about else ""
    return f"{about}{select.name} AS (\n{indented(select.sql)}\n)"


_QUOTED = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL
)


def indented(sql: str, by: str = "  ") -> str:
    """Indent a text by line, but not the lines that begin inside a quoted text."""
    within = {
        at
        for quoted in _QUOTED.finditer(sql)
        for at in range(quoted.start(), quoted.end())
        if sql[at] == "\n"
    }
    pieces = [by]
    for at, letter in enumerate(sql):
        pieces.append(letter)
        if letter == "\n" and at not in within and sql[at + 1 : at + 2] not in ("", "\n"):
            pieces.append(by)
    return "".join(pieces)


def _as_subquery(sql: str) -> str:
    return f"SELECT *\nFROM (\n{indented(sql)}\n)"


def _starts_with(sql: str) -> bool:
    """Whether a text begins with WITH, or might (a comment stands first)."""
    return sql.lstrip().upper().startswith(("WITH", "--", "/*", "("))


def readable(steps: tuple[Step, ...], notes: Iterable[str]) -> str:
    """Return the whole query as one text for people: notes, views in order, the last SELECT."""
    parts = ["\n".join(f"-- {note}" for note in notes)]
    parts += [
        f"{_notes(step)}CREATE OR REPLACE TEMPORARY VIEW {step.view} AS\n{step.sql};"
        for step in steps[:-1]
    ]
    last = steps[-1]
    parts.append(f"{_notes(last)}{last.sql};")
    return "\n\n".join(parts) + "\n"


def _notes(step: Step) -> str:
    if step.observation is not None:
        return f"-- then: observe({step.observation.name})\n"
    if step.dedup is None:
        return ""
    keys = ", ".join(step.dedup.keys)
    within = f", within {step.dedup.within}" if step.dedup.within else ""
    return f"-- then: dropDuplicatesWithinWatermark({keys}){within}\n"
