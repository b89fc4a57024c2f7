"""dbt-core and SQLMesh beside streamsql: each in a virtual environment of its own.

The environments lie in the user's cache and are made once, with pip; nothing of them comes
into the project's own. dbt does not look at SQL when it compiles; SQLMesh does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import generated
from benchmarks.processes import Done, run

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
ENVIRONMENTS = _CACHE / "streamsql" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Rival:
    """A tool to be measured beside: how it is installed, called, and made forget.

    ``shown`` are the packages whose versions are told; ``forget`` the folders of a project
    that hold what it remembers between two calls.
    """

    name: str
    requirements: tuple[str, ...]
    shown: tuple[str, ...]
    command: tuple[str, ...]
    write: Callable[[Path, int], None]
    forget: tuple[str, ...]

    @property
    def about(self) -> str:
        """What is measured, as tables call it."""
        return f"{self.name} `{self.command[1]}`"

    def version(self) -> str:
        """Return what is installed: ``dbt-core 1.12.6``."""
        told = subprocess.check_output(
            [self._python, "-m", "pip", "list", "--format=freeze"], text=True
        )
        versions = dict(line.split("==") for line in told.splitlines() if "==" in line)
        return ", ".join(f"{name} {versions.get(name, '?')}" for name in self.shown)

    def install(self) -> None:
        """Make the tool's environment, unless it is there."""
        ready = ENVIRONMENTS / self.name / "ready"
        if ready.exists():
            return
        print(f"installing {self.name} into {ENVIRONMENTS}", flush=True)
        folder = ENVIRONMENTS / self.name
        subprocess.check_call([sys.executable, "-m", "venv", str(folder)])
        pip = [self._python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.check_call([*map(str, pip), *self.requirements])
        ready.touch()

    def measure(self, folder: Path) -> Done:
        """Run the tool once on its project."""
        program = self._python.parent / self.command[0]
        return run([str(program), *self.command[1:]], cwd=folder, env=_ENVIRONMENT)

    def cold(self, folder: Path) -> Done:
        """Run the tool with nothing remembered."""
        for name in self.forget:
            shutil.rmtree(folder / name, ignore_errors=True)
        return self.measure(folder)

    @property
    def _python(self) -> Path:
        return ENVIRONMENTS / self.name / "bin" / "python"


_ENVIRONMENT: Mapping[str, str] = {
    **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")},
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true",
    "MAX_FORK_WORKERS": "1",  # so that the CPU of SQLMesh is all in one process
}

RIVALS: Sequence[Rival] = (
    Rival(
        "dbt",
        ("dbt-core==1.11.*", "dbt-duckdb"),
        ("dbt-core",),
        ("dbt", "compile", "--profiles-dir", ".", "--quiet"),
        generated.write_for_dbt,
        ("target", "logs"),
    ),
    Rival(
        "sqlmesh",
        ("sqlmesh==0.236.*",),
        ("sqlmesh", "sqlglot"),
        ("sqlmesh", "lint"),
        generated.write_for_sqlmesh,
        (".cache", "logs"),
    ),
)
