"""The house rules, held by tests: who imports whom, who prints, who reads, what loads when."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from running_order import LONGEST, TESTS

import streamsql
from streamsql.cli.group import COMMANDS

PACKAGE = Path(streamsql.__file__).parent
ROOT = PACKAGE.parent
TEMPLATES = PACKAGE / "cli" / "init_project"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if not p.is_relative_to(TEMPLATES))
STAGES = (
    "checks",
    "connectors",
    "dialect",
    "formats",
    "graph",
    "manifest",
    "parse",
    "pipeline",
    "plan",
    "render",
    "resolve",
)


def parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for path in MODULES:
        if not folders or parts(path)[0] in folders:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def python(code: str) -> str:
    done = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def loaded_by(*arguments: str) -> frozenset[str]:
    """The top-level packages that one command line loads in a process of its own."""
    printed = python(
        "import json, sys\n"
        "from streamsql.cli import cli\n"
        f"try: cli({list(arguments)!r})\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    return frozenset(json.loads(printed.splitlines()[-1]))


def test_imports_run_one_way() -> None:
    python("from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])")


def test_no_module_is_in_a_cycle_of_imports() -> None:
    graph = grimp.build_graph("streamsql", cache_dir=None)
    edges: Mapping[str, set[str]] = {
        module: graph.find_modules_directly_imported_by(module) for module in graph.modules
    }
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_only_the_command_line_prints() -> None:
    printing = [
        name
        for name, tree in trees()
        if "/cli/" not in name
        and (
            {"click", "rich"} & {module.partition(".")[0] for module in imported(tree)}
            or any(isinstance(n, ast.Name) and n.id == "print" for n in ast.walk(tree))
        )
    ]
    assert printing == []


def test_stages_open_no_files() -> None:
    opening = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob"}
    called = [
        f"{name}:{node.lineno}"
        for name, tree in trees(*STAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", None)) in opening
    ]
    assert called == []


def test_imports_stand_at_the_top_but_for_lazy_commands() -> None:
    hidden = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        if "/cli/" not in name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def messages(tree: ast.Module) -> Iterator[ast.expr]:
    """What findings say: the argument of whatever makes one, and what is called ``message``."""
    first, second = (
        {"Fault", "SqlError", "DataTypeError"},
        {"Finding", "TemplateFault", "report", "finding"},
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "message":
            yield node.value
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in first:
            yield from node.args[:1]
        elif name in second or (name == "add" and len(node.args) > 2):
            yield from node.args[1:2]
            yield from (k.value for k in node.keywords if k.arg == "message")


def ends(message: ast.expr) -> Iterator[tuple[str, str]]:
    """The literal text that a message begins with, and the one that it ends with."""
    match message:
        case ast.Constant(value=str(text)):
            yield text, text
        case ast.JoinedStr(values=[*_, _] as parts):
            texts = [p.value if isinstance(p, ast.Constant) else "…" for p in parts]
            yield str(texts[0]), str(texts[-1])
        case ast.IfExp(body=one, orelse=other):
            yield from (*ends(one), *ends(other))


def test_messages_begin_without_a_capital_and_end_without_a_full_stop() -> None:
    names = {"Spark", "Kafka", "Jinja", "YAML", "WATERMARK", "STREAM"}
    told = [
        (name, start, end)
        for name, tree in trees()
        if "/cli/" not in name
        for message in messages(tree)
        for start, end in ends(message)
    ]
    assert len(told) > 100
    wrong = [
        (name, start)
        for name, start, end in told
        if end.endswith((".", "!"))
        or (start[:1].isupper() and re.split(r"[ ,:]", start)[0].removesuffix("'s") not in names)
    ]
    assert wrong == []


def test_names_say_what_is_in_a_module() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert [str(p) for p in MODULES if vague & set(parts(p))] == []


def test_lint_loads_neither_spark_nor_kafka_nor_rich() -> None:
    loaded = loaded_by("lint", "-q", "--no-cache", "--project-dir", str(ROOT))
    assert "sqlglot" in loaded
    assert loaded.isdisjoint({"pyspark", "py4j", "confluent_kafka", "rich"})


def test_help_loads_no_compiler() -> None:
    loaded = loaded_by("--help")
    assert loaded.isdisjoint({"pyspark", "confluent_kafka", "rich", "sqlglot", "jinja2", "yaml"})


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_in_help_what_the_list_says(name: str) -> None:
    module = name.replace("-", "_")
    command = importlib.import_module(f"streamsql.cli.commands.{module}").command
    assert command.name == name
    assert command.help.splitlines()[0] == COMMANDS[name]
    for section in ("Example", "Exit codes:"):
        assert section in command.help


def test_every_command_module_is_listed() -> None:
    folder = PACKAGE / "cli" / "commands"
    modules = {name.replace("-", "_") for name in COMMANDS}
    assert {p.stem for p in folder.glob("*.py")} - {"__init__"} == modules


def test_every_long_file_is_there() -> None:
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
