"""CPU and memory of linting generated projects, beside dbt-core and SQLMesh on the same models.

All of one size is measured in turns in one run, each command as a whole process, with bytecode
written by an earlier run. Cold is with nothing remembered, warm with nothing changed. Each tool
begins its turn with a warm run: a virtual machine may have put aside the memory that holds its
program while the others ran, and the CPU that it takes to bring it back is no work of the tool's.
Ours are short, and run several times a turn: a slow second of the machine is not all they see.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import generated
from benchmarks.figures import HERE, keep, middle, table, told
from benchmarks.processes import Done, run
from benchmarks.rivals import RIVALS, Rival

Figures = dict[str, dict[str, float]]

_OF_OURS = 3


def measure(sizes: Sequence[int], rivals_up_to: int, rounds: int) -> None:
    """Lint projects of these sizes, ``rounds`` times each, and keep the medians."""
    rivals = RIVALS if rivals_up_to else ()
    for rival in rivals:
        rival.install()
    figures: dict[str, Any] = {}
    for size in sizes:
        figures[str(size)] = _measured(size, [r for r in rivals if size <= rivals_up_to], rounds)
        print(f"{size} models: {figures[str(size)]}", flush=True)
    about = (
        f"Medians of {rounds} turns (least to greatest), ours {_OF_OURS} times in each. "
        + ", ".join(f"{rival.name}: {rival.version()}" for rival in rivals)
    )
    keep("lint", f"{about}\n\n{_table(figures)}\n\n{_ratios(figures)}", figures)


def _measured(size: int, rivals: Sequence[Rival], rounds: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="streamsql-bench-") as name:
        folder = Path(name)
        ours = folder / "streamsql"
        generated.write(ours, size)
        _lint(ours)  # writes the bytecode, as the first run of each rival does
        for rival in rivals:
            rival.write(folder / rival.name, size)
            rival.measure(folder / rival.name)
        runs: dict[str, list[Done]] = {}
        for number in range(rounds):
            for about, times, command in _commands(ours, folder, rivals, number):
                runs.setdefault(about, []).extend(command() for _ in range(times))
        found: Figures = {}
        for about, done in runs.items():
            found[f"{about}, CPU s"] = middle([d.cpu for d in done])
            found[f"{about}, peak MB"] = middle([d.peak for d in done])
        found["one model looked at again, CPU ms"] = _keystrokes(ours)
    return found


def _commands(
    ours: Path, folder: Path, rivals: Sequence[Rival], number: int
) -> list[tuple[str, int, Callable[[], Done]]]:
    """Return the commands of a turn, each with how often it runs."""
    commands: list[tuple[str, int, Callable[[], Done]]] = [
        ("streamsql `lint`, warm", _OF_OURS, lambda: _lint(ours)),
        ("streamsql `lint`, cold", _OF_OURS, lambda: _cold(ours)),
        ("streamsql `lint`, one model changed", _OF_OURS, lambda: _changed(ours, number)),
    ]
    for rival in rivals:
        where = folder / rival.name
        commands += [
            (f"{rival.about}, warm", 1, lambda r=rival, w=where: r.measure(w)),
            (f"{rival.about}, cold", 1, lambda r=rival, w=where: r.cold(w)),
        ]
    return commands


def _lint(folder: Path) -> Done:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    line = [sys.executable, "-m", "streamsql", "lint", "--format", "json"]
    return run(line, cwd=folder, env=env)


def _cold(folder: Path) -> Done:
    shutil.rmtree(folder / "target", ignore_errors=True)
    return _lint(folder)


def _changed(folder: Path, number: int) -> Done:
    path = next((folder / "models" / "marts").glob("*.sql"))
    path.write_text(path.read_text(encoding="utf-8") + f"-- {number}\n", encoding="utf-8")
    return _lint(folder)


def _keystrokes(folder: Path) -> dict[str, float]:
    """Measure in a process of its own, so that this one stays small: a child begins as large."""
    line = [sys.executable, "-m", "benchmarks.keystrokes", str(folder)]
    figure: dict[str, float] = json.loads(run(line, cwd=HERE.parent, env=os.environ).output)
    return figure


def _table(figures: dict[str, Any]) -> str:
    sizes = list(figures)
    names = list(dict.fromkeys(name for size in sizes for name in figures[size]))
    head = ["", *(f"{int(size):,} models" for size in sizes)]
    rows = [[name, *(_cell(figures[size].get(name)) for size in sizes)] for name in names]
    return table(head, rows)


def _cell(figure: dict[str, float] | None) -> str:
    if figure is None:
        return ""
    if "p95" in figure:
        return f"{figure['median']:.1f}, 95th percentile {figure['p95']:.1f}"
    return told(figure)


def _ratios(figures: dict[str, Any]) -> str:
    """Say how the tools compare where both were measured, and how the cost grows."""
    lines = ["Ratios of medians:", ""]
    ours = "streamsql `lint`, cold, CPU s"
    for size, measured in figures.items():
        for rival in RIVALS:
            theirs = measured.get(f"{rival.about}, cold, CPU s")
            if theirs:
                times = theirs["median"] / measured[ours]["median"]
                lines.append(f"- {int(size):,} models, cold: {rival.about} needs {times:.1f} times")
    if "1000" in figures and "5000" in figures:
        grown = figures["5000"][ours]["median"] / figures["1000"][ours]["median"]
        lines.append(f"- 5,000 models need {grown:.1f} times what 1,000 need")
    return "\n".join(lines)
