"""A lint that remembers says what one that does not says: after any change, to anything.

``STREAMSQL_EDITS`` sets how many random edits of the sample project the long test tries.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from streamsql import lint_cache

ROOT = Path(__file__).parents[2]
EDITS = int(os.environ.get("STREAMSQL_EDITS", "200"))
FEW_AND_MANY = [10, pytest.param(EDITS, marks=pytest.mark.slow)]
Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def lint(invoke: Invoke, root: Path, *arguments: str) -> tuple[int, str]:
    result = invoke("lint", "--project-dir", root, *arguments)
    assert not isinstance(result.exception, BaseException) or isinstance(
        result.exception, SystemExit
    )
    return result.exit_code, result.output


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample project, with a connection that environment variables decide over."""
    for name in ("models", "macros", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name)
    settings = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(settings[settings.index("[tool.streamsql]") :])
    shutil.copy(ROOT / "profiles.yml", tmp_path / "profiles.yml")
    return tmp_path


class Edits:
    """Random changes of a project's files, its environment and its options."""

    def __init__(self, root: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.monkeypatch = monkeypatch
        self.options: list[str] = []
        self.undo: list[Callable[[], object]] = []

    def file(self, *suffixes: str) -> Path:
        found = [
            p for p in self.root.rglob("*") if p.suffix in suffixes and "target" not in p.parts
        ]
        return self.random.choice(sorted(found))

    def change(self, path: Path, text: str) -> None:
        before = path.read_text()
        self.undo.append(lambda: path.write_text(before))
        path.write_text(text)

    def column(self) -> None:
        path = self.file(".sql")
        words = path.read_text().split(" ")
        place = self.random.randrange(len(words))
        words[place] = self.random.choice(["amount", "nonsense", "", "1 +", words[place] * 2])
        self.change(path, " ".join(words))

    def comment(self) -> None:
        path = self.file(".sql")
        self.change(path, path.read_text() + "\n-- streamsql: ignore[select-star]\n")

    def yaml(self) -> None:
        path = self.file(".yml")
        lines = path.read_text().splitlines(keepends=True)
        del lines[self.random.randrange(len(lines))]
        self.change(path, "".join(lines))

    def seed(self) -> None:
        path = self.file(".csv")
        self.change(path, path.read_text() + "XXX,not a number\n")

    def settings(self) -> None:
        path = self.root / "pyproject.toml"
        more = self.random.choice(
            ["\n[tool.streamsql.lint]\nfail-on = 'info'\n", "\n[tool.streamsql.vars2]\n"]
        )
        self.change(path, path.read_text() + more)

    def delete(self) -> None:
        path = self.file(".sql", ".yml")
        before = path.read_text()
        self.undo.append(lambda: path.write_text(before))
        path.unlink()

    def rename(self) -> None:
        path = self.file(".sql")
        new = path.with_name(f"renamed_{path.name}")
        self.undo.append(lambda: new.rename(path))
        path.rename(new)

    def environment(self) -> None:
        self.options = ["--target", "cluster"]
        self.monkeypatch.setenv("KAFKA_BROKERS", self.random.choice(["", "a:1", "b:2,c:3", "{"]))

    def variables(self) -> None:
        value = self.random.choice(["25", "many", "[1]"])
        self.options = ["--vars", f"{{large_order_pieces: {value}}}"]

    def target(self) -> None:
        self.options = ["--target", self.random.choice(["dev", "cluster", "nowhere"])]

    def nothing(self) -> None:
        """What is not changed must be remembered."""

    def one(self) -> str:
        kinds = (self.column, self.column, self.comment, self.yaml, self.seed, self.settings)
        kinds += (self.delete, self.rename, self.environment, self.variables, self.target)
        chosen = self.random.choice((*kinds, self.nothing))
        chosen()
        return chosen.__name__

    def back(self) -> None:
        while self.undo:
            self.undo.pop()()
        self.options = []


@pytest.mark.parametrize("count", FEW_AND_MANY)
def test_random_edits(
    sample: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    edits = Edits(sample, count, monkeypatch)
    hits = 0
    recall = lint_cache.recall

    def counted(*given: object) -> object:
        nonlocal hits
        found = recall(*given)  # type: ignore[arg-type]
        hits += found is not None
        return found

    monkeypatch.setattr("streamsql.cli.remembering.recall", counted)
    for number in range(count):
        kind = edits.one()
        if edits.random.random() < 0.4:
            kind += " and " + edits.one()
        said = f"edit {number}: {kind}"
        fresh = lint(invoke, sample, "--no-cache", *edits.options)
        assert lint(invoke, sample, *edits.options) == fresh, said
        assert lint(invoke, sample, *edits.options) == fresh, f"{said}, told again"
        if edits.random.random() < 0.7:
            edits.back()
    assert hits >= count // 2


def test_nothing_heavy_is_loaded_where_nothing_has_changed(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    first = lint(invoke, root)
    program = (
        "import atexit, sys; from streamsql.cli import main; "
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "lint", "--project-dir", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (first[0], "") or done.stdout in first[1]
    assert {"sqlglot", "jinja2", "yaml"}.isdisjoint(done.stderr.split())


def test_a_damaged_cache_is_passed_over(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/broken.sql": "SELECT nonsense FROM {{ ref('stg_orders') }}\n"})
    first = lint(invoke, root)
    path = root / "target/cache/lint.json"
    whole = path.read_text()
    kept = json.loads(whole)
    damaged = [
        "",
        "{",
        "[]",
        whole[: len(whole) // 2],
        whole.replace("unknown-column", "known-column"),
        json.dumps({**kept, "check": "0"}),
        json.dumps({"check": lint_cache._check("{}"), "kept": "{}"}),
    ]
    for text in damaged:
        path.write_text(text)
        assert lint(invoke, root) == first
    path.write_bytes(b"\xff\xfe")
    assert lint(invoke, root) == first
    path.unlink()
    path.mkdir()
    assert lint(invoke, root) == first


def test_no_cache_writes_none(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    lint(invoke, root, "--no-cache")
    lint(invoke, root, "-s", "revenue")
    assert not (root / "target").exists()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '{{ run_started_at }}' AS t FROM {{ ref('stg_orders') }}\n",
        "SELECT '{{ [1, 2] | random }}' AS t FROM {{ ref('stg_orders') }}\n",
        "SELECT '{{ invocation_id }}' AS t FROM {{ ref('stg_orders') }}\n",
    ],
)
def test_what_is_different_each_time_is_not_remembered(
    text: str, shop: Shop, invoke: Invoke
) -> None:
    root = shop({"models/fickle.sql": text})
    lint(invoke, root)
    assert not (root / "target/cache/lint.json").exists()


def test_no_secret_is_kept(shop: Shop, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMSQL_ENV_SECRET_BROKER", "hunter22")
    root = shop()
    first = lint(invoke, root, "--target", "prod")
    kept = (root / "target/cache/lint.json").read_text()
    assert "hunter22" not in kept
    assert "STREAMSQL_ENV_SECRET_BROKER" in kept
    monkeypatch.setenv("STREAMSQL_ENV_SECRET_BROKER", "hunter23")
    asked_again = lint(invoke, root, "--target", "prod")
    assert asked_again == first
    leaked = shop({"models/leaking.sql": "SELECT 'hunter23' AS x FROM {{ ref('stg_orders') }}\n"})
    (leaked / "target/cache/lint.json").unlink(missing_ok=True)
    lint(invoke, leaked, "--target", "prod")
    assert not (leaked / "target/cache/lint.json").exists()


def test_the_code_of_others_is_asked_each_time(shop: Shop, invoke: Invoke) -> None:
    root = shop(
        {
            "streamsql.toml": 'name = "shop"\nprofile = "shop"\n[lint]\nproject-rules = true\n',
            "lint/ours.py": "",
        }
    )
    lint(invoke, root)
    assert not (root / "target/cache/lint.json").exists()


def test_another_version_of_our_code_or_packages_forgets(
    shop: Shop, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shop()
    lint(invoke, root)
    asked = lint_cache.Asked(root, None, None, {}, None, Path("target"))
    spark = next(s for s in (None, "4.1.1", "4.2.0") if _recalled(asked, s) is not None)
    for name in ("_own_code", "_packages"):
        with monkeypatch.context() as patched:
            patched.setattr(lint_cache, name, lambda: "another")
            assert _recalled(asked, spark) is None
    assert _recalled(asked, spark) is not None
    assert _recalled(asked, "3.5.0") is None


def _recalled(asked: lint_cache.Asked, spark: str | None) -> object:
    from dataclasses import replace

    return lint_cache.recall(replace(asked, spark=spark), os.environ)
