from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sql_cases import CASES, UPDATE, describe, split, update

_PURE = """
import importlib.abc, importlib.machinery, runpy, sys
from pathlib import Path

class Pure(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if not name.startswith("sqlglot"):
            return None
        places = path or sys.path
        last = name.rpartition(".")[2]
        for place in places:
            for file in (Path(place, last, "__init__.py"), Path(place, last + ".py")):
                if file.exists():
                    loader = importlib.machinery.SourceFileLoader(name, str(file))
                    within = [str(file.parent)] if file.name == "__init__.py" else None
                    return importlib.util.spec_from_file_location(
                        name, file, loader=loader, submodule_search_locations=within
                    )
        return None

import importlib.util
sys.meta_path.insert(0, Pure())
import sqlglot.parser
assert sqlglot.parser.__file__.endswith(".py"), sqlglot.parser.__file__
sys.path.insert(0, str(Path(sys.argv[1]).parent))
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.stem)
def test_case(case: Path) -> None:
    if UPDATE:
        update(case)
    sql, expected = split(case)
    assert describe(sql) == expected


def test_there_are_cases() -> None:
    assert len(CASES) >= 30


def test_pure_build_reads_the_same() -> None:
    """The build without compiled modules must give the same trees, texts and places."""
    cases = Path(__file__).parent / "sql_cases.py"
    done = subprocess.run(
        [sys.executable, "-c", _PURE, str(cases)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
