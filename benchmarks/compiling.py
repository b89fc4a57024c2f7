"""CPU of each stage of the compiler on generated projects, and of whole commands."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import generated
from benchmarks.figures import keep, middle, table, told
from benchmarks.processes import run
from streamsql.checks import WholeProject, check_project
from streamsql.graph import build_graph
from streamsql.parse import parse_model
from streamsql.plan import plan_project
from streamsql.project import load_project, read_files
from streamsql.render import RenderContext, render_project
from streamsql.resolve import resolve_models

STAGES = ("read", "load", "render", "graph", "parse", "resolve", "check", "plan")
T = TypeVar("T")


def measure(sizes: Sequence[int], rounds: int) -> None:
    """Compile projects of these sizes, ``rounds`` times each, and keep the medians."""
    figures: dict[str, Any] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="streamsql-bench-") as name:
            folder = Path(name)
            generated.write(folder, size)
            stages = [_stages(folder) for _ in range(rounds)]
            taken = {stage: middle([s[stage] * 1000 / size for s in stages]) for stage in STAGES}
            commands = {c: middle(_command(c, folder, rounds)) for c in ("lint", "compile")}
        figures[str(size)] = {"ms_per_model": taken, "cpu_seconds": commands}
        print(f"{size} models: {commands}", flush=True)
    head = ["", *(f"{size:,} models" for size in sizes)]
    rows = [
        [f"`streamsql {c}`, CPU s", *(told(figures[str(s)]["cpu_seconds"][c]) for s in sizes)]
        for c in ("lint", "compile")
    ]
    rows += [
        [f"{stage}, CPU ms a model", *(told(figures[str(s)]["ms_per_model"][stage]) for s in sizes)]
        for stage in STAGES
    ]
    keep("compile", f"Medians of {rounds} (least to greatest).\n\n" + table(head, rows), figures)


def _stages(folder: Path) -> dict[str, float]:
    """Run the stages one after the other and return the CPU seconds of each."""
    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        made = work()
        spent[stage] = time.process_time() - began
        return made

    gc.collect()
    gc.disable()  # as a compile does
    try:
        files = timed(
            "read", lambda: read_files(folder, profiles_dir=None, vars={}, env=os.environ)
        )
        project = timed("load", lambda: load_project(files, None, installed_spark="4.1.1"))
        rendering = timed("render", lambda: render_project(project, RenderContext()))
        graph = timed("graph", lambda: build_graph(project, rendering.models, rendering.disabled))
        models = {m.model.name: m for m in rendering.models}
        order = [name for name in graph.order if name in models]
        parsed = timed("parse", lambda: tuple(parse_model(models[name]) for name in order))
        resolution = timed("resolve", lambda: resolve_models(project, parsed))
        relations = resolution.relations
        whole = WholeProject(project, graph, rendering.models, relations, files.texts)
        found = timed("check", lambda: check_project(whole, resolution))
        planning = timed("plan", lambda: plan_project(project, resolution))
    finally:
        gc.enable()
    findings = (*project.findings, *rendering.findings, *graph.findings, *resolution.findings)
    errors = [f for f in (*findings, *found, *planning.findings) if f.is_error]
    assert not errors, errors[0]
    return spent


def _command(command: str, folder: Path, rounds: int) -> list[float]:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    line = [sys.executable, "-m", "streamsql", command]
    run(line, cwd=folder, env=env)  # writes the bytecode
    return [run(line, cwd=folder, env=env).cpu for _ in range(rounds)]
