"""CPU of the commands that start no Spark, and what they import.

Bytecode is written to a folder of the benchmark's own, in a first run that does not count, as
Python does for every user after the first call.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figures import HERE, keep, middle, table, told
from benchmarks.processes import run

PROJECT = HERE.parent
COMMANDS: Mapping[str, Sequence[str]] = {
    "--help": ("--help",),
    "lint": ("lint",),
    "ls": ("ls",),
    "compile": ("compile", "--target-path", "{target}"),
}
HEAVY = ("click", "jinja2", "yaml", "sqlglot", "rich", "confluent_kafka", "pyspark", "py4j")
AIMS: Mapping[str, float] = {"--help": 0.5, "lint": 0.5, "compile": 1.0}  # seconds of CPU

_TELL = """\
import atexit, sys
atexit.register(lambda: print("modules", *sys.modules, file=sys.stderr))
from streamsql.cli import main
main()
"""


def measure(rounds: int) -> None:
    """Run each command in turn, ``rounds`` times, and keep the medians."""
    with tempfile.TemporaryDirectory(prefix="streamsql-bench-") as name:
        folder = Path(name)
        env = _environment(folder)
        commands = {
            about: [part.format(target=folder / "target") for part in parts]
            for about, parts in COMMANDS.items()
        }
        imported = {about: _imported(parts, env) for about, parts in commands.items()}
        taken: dict[str, list[float]] = {about: [] for about in commands}
        for _ in range(rounds):
            for about, parts in commands.items():
                done = run([sys.executable, "-m", "streamsql", *parts], cwd=PROJECT, env=env)
                taken[about].append(done.cpu)
    rows, figures = [], {}
    for about, values in taken.items():
        figure = middle(values)
        aim = f"{AIMS[about]:.1f}" if about in AIMS else ""
        rows.append([f"`streamsql {about}`", told(figure), aim, ", ".join(imported[about])])
        figures[about] = {"cpu": figure, "imported": imported[about]}
        print(f"{about}: {told(figure)} s of CPU; imports {', '.join(imported[about])}", flush=True)
    head = ["command", "CPU, s", "aim", "imports of these: " + ", ".join(HEAVY)]
    text = f"On the sample project; medians of {rounds} (least to greatest).\n\n"
    keep("startup", text + table(head, rows), figures)


def _environment(folder: Path) -> dict[str, str]:
    """Return ours, with bytecode written and every STREAMSQL_ option left out."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("STREAMSQL_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _imported(parts: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """Run a command once and return which of the heavy packages it imported."""
    done = run([sys.executable, "-c", _TELL, *parts], cwd=PROJECT, env=env)
    (line,) = (line for line in done.output.splitlines() if line.startswith("modules "))
    modules = frozenset(line.split())
    return tuple(name for name in HEAVY if name in modules)
