"""The commands of docs/ci.md, run as they stand, with streamsql installed as the guide says.

What it needs besides is that of this environment, so that nothing is fetched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml
from main_job.shop_project import copy_shop

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
PACKED = ("streamsql", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
MISTAKE = ("models/marts/revenue_per_minute.sql", "sum(amount)", "sum(amuont)")
pytestmark = pytest.mark.slow


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def typed(word: str) -> list[str]:
    """The commands of the guide that begin with a word: shown, or run by a workflow."""
    shown = [line[2:] for block in blocks("console") for line in block.splitlines()]
    steps = re.findall(r"^ +- run: (.+)$", "\n".join(blocks("yaml")), re.MULTILINE)
    return [command for command in (*shown, *steps) if command.startswith(word)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what is here now."""
    folder = tmp_path_factory.mktemp("clone")
    for part in PACKED:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / part, folder / part)
    git = ("git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "all")):
        subprocess.run([*git, *arguments], check=True)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_shop(tmp_path_factory.mktemp("project") / "shop")


def environment(folder: Path, clone: Path) -> dict[str, str]:
    """A virtual environment of its own that finds the dependencies of this one."""
    venv.create(folder, with_pip=True)
    ours = folder / sysconfig.get_path("purelib", vars={"base": "", "platbase": ""}).lstrip("/")
    (ours / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "CLONE": str(clone),
        "STREAMSQL": f"file://localhost{clone}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say that there is none
        "PIP_IGNORE_INSTALLED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def bash(command: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("install", sorted(set(typed("pip install"))))
def test_it_is_installed_and_lints(
    install: str, clone: Path, project: Path, tmp_path: Path
) -> None:
    env = environment(tmp_path / "venv", clone)
    installed = bash(install, tmp_path, env)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    where = bash("head -1 $(command -v streamsql)", tmp_path, env).stdout
    assert str(tmp_path / "venv") in where
    lint = [c for c in typed("streamsql lint") if "jq" not in c]
    assert len(lint) == 2
    for command in lint:
        done = bash(command, project, env)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    path, right, wrong = MISTAKE
    text = (project / path).read_text(encoding="utf-8")
    assert right in text
    (project / path).write_text(text.replace(right, wrong), encoding="utf-8")
    try:
        annotated, scanned = (bash(command, project, env) for command in lint)
    finally:
        (project / path).write_text(text, encoding="utf-8")
    assert (annotated.returncode, scanned.returncode) == (1, 1)
    assert annotated.stdout.startswith(f"::error file={path},line=14,")
    (result,) = json.loads((project / "streamsql.sarif").read_text(encoding="utf-8"))["runs"][0][
        "results"
    ]
    assert result["ruleId"] == "unknown-column"


def test_the_hooks_are_there_and_run(project: Path) -> None:
    (config,) = [block for block in blocks("yaml") if block.startswith("repos:")]
    (repo,) = yaml.safe_load(config)["repos"]
    hooks = {h["id"]: h for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    tried = [command.split()[3] for command in typed("pre-commit try-repo")]
    for name in (*(hook["id"] for hook in repo["hooks"]), *tried):
        env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = bash(hooks[name]["entry"], project, env)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [c for c in typed("streamsql lint") if "jq" in c])
def test_findings_are_counted(command: str, project: Path) -> None:
    """jq may not be on a machine: what it is asked for must be there."""
    lint, jq, *_ = command.split(" | ")
    assert jq == "jq -r '.[].rule'"
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    (project / "models/odd.sql").write_text("SELECT 1 AS one FROM {{ ref('no_such') }}\n")
    try:
        done = bash(lint, project, env)
    finally:
        (project / "models/odd.sql").unlink()
    assert "unknown-ref" in [finding["rule"] for finding in json.loads(done.stdout)]
